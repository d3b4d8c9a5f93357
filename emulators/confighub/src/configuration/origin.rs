//! Which mutation made what is at each place, followed through all later changes.
//!
//! `MutationSources` tells list items apart by their index, so that the removal of the first item looks
//! like a change of all others. Here items are followed when they move. The hub keeps this for itself,
//! to know what an upgrade may not override.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::alignment::{align, item_name};
use super::changes::join;
use super::similarity::same;
use super::tree::{Node, NodeKind};

/// The number of the latest mutation that set or removed what is at a path, by paths in the present
/// data. A removed item of a list has the path `list.?key=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origins(BTreeMap<String, i64>);

impl Origins {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, i64)> {
        self.0.iter().map(|(path, index)| (path, *index))
    }

    /// The origins after mutation number `index` changed a resource from `old` to `new`.
    pub(super) fn after(&self, old: &Node, new: &Node, index: i64) -> Self {
        let mut tracking = Tracking { former: &self.0, index, origins: BTreeMap::new() };
        tracking.track(&Way::default(), old, new);
        Self(tracking.origins)
    }
}

/// What leads to a place before and after a change.
#[derive(Default)]
struct Way {
    former: String,
    now: String,
}

impl Way {
    fn then(&self, former: &str, now: &str) -> Self {
        Self { former: join(&self.former, former), now: join(&self.now, now) }
    }
}

struct Tracking<'a> {
    former: &'a BTreeMap<String, i64>,
    index: i64,
    origins: BTreeMap<String, i64>,
}

impl Tracking<'_> {
    fn track(&mut self, way: &Way, old: &Node, new: &Node) {
        if same(old, new) {
            self.carry_all(way);
            return;
        }
        match (&old.kind, &new.kind) {
            (NodeKind::Mapping { entries: former, .. }, NodeKind::Mapping { entries, .. }) => {
                self.carry(way);
                for entry in former {
                    match new.get(&entry.key) {
                        Some(value) => self.track(&way.then(&entry.key, &entry.key), &entry.value, value),
                        None => self.note(join(&way.now, &entry.key)),
                    }
                }
                for entry in entries.iter().filter(|entry| old.get(&entry.key).is_none()) {
                    self.note(join(&way.now, &entry.key));
                }
                self.carry_absent(way, |key| old.get(key).is_none() && new.get(key).is_none());
            }
            (NodeKind::Sequence { items: former, .. }, NodeKind::Sequence { items, .. }) => {
                self.carry(way);
                self.track_items(way, former, items);
            }
            _ => self.note(way.now.clone()),
        }
    }

    fn track_items(&mut self, way: &Way, former: &[Node], items: &[Node]) {
        let alignment = align(former, items);
        for (place, old) in alignment.iter().enumerate() {
            match old {
                Some(old) => {
                    let way = way.then(&old.to_string(), &place.to_string());
                    self.track(&way, &former[*old], &items[place]);
                }
                None => self.note(join(&way.now, &place.to_string())),
            }
        }
        let kept: HashSet<usize> = alignment.iter().flatten().copied().collect();
        let gone = former.iter().enumerate().filter(|(place, _)| !kept.contains(place));
        let names: Vec<String> = gone.filter_map(|(_, item)| item_name(item)).collect();
        for name in &names {
            self.note(join(&way.now, name));
        }
        let present: HashSet<String> = items.iter().filter_map(item_name).collect();
        self.carry_absent(way, |name| name.starts_with('?') && !present.contains(name));
    }

    /// The mutation changed what is here, or took it away.
    fn note(&mut self, path: String) {
        self.origins.insert(path, self.index);
    }

    /// What is known of exactly this place.
    fn carry(&mut self, way: &Way) {
        if let Some(index) = self.former.get(&way.former) {
            self.origins.entry(way.now.clone()).or_insert(*index);
        }
    }

    /// What is known of this place and all below it.
    fn carry_all(&mut self, way: &Way) {
        self.carry(way);
        let below = below(&way.former);
        for (path, index) in self.former.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below)) {
            let rest = &path[below.len()..];
            let now = if way.now.is_empty() { rest.to_owned() } else { format!("{}.{rest}", way.now) };
            self.origins.entry(now).or_insert(*index);
        }
    }

    /// What is known of removed keys and items that are still not there.
    fn carry_absent(&mut self, way: &Way, absent: impl Fn(&str) -> bool) {
        let below = below(&way.former);
        for (path, index) in self.former.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below)) {
            let rest = &path[below.len()..];
            if !rest.contains('.') && absent(&rest.replace("~1", ".")) {
                self.origins.entry(join(&way.now, &rest.replace("~1", "."))).or_insert(*index);
            }
        }
    }
}

/// What all paths below a place begin with.
pub(super) fn below(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}.") }
}
