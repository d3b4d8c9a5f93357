//! The single steps that a merge takes in a text.

use super::super::edit::{remove, set};
use super::super::error::ConfigurationError;
use super::super::graft::{Source, insert_item, put};
use super::super::path::Step;
use super::super::scalar::Scalar;

/// A change of one place. Each is made in what the one before it left.
pub(super) enum Edit<'a> {
    /// A scalar instead of another.
    Set(Vec<Step>, Scalar),
    /// A part of the other text as a new key, or instead of what is there.
    Put(Vec<Step>, Source<'a>),
    /// A part of the other text as a new item of a list.
    Insert(Vec<Step>, usize, Source<'a>),
    Remove(Vec<Step>),
}

impl Edit<'_> {
    pub(super) fn apply(&self, text: &str, document: usize) -> Result<String, ConfigurationError> {
        match self {
            Self::Set(steps, value) => set(text, document, steps, value),
            Self::Put(steps, source) => put(text, document, steps, source),
            Self::Insert(list, index, source) => insert_item(text, document, list, *index, source),
            Self::Remove(steps) => remove(text, document, steps),
        }
    }
}
