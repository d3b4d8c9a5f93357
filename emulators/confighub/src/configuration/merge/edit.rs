//! The single steps that a merge takes in a text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::edit::{remove_splice, set_splice};
use super::super::error::ConfigurationError;
use super::super::graft::{Source, insert_item, put};
use super::super::path::Step;
use super::super::scalar::Scalar;
use super::super::splice::Splice;
use super::super::tree::{Node, NodeKind, parse};

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

/// How much text may be read anew between the changes of one resource, in bytes.
const READING_LIMIT: usize = 512 * 1024 * 1024;

/// Makes changes in a document of a text, one after the other in effect; as many at once as do not touch
/// each other, for the text has to be read anew after each batch.
pub(super) fn apply(edits: &[Edit<'_>], text: &str, document: usize) -> Result<String, ConfigurationError> {
    let mut batch = Batch::new(text.to_owned())?;
    let mut read = 0;
    for edit in edits {
        if !batch.add(edit, document)? {
            read += batch.text.len();
            if read > READING_LIMIT {
                return Err(ConfigurationError::TooManyChanges);
            }
            batch = Batch::new(batch.finish())?;
            batch.add(edit, document)?;
        }
    }
    Ok(batch.finish())
}

/// Changes of a text that do not touch each other.
struct Batch {
    text: String,
    documents: Vec<Node>,
    splices: Vec<Splice>,
    /// The ends of the ranges that are taken, by their beginnings.
    taken: BTreeMap<usize, usize>,
    /// The mappings that got new keys, by the place where these are put.
    extended: BTreeMap<usize, Vec<Step>>,
    /// Nothing more goes in.
    closed: bool,
}

impl Batch {
    fn new(text: String) -> Result<Self, ConfigurationError> {
        let documents = parse(&text)?;
        Ok(Self {
            text,
            documents,
            splices: Vec::new(),
            taken: BTreeMap::new(),
            extended: BTreeMap::new(),
            closed: false,
        })
    }

    /// Adds a change; `false` when it has to wait for those that are in already.
    fn add(&mut self, edit: &Edit<'_>, document: usize) -> Result<bool, ConfigurationError> {
        if self.closed {
            return Ok(false);
        }
        let extends = edit.extends(&self.documents, document).filter(|(_, start)| !self.is_within(*start));
        let alone = extends.is_none() && !edit.replaces(&self.documents, document);
        if alone && !self.splices.is_empty() {
            return Ok(false);
        }
        let splice = match edit.splice(&self.text, &self.documents, document) {
            Err(_) if !self.splices.is_empty() => return Ok(false),
            other => other?,
        };
        let at = splice.range.start;
        // New keys of one mapping go to the same place one after the other.
        let follows = extends.is_some_and(|(mapping, _)| self.extended.get(&at).is_some_and(|known| known == mapping));
        if !follows && self.touches(&splice.range) {
            return Ok(false);
        }
        if let Some((mapping, _)) = extends {
            self.extended.insert(at, mapping.to_vec());
            // After a text without a line break at its end, the second key would find one.
            self.closed = splice.with.starts_with('\n');
        }
        self.closed |= alone;
        self.taken.insert(at, splice.range.end);
        self.splices.push(splice);
        Ok(true)
    }

    /// Whether a place is within what is replaced.
    fn is_within(&self, at: usize) -> bool {
        self.taken.range(..at).next_back().is_some_and(|(_, end)| *end > at)
    }

    /// Whether a range overlaps one that is taken, or borders on it.
    fn touches(&self, range: &Range<usize>) -> bool {
        let before = self.taken.range(..=range.end).next_back();
        before.is_some_and(|(_, end)| *end >= range.start)
    }

    fn finish(self) -> String {
        Splice::apply_all(self.splices, &self.text)
    }
}

impl Edit<'_> {
    /// Whether it puts something in the place of what is there, which moves nothing and leaves all else
    /// as it is.
    fn replaces(&self, documents: &[Node], document: usize) -> bool {
        let steps = match self {
            Self::Set(steps, _) | Self::Put(steps, _) => steps,
            Self::Insert(..) | Self::Remove(_) => return false,
        };
        let present = documents.get(document).and_then(|root| root.at(steps));
        present.is_some_and(|node| !node.span.is_empty())
    }

    /// The mapping in lines to which it adds a key, with the place where that begins.
    fn extends(&self, documents: &[Node], document: usize) -> Option<(&[Step], usize)> {
        let Self::Put(steps, _) = self else { return None };
        let (last, mapping) = steps.split_last()?;
        let node = documents.get(document)?.at(mapping)?;
        match (&node.kind, last) {
            (NodeKind::Mapping { entries, flow: false }, Step::Key(key))
                if !entries.is_empty() && entries.find(key).is_none() =>
            {
                Some((mapping, node.span.start))
            }
            _ => None,
        }
    }

    fn splice(&self, text: &str, documents: &[Node], document: usize) -> Result<Splice, ConfigurationError> {
        match self {
            Self::Set(steps, value) => set_splice(text, documents, document, steps, value),
            Self::Put(steps, source) => put(text, documents, document, steps, source),
            Self::Insert(list, index, source) => insert_item(text, documents, document, list, *index, source),
            Self::Remove(steps) => remove_splice(text, documents, document, steps),
        }
    }
}
