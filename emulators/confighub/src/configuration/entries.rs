//! The entries of a mapping, found by their keys.

use std::ops::{Deref, Range};

use super::tree::Node;

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// From the key's tag and anchor on.
    pub(crate) key_span: Range<usize>,
    pub(crate) column: usize,
    /// The end of its colon, where it has one.
    pub(super) colon_end: Option<usize>,
    pub(crate) value: Node,
}

impl Entry {
    /// The end of the entry: of its value, or of its key and colon when the value is left out.
    pub(super) fn end(&self) -> usize {
        if self.value.is_left_out() { self.head_end() } else { self.value.span.end }
    }

    /// The end of the colon, or of the key where there is none.
    pub(super) fn head_end(&self) -> usize {
        self.colon_end.unwrap_or(self.key_span.end)
    }
}

/// Mappings with more entries than this are looked up in an index.
const FEW: usize = 16;

/// The entries of a mapping, as they are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Entries {
    all: Vec<Entry>,
    /// Places by key and then by place; empty where there are few entries.
    by_key: Vec<usize>,
    /// Whether a key is written as `? key`.
    pub(super) marked: bool,
}

impl Entries {
    pub(super) fn new(all: Vec<Entry>, marked: bool) -> Self {
        let mut by_key = Vec::new();
        if all.len() > FEW {
            by_key.extend(0..all.len());
            by_key.sort_by(|one, other| all[*one].key.cmp(&all[*other].key));
        }
        Self { all, by_key, marked }
    }

    /// The place of a key; the first one where it is repeated.
    pub(crate) fn place_of(&self, key: &str) -> Option<usize> {
        if self.by_key.is_empty() {
            return self.all.iter().position(|entry| entry.key == key);
        }
        let first = self.by_key.partition_point(|place| self.all[*place].key.as_str() < key);
        self.by_key.get(first).copied().filter(|place| self.all[*place].key == key)
    }

    /// The entry of a key.
    pub(crate) fn find(&self, key: &str) -> Option<&Entry> {
        self.place_of(key).map(|place| &self.all[place])
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}
