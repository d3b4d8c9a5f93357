//! One table: records by cursor, with indices by id, by group and by slug.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use crate::entity::Record;

/// Something that a table can keep.
pub(crate) trait Stored {
    fn id(&self) -> Uuid;
    /// What it belongs to: a space or, for the parts of a unit's history, the unit.
    fn group(&self) -> Uuid;
    /// Unique in its group.
    fn slug(&self) -> Option<&str> {
        None
    }
}

/// Records in order of creation.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<i64, T>,
    by_id: HashMap<Uuid, i64>,
    by_group: HashMap<Uuid, BTreeSet<i64>>,
    by_slug: HashMap<(Uuid, String), i64>,
    last_cursor: i64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            by_id: HashMap::new(),
            by_group: HashMap::new(),
            by_slug: HashMap::new(),
            last_cursor: 0,
        }
    }
}

impl<T: Stored> Table<T> {
    /// The cursor that the next inserted row gets.
    pub(crate) fn next_cursor(&self) -> i64 {
        self.last_cursor + 1
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn insert(&mut self, row: T) {
        self.last_cursor += 1;
        self.index(self.last_cursor, &row);
        self.rows.insert(self.last_cursor, row);
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        self.rows.get(self.by_id.get(&id)?)
    }

    /// Puts `row` in the place of the one with its id; nothing happens when there is none.
    pub(crate) fn replace(&mut self, row: T) {
        let Some(&cursor) = self.by_id.get(&row.id()) else { return };
        if let Some(old) = self.rows.remove(&cursor) {
            self.unindex(cursor, &old);
        }
        self.index(cursor, &row);
        self.rows.insert(cursor, row);
    }

    /// Changes a row in place; `change` must leave its id, group and slug alone.
    pub(crate) fn update(&mut self, id: Uuid, change: impl FnOnce(&mut T)) {
        if let Some(row) = self.by_id.get(&id).and_then(|cursor| self.rows.get_mut(cursor)) {
            change(row);
        }
    }

    pub(crate) fn remove(&mut self, id: Uuid) -> Option<T> {
        let cursor = *self.by_id.get(&id)?;
        let row = self.rows.remove(&cursor)?;
        self.unindex(cursor, &row);
        Some(row)
    }

    /// All rows.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// The rows of one group.
    pub(crate) fn of_group(&self, group: Uuid) -> impl DoubleEndedIterator<Item = &T> {
        self.by_group.get(&group).into_iter().flatten().filter_map(|cursor| self.rows.get(cursor))
    }

    pub(crate) fn by_slug(&self, group: Uuid, slug: &str) -> Option<&T> {
        self.rows.get(self.by_slug.get(&(group, slug.to_owned()))?)
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

    fn index(&mut self, cursor: i64, row: &T) {
        self.by_id.insert(row.id(), cursor);
        self.by_group.entry(row.group()).or_default().insert(cursor);
        if let Some(slug) = row.slug() {
            self.by_slug.insert((row.group(), slug.to_owned()), cursor);
        }
    }

    fn unindex(&mut self, cursor: i64, row: &T) {
        self.by_id.remove(&row.id());
        if let Some(group) = self.by_group.get_mut(&row.group()) {
            group.remove(&cursor);
            if group.is_empty() {
                self.by_group.remove(&row.group());
            }
        }
        if let Some(slug) = row.slug() {
            self.by_slug.remove(&(row.group(), slug.to_owned()));
        }
    }
}

impl<T: Stored + Record> Table<T> {
    /// A row as a record.
    pub(crate) fn record(&self, id: Uuid) -> Option<&dyn Record> {
        self.get(id).map(|row| row as &dyn Record)
    }
}
