//! Merging one place of a resource after another.

use std::collections::BTreeSet;

use super::super::alignment::item_name;
use super::super::changes::{join, same_comment};
use super::super::conflict::{Conflict, ConflictReason};
use super::super::graft::Source;
use super::super::mutation::ResourceInfo;
use super::super::origin::below;
use super::super::path::Step;
use super::super::scalar::Scalar;
use super::super::similarity::{identical, same};
use super::super::tree::{Node, NodeKind};
use super::Lines;
use super::edit::Edit;

/// The three versions of what is at a place.
#[derive(Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) base: Option<&'a Node>,
    pub(super) end: Option<&'a Node>,
    pub(super) own: Option<&'a Node>,
}

/// A place in the own data.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) steps: Vec<Step>,
    pub(super) path: String,
    /// A protected mutation added all that is around it.
    pub(super) inside_own: bool,
}

impl Place {
    pub(super) fn key(&self, key: &str) -> Self {
        self.child(Step::Key(key.to_owned()), key)
    }

    pub(super) fn item(&self, index: usize) -> Self {
        self.child(Step::Index(index), &index.to_string())
    }

    fn child(&self, step: Step, name: &str) -> Self {
        let mut child = self.clone();
        child.steps.push(step);
        child.path = join(&self.path, name);
        child
    }
}

/// The merge of one resource.
pub(super) struct Merger<'a> {
    pub(super) lines: Lines<'a>,
    resource: ResourceInfo,
    own_paths: &'a BTreeSet<String>,
    pub(super) keep_differences: bool,
    outcome: Outcome<'a>,
}

/// What is to be done in a resource.
#[derive(Default)]
pub(super) struct Outcome<'a> {
    pub(super) edits: Vec<Edit<'a>>,
    pub(super) conflicts: Vec<Conflict>,
}

impl<'a> Merger<'a> {
    pub(super) fn new(
        lines: Lines<'a>,
        resource: ResourceInfo,
        own_paths: &'a BTreeSet<String>,
        keep_differences: bool,
    ) -> Self {
        Self { lines, resource, own_paths, keep_differences, outcome: Outcome::default() }
    }

    /// Merges a resource, all of which is protected when it is the own data's `whole`.
    pub(super) fn merge(&mut self, base: Option<&'a Node>, end: &'a Node, own: &'a Node, whole: bool) {
        let root = Place { steps: Vec::new(), path: String::new(), inside_own: whole };
        self.place(&root, Versions { base, end: Some(end), own: Some(own) }, Source::Document);
    }

