//! Where paths lead: matches of list items, wildcards, and names for what they stand for.
//!
//! Segments are keys, indices, `?key=value` for the item with that value, `*` for all, `*?key:name` for all
//! with the value of a key bound to a parameter, `@key:name` for a key bound to one. A `|` before a segment
//! changes nothing here.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value as Json;
use stagegate_configuration::yaml::{Kind, Node, Value, escaped, segments, value};

use super::registry::BoundArgument;

/// One place that a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResolvedPath {
    pub(super) path: String,
    pub(super) arguments: Vec<BoundArgument>,
}

/// Whether a path leads to one place only.
fn is_resolved(path: &str, with_bindings: bool) -> bool {
    !path.contains(['?', '*', '|']) && (!with_bindings || !path.contains('@'))
}

/// The places that `path` leads to in a document, of those only `only`, when it is given. With `create`,
/// those that are not there yet too, as far as they can be made.
pub(super) fn resolve(root: &Node, path: &str, only: Option<&str>, create: bool) -> Result<Vec<ResolvedPath>, String> {
    if path.is_empty() {
        return Err("path cannot be empty".to_owned());
    }
    if is_resolved(path, true) {
        return Ok(vec![ResolvedPath { path: path.to_owned(), arguments: Vec::new() }]);
    }
    let search = Search { root, segments: segments(path), only: only.map(segments).unwrap_or_default(), create };
    let start = Position { taken: Taken::default(), place: 0, arguments: Vec::new(), node: Some(root) };
    let mut found = Vec::new();
    let mut waiting = std::collections::VecDeque::from([start]);
    while let Some(position) = waiting.pop_front() {
        if position.place == search.segments.len() {
            found.push(ResolvedPath { path: position.taken.path(), arguments: position.arguments });
            continue;
        }
        // One step leads to one place more, which is next, or to many, which wait behind all others.
        match search.step(position)? {
            Step::Next(next) => waiting.push_front(next),
            Step::All(all) => waiting.extend(all),
            Step::Nowhere => {}
        }
    }
    Ok(found)
}

struct Search<'a> {
    root: &'a Node,
    segments: Vec<String>,
    only: Vec<String>,
    create: bool,
}

struct Position<'a> {
    taken: Taken,
    place: usize,
    arguments: Vec<BoundArgument>,
    node: Option<&'a Node>,
}

