//! One table: records by cursor, with indices.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use crate::entity::Record;

/// Something that a table can keep.
pub(crate) trait Stored {
    /// The attribute that [`Stored::id`] is, such as `UnitID`.
    const ID: &'static str;
    /// The attribute that [`Stored::group`] is.
    const GROUP: &'static str;
    /// Further attributes that are UUIDs by which rows are looked up.
    const INDEXED: &'static [&'static str] = &[];

    fn id(&self) -> Uuid;
    /// What it belongs to: a space or, for the parts of a unit's history, the unit.
    fn group(&self) -> Uuid;
    /// Unique in its group. To be given by whatever has the attribute, as are its labels: an index
    /// without them would hide rows from clauses.
    fn slug(&self) -> Option<&str> {
        None
    }
    fn labels(&self) -> Option<&BTreeMap<String, String>> {
        None
    }
    /// The value of one of the indexed attributes.
    fn indexed(&self, _attribute: &'static str) -> Option<Uuid> {
        None
    }
}

/// Records in order of creation.
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    rows: BTreeMap<i64, T>,
    by_id: HashMap<Uuid, i64>,
    by_group: HashMap<Uuid, BTreeSet<i64>>,
    /// By slug and group.
    by_slug: HashMap<String, BTreeMap<Uuid, i64>>,
    /// By indexed attribute and its value.
    by_reference: HashMap<(&'static str, Uuid), BTreeSet<i64>>,
    /// By key and value.
    by_label: HashMap<String, HashMap<String, BTreeSet<i64>>>,
    last_cursor: i64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            by_id: HashMap::new(),
            by_group: HashMap::new(),
            by_slug: HashMap::new(),
            by_reference: HashMap::new(),
            by_label: HashMap::new(),
            last_cursor: 0,
        }
    }
}

/// What the indices hold of a row.
#[derive(PartialEq)]
struct Keys {
    id: Uuid,
    group: Uuid,
    slug: Option<String>,
    labels: BTreeMap<String, String>,
    references: Vec<(&'static str, Uuid)>,
}

impl Keys {
    fn of<T: Stored>(row: &T) -> Self {
        Self {
            id: row.id(),
            group: row.group(),
            slug: row.slug().map(str::to_owned),
            labels: row.labels().cloned().unwrap_or_default(),
            references: references(row).collect(),
        }
    }

    fn are_those_of<T: Stored>(&self, row: &T) -> bool {
        let labels = row.labels().map_or_else(|| self.labels.is_empty(), |labels| *labels == self.labels);
        self.id == row.id()
            && self.group == row.group()
            && self.slug.as_deref() == row.slug()
            && labels
            && references(row).eq(self.references.iter().copied())
    }
}

fn references<T: Stored>(row: &T) -> impl Iterator<Item = (&'static str, Uuid)> {
    T::INDEXED.iter().filter_map(|attribute| Some((*attribute, row.indexed(attribute)?)))
}

impl<T: Stored> Table<T> {
    /// The cursor that the next inserted row gets.
    pub(crate) fn next_cursor(&self) -> i64 {
        self.last_cursor + 1
    }

    /// The greatest cursor that was ever given.
    pub(crate) fn last_cursor(&self) -> i64 {
        self.last_cursor
    }

