//! Taking the changes of one line of configuration data over into another that has changes of its own.
//!
//! This is what the real executor's `compute-mutations` and `patch-mutations` do one after the other,
//! with two differences that keep its promise where it does not: a change of a whole collection is
//! taken over in parts when the data has a change of its own within it, and items of lists are followed
//! when they move, so that a patch never lands on another item.

mod edit;
mod list;
mod place;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::changes::info;
use super::conflict::{Conflict, ConflictReason};
use super::counterparts::counterparts;
use super::error::ConfigurationError;
use super::mutation::{MutationSources, MutationType, Places, ResourceMutation};
use super::resource::Resource;
use super::similarity::same;
use super::tree::{Node, NodeKind, parse};
use place::Merger;

/// The lines of data that a merge is about.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    /// Where the changes to be taken over begin.
    pub(crate) base: &'a str,
    /// Where they end.
    pub(crate) end: &'a str,
    /// The data that takes them over.
    pub(crate) own: &'a str,
}

/// What a merge may not change.
pub(crate) struct Protection<'a> {
    /// The sources of the data that takes the changes over.
    pub(crate) sources: &'a MutationSources,
    /// Whether what the mutation of this number made may be overridden.
    pub(crate) patchable: &'a dyn Fn(i64) -> bool,
    /// Whether what differs from the base is kept as well, whichever mutation made it.
    pub(crate) keep_differences: bool,
}

impl Protection<'_> {
    /// Whether every mutation may be overridden.
    pub(crate) fn protects_nothing(&self) -> bool {
        self.sources.iter().all(|entry| !is_whole(self, Some(entry)) && own_paths(self, Some(entry)).is_empty())
    }
}

/// What came of a merge.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    pub(crate) data: String,
    pub(crate) conflicts: Vec<Conflict>,
}

/// Merges what changed from `base` to `end` into `own`.
pub(crate) fn merge(lines: Lines<'_>, protection: &Protection<'_>) -> Result<Merged, ConfigurationError> {
    let (base, end, own) = (documents(lines.base)?, documents(lines.end)?, documents(lines.own)?);
    let entries = protection.sources.places();
    let base_of_end = counterparts(&base, &end, |_| Vec::new());
    let base_of_own = counterparts(&base, &own, |resource| aliases(&entries, resource));
    let own_of_base: HashMap<usize, usize> =
        base_of_own.iter().enumerate().rev().filter_map(|(own, base)| Some(((*base)?, own))).collect();
    let kept: HashSet<usize> = base_of_end.iter().flatten().copied().collect();
    // Own resources that the base does not have; a new one of the same type and name is the same.
    let strangers = own.iter().enumerate().rev().filter(|(place, _)| base_of_own[*place].is_none());
    let namesakes: HashMap<_, usize> = strangers.map(|(place, own)| (name_of(own), place)).collect();
    let data = lines.own.to_owned();
    let mut merge = Merge { lines, protection, entries, data, conflicts: Vec::new(), base, end, own };
    let (mut appended, mut removed) = (Vec::new(), Vec::new());
    for (place, former) in base_of_end.iter().enumerate() {
        let mine = match former {
            Some(former) => own_of_base.get(former).copied(),
            None => namesakes.get(&name_of(&merge.end[place])).copied(),
        };
        match mine {
            Some(mine) => merge.resource(*former, place, mine)?,
            None if former.is_some() => merge.deleted(*former, place),
            None if merge.deletion_is_protected(place) => {
                merge.conflict(ConflictReason::PredicateFiltered, &merge.end[place].clone());
            }
            None => appended.push(place),
        }
    }
    for place in (0..merge.base.len()).filter(|place| !kept.contains(place)) {
        removed.extend(own_of_base.get(&place).map(|mine| (place, *mine)));
    }
    merge.finish(&appended, removed)
}

struct Merge<'a> {
    lines: Lines<'a>,
    protection: &'a Protection<'a>,
    /// The protected data's mutation sources.
    entries: Places<'a>,
    base: Vec<Resource>,
    end: Vec<Resource>,
    own: Vec<Resource>,
    data: String,
    conflicts: Vec<Conflict>,
}