enum Step<'a> {
    Next(Position<'a>),
    All(Vec<Position<'a>>),
    Nowhere,
}

impl<'a> Search<'a> {
    fn step(&self, position: Position<'a>) -> Result<Step<'a>, String> {
        let segment = &self.segments[position.place];
        let only = self.only.get(position.place).map(String::as_str);
        let all_with_key = segment.strip_prefix('?').and_then(|rest| rest.strip_suffix("=*"));
        if let Some(key) = all_with_key {
            self.wildcard(&position, &format!("*?{key}"), only)
        } else if segment.starts_with('*') {
            self.wildcard(&position, segment, only)
        } else if segment.starts_with('?') {
            self.matching(position, segment, only)
        } else {
            self.key(position, segment)
        }
    }

    fn wildcard(&self, position: &Position<'a>, segment: &str, only: Option<&str>) -> Result<Step<'a>, String> {
        let (key, name) = if let Some(binding) = segment.strip_prefix("*?") {
            let (key, name) = key_and_name(binding, || format!("invalid parameter expression '{segment}'"))?;
            (Some(key), name)
        } else {
            (None, segment.strip_prefix("*@:").unwrap_or_default())
        };
        let Some(node) = position.node else { return Ok(Step::Nowhere) };
        let mut next = Vec::new();
        for (child_segment, child, is_key) in children(node) {
            if only.is_some_and(|only| only != child_segment) {
                continue;
            }
            let taken_segment = if is_key { escaped(&child_segment) } else { child_segment.clone() };
            let taken = position.taken.with(taken_segment);
            let mut arguments = position.arguments.clone();
            let bound = match key {
                Some(key) => child.step(key).map(|value| self.json(value)),
                None => (!name.is_empty() && is_key).then(|| Json::from(child_segment)),
            };
            arguments.extend(bound.map(|value| BoundArgument { parameter_name: name.to_owned(), value }));
            next.push(Position { taken, place: position.place + 1, arguments, node: Some(child) });
        }
        Ok(Step::All(next))
    }

    fn matching(&self, mut position: Position<'a>, segment: &str, only: Option<&str>) -> Result<Step<'a>, String> {
        let Some(node) = position.node.filter(|node| node.is_sequence()) else { return Ok(Step::Nowhere) };
        let (binding, wanted) =
            segment[1..].split_once('=').ok_or_else(|| format!("invalid associative lookup '{segment}'"))?;
        let (key, name) = key_and_name(binding, || format!("invalid associative parameter expression '{segment}'"))?;
        for (index, item) in node.items().iter().enumerate() {
            let index = index.to_string();
            if only.is_some_and(|only| only != index) {
                continue;
            }
            let Some(found) = item.step(key) else { continue };
            let is_wanted = value(found, self.root).is_some_and(|value| value.as_text() == Some(wanted));
            if is_wanted || only.is_some() {
                position.taken = position.taken.with(index);
                position.node = Some(item);
                position.place += 1;
                position.arguments.push(BoundArgument { parameter_name: name.to_owned(), value: self.json(found) });
                return Ok(Step::Next(position));
            }
        }
        Ok(Step::Nowhere)
    }

    fn key(&self, mut position: Position<'a>, segment: &str) -> Result<Step<'a>, String> {
        let (segment, argument) = bound_key(segment.strip_prefix('|').unwrap_or(segment))?;
        let node = position.node.and_then(|node| node.step(segment));
        if node.is_none() && !self.create {
            return Ok(Step::Nowhere);
        }
        position.taken = position.taken.with(escaped(segment));
        position.arguments.extend(argument);
        position.node = node;
        position.place += 1;
        if self.create {
            let rest = &self.segments[position.place..];
            if rest.iter().all(|segment| is_resolved(segment, false)) {
                for segment in rest {
                    let (segment, argument) = bound_key(segment)?;
                    position.taken = position.taken.with(escaped(segment));
                    position.arguments.extend(argument);
                }
                position.place = self.segments.len();
            } else if node.is_none() {
                return Ok(Step::Nowhere);
            }
        }
        Ok(Step::Next(position))
    }

    fn json(&self, node: &Node) -> Json {
        value(node, self.root).map_or(Json::Null, |value: Value| value.json())
    }
}

fn key_and_name(binding: &str, invalid: impl Fn() -> String) -> Result<(&str, &str), String> {
    let mut parts = binding.split(':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(key), name, None) => Ok((key, name.unwrap_or_default())),
        _ => Err(invalid()),
    }
}

/// A key that may be bound to a parameter: `@key:name`.
fn bound_key(segment: &str) -> Result<(&str, Option<BoundArgument>), String> {
    let Some(binding) = segment.strip_prefix('@') else { return Ok((segment, None)) };
    let (key, name) = key_and_name(binding, || format!("invalid map parameter expression '{segment}'"))?;
    let argument = BoundArgument { parameter_name: name.to_owned(), value: Json::from(key) };
    Ok((key, (!name.is_empty()).then_some(argument)))
}

/// What is right below a node, with the segment that leads there and whether that is a key.
fn children(node: &Node) -> Vec<(String, &Node, bool)> {
    if node.is_sequence() {
        return node.items().iter().enumerate().map(|(index, item)| (index.to_string(), item, false)).collect();
    }
    let entries = || node.entries().filter(|(key, _)| key.kind == Kind::Scalar).enumerate();
    // Of a key that is repeated, the last counts.
    let last: HashMap<&str, usize> = entries().map(|(place, (key, _))| (key.value.as_str(), place)).collect();
    let counts = |(place, (key, _)): &(usize, (&Node, &Node))| last.get(key.value.as_str()) == Some(place);
    entries().filter(counts).map(|(_, (key, value))| (key.value.clone(), value, true)).collect()
}

/// The segments that led to a position.
///
/// The real executor keeps them in lists that positions share, and that have room for 1, 2, 4, 8 … segments:
/// what two positions put in the same free place of a shared list is, for both, what was put there last.
/// So `*` in the fourth or in the sixth to eighth place leads to the last item as often as there are items.
#[derive(Clone, Default)]
struct Taken {
    shared: Rc<RefCell<Vec<String>>>,
    length: usize,
    room: usize,
}

impl Taken {
    fn with(&self, segment: String) -> Self {
        if self.length < self.room {
            let mut shared = self.shared.borrow_mut();
            if self.length < shared.len() {
                shared[self.length] = segment;
            } else {
                shared.push(segment);
            }
            drop(shared);
            return Self { shared: Rc::clone(&self.shared), length: self.length + 1, room: self.room };
        }
        let mut own: Vec<String> = self.shared.borrow()[..self.length].to_vec();
        own.push(segment);
        let room = if self.room == 0 { 1 } else { self.room * 2 };
        Self { shared: Rc::new(RefCell::new(own)), length: self.length + 1, room }
    }

    fn path(&self) -> String {
        self.shared.borrow()[..self.length].join(".")
    }
}