    /// The next inserted row gets a cursor beyond `cursor`.
    pub(crate) fn skip_to(&mut self, cursor: i64) {
        self.last_cursor = self.last_cursor.max(cursor);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn insert(&mut self, row: T) {
        self.last_cursor += 1;
        self.index(self.last_cursor, &Keys::of(&row));
        self.rows.insert(self.last_cursor, row);
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        self.rows.get(self.by_id.get(&id)?)
    }

    /// Puts `row` in the place of the one with its id; nothing happens when there is none.
    pub(crate) fn replace(&mut self, row: T) {
        self.update(row.id(), |present| *present = row);
    }

    /// Changes a row in place; `change` must leave its id alone.
    pub(crate) fn update(&mut self, id: Uuid, change: impl FnOnce(&mut T)) {
        let Some(&cursor) = self.by_id.get(&id) else { return };
        let Some(row) = self.rows.get_mut(&cursor) else { return };
        let before = Keys::of(row);
        change(row);
        if before.are_those_of(row) {
            return;
        }
        let after = Keys::of(row);
        self.unindex(cursor, &before);
        self.index(cursor, &after);
    }

    pub(crate) fn remove(&mut self, id: Uuid) -> Option<T> {
        let cursor = *self.by_id.get(&id)?;
        let row = self.rows.remove(&cursor)?;
        self.unindex(cursor, &Keys::of(&row));
        Some(row)
    }

    /// All rows.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// The rows of one group.
    pub(crate) fn of_group(&self, group: Uuid) -> impl DoubleEndedIterator<Item = &T> {
        self.rows_at(self.by_group.get(&group))
    }

    /// The rows with this value of an attribute of [`Stored::INDEXED`], such as the links whose
    /// `FromUnitID` is a unit.
    pub(crate) fn referring(&self, attribute: &'static str, to: Uuid) -> impl DoubleEndedIterator<Item = &T> {
        debug_assert!(T::INDEXED.contains(&attribute), "{attribute} is not indexed");
        self.rows_at(self.by_reference.get(&(attribute, to)))
    }

    fn rows_at<'a>(&'a self, cursors: Option<&'a BTreeSet<i64>>) -> impl DoubleEndedIterator<Item = &'a T> {
        cursors.into_iter().flatten().filter_map(|cursor| self.rows.get(cursor))
    }

    pub(crate) fn by_slug(&self, group: Uuid, slug: &str) -> Option<&T> {
        self.rows.get(self.by_slug.get(slug)?.get(&group)?)
    }

    /// The id of the row with this slug in a group.
    pub(crate) fn id_of(&self, group: Uuid, slug: &str) -> Option<Uuid> {
        self.by_slug(group, slug).map(Stored::id)
    }

    /// Removes the rows of one group.
    pub(crate) fn remove_group(&mut self, group: Uuid) -> Vec<T> {
        let ids: Vec<Uuid> = self.of_group(group).map(Stored::id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    fn index(&mut self, cursor: i64, keys: &Keys) {
        self.by_id.insert(keys.id, cursor);
        self.by_group.entry(keys.group).or_default().insert(cursor);
        if let Some(slug) = &keys.slug {
            self.by_slug.entry(slug.clone()).or_default().insert(keys.group, cursor);
        }
        for reference in &keys.references {
            self.by_reference.entry(*reference).or_default().insert(cursor);
        }
        for (key, value) in &keys.labels {
            let values = self.by_label.entry(key.clone()).or_default();
            values.entry(value.clone()).or_default().insert(cursor);
        }
    }

    fn unindex(&mut self, cursor: i64, keys: &Keys) {
        self.by_id.remove(&keys.id);
        forget(&mut self.by_group, &keys.group, cursor);
        if let Some(slug) = &keys.slug
            && let Some(groups) = self.by_slug.get_mut(slug)
        {
            // A row of the same slug and group may have come in its place.
            if groups.get(&keys.group) == Some(&cursor) {
                groups.remove(&keys.group);
            }
            if groups.is_empty() {
                self.by_slug.remove(slug);
            }
        }
        for reference in &keys.references {
            forget(&mut self.by_reference, reference, cursor);
        }
        for (key, value) in &keys.labels {
            if let Some(values) = self.by_label.get_mut(key) {
                forget(values, value, cursor);
                if values.is_empty() {
                    self.by_label.remove(key);
                }
            }
        }
    }
}

/// Takes a cursor out of an index, and the entry with its last one.
fn forget<K: std::hash::Hash + Eq>(index: &mut HashMap<K, BTreeSet<i64>>, key: &K, cursor: i64) {
    if let Some(cursors) = index.get_mut(key) {
        cursors.remove(&cursor);
        if cursors.is_empty() {
            index.remove(key);
        }
    }
}

/// An index look-up that gives all rows with which a comparison can hold, and perhaps more.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lookup<'a> {
    Id(Uuid),
    Group(Uuid),
    Reference(&'static str, Uuid),
    Slug(&'a str),
    Label(&'a str, &'a str),
}

impl<T: Stored> Table<T> {
    /// How many rows a look-up gives.
    pub(super) fn count(&self, lookup: Lookup<'_>) -> usize {
        match lookup {
            Lookup::Id(id) => usize::from(self.by_id.contains_key(&id)),
            Lookup::Group(group) => self.by_group.get(&group).map_or(0, BTreeSet::len),
            Lookup::Reference(attribute, id) => self.by_reference.get(&(attribute, id)).map_or(0, BTreeSet::len),
            Lookup::Slug(slug) => self.by_slug.get(slug).map_or(0, BTreeMap::len),
            Lookup::Label(key, value) => self.labelled(key, value).map_or(0, BTreeSet::len),
        }
    }

    /// The cursors that a look-up gives.
    pub(super) fn cursors(&self, lookup: Lookup<'_>) -> Vec<i64> {
        let all = |cursors: Option<&BTreeSet<i64>>| cursors.into_iter().flatten().copied().collect();
        match lookup {
            Lookup::Id(id) => self.by_id.get(&id).copied().into_iter().collect(),
            Lookup::Group(group) => all(self.by_group.get(&group)),
            Lookup::Reference(attribute, id) => all(self.by_reference.get(&(attribute, id))),
            Lookup::Slug(slug) => self.by_slug.get(slug).into_iter().flatten().map(|(_, cursor)| *cursor).collect(),
            Lookup::Label(key, value) => all(self.labelled(key, value)),
        }
    }

    fn labelled(&self, key: &str, value: &str) -> Option<&BTreeSet<i64>> {
        self.by_label.get(key)?.get(value)
    }

    pub(super) fn row(&self, cursor: i64) -> Option<&T> {
        self.rows.get(&cursor)
    }
}

impl<T: Stored + Record> Table<T> {
    /// A row as a record.
    pub(crate) fn record(&self, id: Uuid) -> Option<&dyn Record> {
        self.get(id).map(|row| row as &dyn Record)
    }
}