impl Merge<'_> {
    fn resource(&mut self, base: Option<usize>, end: usize, own: usize) -> Result<(), ConfigurationError> {
        let (base, end, own) = (base.map(|base| &self.base[base]), &self.end[end], &self.own[own]);
        let entry = entry(&self.entries, own);
        let paths = own_paths(self.protection, entry);
        let mut merger = Merger::new(self.lines, info(own), &paths, self.protection.keep_differences);
        merger.merge(base.map(|base| &base.root), &end.root, &own.root, is_whole(self.protection, entry));
        let outcome = merger.outcome();
        self.data = edit::apply(&outcome.edits, &self.data, own.document)?;
        self.conflicts.extend(outcome.conflicts);
        Ok(())
    }

    /// The own data has deleted what the changes are about.
    fn deleted(&mut self, base: Option<usize>, end: usize) {
        let end = self.end[end].clone();
        if base.is_some_and(|base| !same(&self.base[base].root, &end.root)) {
            self.conflict(ConflictReason::DeleteShadowed, &end);
        }
    }

    fn deletion_is_protected(&self, end: usize) -> bool {
        entry(&self.entries, &self.end[end]).is_some_and(|entry| {
            let info = &entry.resource_mutation_info;
            info.mutation_type == MutationType::Delete && !(self.protection.patchable)(info.index)
        })
    }

    fn conflict(&mut self, reason: ConflictReason, resource: &Resource) {
        self.conflicts.push(Conflict { reason, resource: info(resource), path: String::new() });
    }

    /// Adds the new documents, and removes those that went and were left alone.
    fn finish(mut self, appended: &[usize], mut removed: Vec<(usize, usize)>) -> Result<Merged, ConfigurationError> {
        removed.sort_by_key(|(_, own)| std::cmp::Reverse(*own));
        for (base, own) in removed {
            let resource = self.own[own].clone();
            let entry = entry(&self.entries, &resource);
            let protected = is_whole(self.protection, entry) || !own_paths(self.protection, entry).is_empty();
            let differs = self.protection.keep_differences && !same(&self.base[base].root, &resource.root);
            if protected || differs {
                self.conflict(ConflictReason::DeleteShadowed, &resource);
            } else {
                self.data = without_document(&self.data, resource.document)?;
            }
        }
        for end in appended {
            self.data = append(&self.data, self.lines.end, &self.end[*end])?;
        }
        parse(&self.data)?;
        Ok(Merged { data: self.data, conflicts: self.conflicts })
    }
}

/// All documents with content, also those that are no resources.
fn documents(text: &str) -> Result<Vec<Resource>, ConfigurationError> {
    let documents = parse(text)?.into_iter().enumerate();
    Ok(documents
        .filter(|(_, root)| matches!(root.kind, NodeKind::Mapping { .. }))
        .map(|(document, root)| Resource { document, root })
        .collect())
}

fn name_of(resource: &Resource) -> (String, String) {
    (resource.resource_type(), resource.name().to_owned())
}

fn entry<'a>(entries: &Places<'a>, resource: &Resource) -> Option<&'a ResourceMutation> {
    entries.entry(&resource.resource_type(), resource.name())
}

fn aliases(entries: &Places<'_>, resource: &Resource) -> Vec<String> {
    let entry = entry(entries, resource).into_iter();
    entry.flat_map(|entry| entry.aliases_without_scopes.iter()).map(str::to_owned).collect()
}

/// Whether the resource as a whole may not be overridden.
fn is_whole(protection: &Protection<'_>, entry: Option<&ResourceMutation>) -> bool {
    entry.is_some_and(|entry| !(protection.patchable)(entry.resource_mutation_info.index))
}

/// The paths that may not be overridden: those of the present data or, where they are not known, those
/// of the mutation sources.
fn own_paths(protection: &Protection<'_>, entry: Option<&ResourceMutation>) -> BTreeSet<String> {
    let Some(entry) = entry else { return BTreeSet::new() };
    let own = |(path, index): (&String, i64)| (!(protection.patchable)(index)).then(|| path.clone());
    match &entry.origins {
        Some(origins) => origins.iter().filter_map(own).collect(),
        None => entry.path_mutation_map.iter().map(|(path, info)| (path, info.index)).filter_map(own).collect(),
    }
}

/// Adds a document at the end.
fn append(text: &str, from: &str, resource: &Resource) -> Result<String, ConfigurationError> {
    let range = document_range(from, resource.document)?;
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let separator = if text.trim().is_empty() { "" } else { "---\n" };
    let document = from[range].trim_start_matches('\n');
    let document = document.strip_suffix("---\n").unwrap_or(document);
    Ok(format!("{text}{newline}{separator}{document}"))
}

fn without_document(text: &str, document: usize) -> Result<String, ConfigurationError> {
    let range = document_range(text, document)?;
    let mut rest = format!("{}{}", &text[..range.start], &text[range.end..]);
    if let Some(cut) = rest.strip_suffix("---\n") {
        rest = cut.to_owned();
    }
    Ok(rest)
}

/// A document's lines and the separator after them.
fn document_range(text: &str, document: usize) -> Result<std::ops::Range<usize>, ConfigurationError> {
    let documents = parse(text)?;
    let begin = |index: usize| documents.get(index).map(Node::start);
    let start = begin(document).unwrap_or(text.len());
    let end = begin(document + 1).unwrap_or(text.len());
    Ok(start..end)
}