    pub(super) fn outcome(self) -> Outcome<'a> {
        self.outcome
    }

    /// Merges what is at a place; `source` is that of the new version.
    pub(super) fn place(&mut self, place: &Place, versions: Versions<'a>, source: Source<'a>) {
        let Versions { base, end, own } = versions;
        let Lines { base: former, end: new, own: present } = self.lines;
        if identical((former, base), (new, end)) || identical((new, end), (present, own)) {
            return;
        }
        match (end, own) {
            (Some(_), None) if self.is_own(place) => self.conflict(place, ConflictReason::PredicateFiltered),
            (Some(_), None) if base.is_some() => self.conflict(place, ConflictReason::DeleteShadowed),
            (Some(_), None) => self.edit(Edit::Put(place.steps.clone(), source)),
            (None, Some(own)) => self.remove(place, base, own),
            (Some(end), Some(own)) => self.change(place, base, (end, source), own),
            (None, None) => {}
        }
    }

    fn change(&mut self, place: &Place, base: Option<&'a Node>, end: (&'a Node, Source<'a>), own: &'a Node) {
        let (end, source) = end;
        let inside_own = place.inside_own || self.is_own(place);
        match (&end.kind, &own.kind) {
            (NodeKind::Mapping { .. }, NodeKind::Mapping { .. }) => {
                let place = Place { inside_own, ..place.clone() };
                self.keys(&place, base, end, own);
            }
            (NodeKind::Sequence { items: new, .. }, NodeKind::Sequence { items, .. }) => {
                let place = Place { inside_own, ..place.clone() };
                self.list(&place, base, new, (items, own), end, source);
            }
            // Both sides came to the same value; the comment stays.
            _ if self.is_protected(place, base, own) && same(end, own) => {}
            _ if self.is_protected(place, base, own) => self.conflict_at(place, base),
            _ => match (scalar(end), scalar(own)) {
                (Some(value), Some(_)) if self.fits(end, own) => self.edit(Edit::Set(place.steps.clone(), value)),
                _ => self.edit(Edit::Put(place.steps.clone(), source)),
            },
        }
    }

    /// Whether a new value can take the place of the own one with its style and comment.
    fn fits(&self, end: &Node, own: &Node) -> bool {
        let is_block = |text: &str, node: &Node| text[node.span.clone()].starts_with(['|', '>']);
        let (end, own) = ((self.lines.end, end), (self.lines.own, own));
        !is_block(end.0, end.1) && !is_block(own.0, own.1) && same_comment(end, own)
    }

    /// Merges mappings key by key, in the order of the new version, then what it does not have any more.
    fn keys(&mut self, place: &Place, base: Option<&'a Node>, end: &'a Node, own: &'a Node) {
        let text = self.lines.end;
        for key in keys(Some(end)) {
            let versions = Versions { base: base.and_then(|base| base.get(key)), end: end.get(key), own: own.get(key) };
            let source = Source::entry(text, end, key).unwrap_or(Source::Document);
            self.place(&place.key(key), versions, source);
        }
        for key in keys(base).filter(|key| end.get(key).is_none()) {
            let versions = Versions { base: base.and_then(|base| base.get(key)), end: None, own: own.get(key) };
            self.place(&place.key(key), versions, Source::Document);
        }
    }

    /// The new version does not have it any more. What is protected within it stays.
    fn remove(&mut self, place: &Place, base: Option<&'a Node>, own: &'a Node) {
        if !self.is_protected(place, base, own) {
            self.edit(Edit::Remove(place.steps.clone()));
            return;
        }
        let both_mappings = matches!(own.kind, NodeKind::Mapping { .. })
            && base.is_some_and(|base| matches!(base.kind, NodeKind::Mapping { .. }));
        if !both_mappings || place.inside_own || self.is_own(place) {
            self.conflict(place, ConflictReason::DeleteShadowed);
            return;
        }
        for key in keys(base) {
            let versions = Versions { base: base.and_then(|base| base.get(key)), end: None, own: own.get(key) };
            self.place(&place.key(key), versions, Source::Document);
        }
        self.conflict(place, ConflictReason::DeleteShadowed);
    }

    /// Whether something there, or at any place below, is not to be overridden.
    pub(super) fn is_protected(&self, place: &Place, base: Option<&Node>, own: &Node) -> bool {
        place.inside_own
            || self.is_own(place)
            || self.has_own_below(place)
            || (self.keep_differences && base.is_none_or(|base| !same(base, own)))
    }

    /// Whether a protected mutation made what is at a place, or made nothing be there.
    pub(super) fn is_own(&self, place: &Place) -> bool {
        self.own_paths.contains(&place.path)
    }

    pub(super) fn has_own_below(&self, place: &Place) -> bool {
        let below = below(&place.path);
        self.own_paths.range(below.clone()..).next().is_some_and(|path| path.starts_with(&below))
    }

    fn conflict_at(&mut self, place: &Place, base: Option<&Node>) {
        let tracked = place.inside_own || self.is_own(place) || self.has_own_below(place);
        let reason = match base {
            _ if tracked => ConflictReason::PredicateFiltered,
            _ => ConflictReason::Subtracted,
        };
        self.conflict(place, reason);
    }

    pub(super) fn conflict(&mut self, place: &Place, reason: ConflictReason) {
        self.outcome.conflicts.push(Conflict { reason, resource: self.resource.clone(), path: place.path.clone() });
    }

    pub(super) fn edit(&mut self, edit: Edit<'a>) {
        self.outcome.edits.push(edit);
    }

    /// Whether a protected mutation removed an item of this name from a list.
    pub(super) fn has_removed(&self, list: &Place, item: &Node) -> bool {
        item_name(item).is_some_and(|name| self.own_paths.contains(&join(&list.path, &name)))
    }
}

/// The keys of a mapping.
fn keys(node: Option<&Node>) -> impl Iterator<Item = &str> {
    let entries = match node.map(|node| &node.kind) {
        Some(NodeKind::Mapping { entries, .. }) => &entries[..],
        _ => &[],
    };
    entries.iter().map(|entry| entry.key.as_str())
}

/// What can be set as a scalar: scalars and empty collections.
fn scalar(node: &Node) -> Option<Scalar> {
    match &node.kind {
        NodeKind::Scalar(scalar) => Some(scalar.clone()),
        NodeKind::Mapping { entries, .. } if entries.is_empty() => Some(Scalar::EmptyMapping),
        NodeKind::Sequence { items, .. } if items.is_empty() => Some(Scalar::EmptySequence),
        _ => None,
    }
}
