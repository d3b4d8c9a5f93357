//! What changed from one version of configuration data to the next, as mutations.
//!
//! As in the real executor of August 2025: collections that appear or go are one mutation, list items
//! are told apart by their index, and values are YAML.
//!
//! The executor's function `compute-mutations` is `stagegate_configuration::mutation`, which knows the same of paths
//! and values. There are two because they have different things at hand. That one compares documents that were
//! read and will be written anew, refuses whatever is no resource in the executor's words, and is what a client
//! asked for. This one compares texts by the places in them, takes whatever a unit may hold, follows list items
//! that move ([`super::origin`]), and merges by what it finds. `tests/recorded.rs` holds both to the same
//! observations.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::counterparts::counterparts;
use super::error::ConfigurationError;
use super::gap::{dash_before, line_start};
use super::mutation::{Aliases, MutationInfo, MutationSources, MutationType, ResourceInfo, ResourceMutation};
use super::origin::Origins;
use super::resource::{Resource, resources};
use super::scalar::Scalar;
use super::tree::{Node, NodeKind};

/// The mutations from `old` to `new`: one for each resource of `new`, of type `None` where it did not
/// change, and one for each that is gone. They get the number `index`.
fn compute_mutations(old: &Version<'_>, new: &Version<'_>, index: i64) -> Vec<ResourceMutation> {
    let counterparts = new.counterparts(old);
    let mut mutations: Vec<ResourceMutation> = new
        .resources
        .iter()
        .zip(&counterparts)
        .map(|(resource, former)| match former {
            None => whole(resource, MutationType::Add, index, yaml(new.text, &resource.root)),
            Some(former) => change((old.text, &old.resources[*former]), (new.text, resource), index),
        })
        .collect();
    let kept: BTreeSet<usize> = counterparts.iter().flatten().copied().collect();
    let gone = old.resources.iter().enumerate().filter(|(place, _)| !kept.contains(place));
    mutations.extend(gone.map(|(_, gone)| whole(gone, MutationType::Delete, index, yaml(old.text, &gone.root))));
    mutations
}

/// A version of configuration data.
struct Version<'a> {
    text: &'a str,
    resources: Vec<Resource>,
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Result<Self, ConfigurationError> {
        Ok(Self { text, resources: resources(text)? })
    }

    fn counterparts(&self, former: &Self) -> Vec<Option<usize>> {
        counterparts(&former.resources, &self.resources, |_| Vec::new())
    }
}

/// The sources after mutation number `index` changed the data from `old` to `new`.
pub(crate) fn record_mutations(
    sources: &MutationSources,
    old: &str,
    new: &str,
    index: i64,
) -> Result<MutationSources, ConfigurationError> {
    let (old, new) = (Version::read(old)?, Version::read(new)?);
    let places = sources.places();
    let origins = |(resource, former): (&Resource, &Option<usize>)| {
        let former = former.map(|former| &old.resources[former]);
        let known = former.and_then(|former| places.entry(&former.resource_type(), former.name()));
        let known = known.and_then(|entry| entry.origins.clone()).unwrap_or_default();
        former.map_or_else(Origins::default, |former| known.after(&former.root, &resource.root, index))
    };
    let counterparts = new.counterparts(&old);
    let all: Vec<(String, Origins)> =
        new.resources.iter().zip(&counterparts).map(|pair| (pair.0.resource_type(), origins(pair))).collect();
    let named = new.resources.iter().zip(all.iter());
    let named = named.map(|(resource, (kind, origins))| (kind.as_str(), resource.name(), origins.clone())).collect();
    Ok(sources.and(compute_mutations(&old, &new, index)).with_origins(named))
}

/// What a function changed in each resource, as the answer to its invocation says it; empty when it
/// changed nothing at all.
pub(crate) fn mutations(old: &str, new: &str) -> Result<Vec<ResourceMutation>, ConfigurationError> {
    let mutations = compute_mutations(&Version::read(old)?, &Version::read(new)?, 0);
    let none = |mutation: &ResourceMutation| mutation.resource_mutation_info.mutation_type == MutationType::None;
    Ok(if mutations.iter().all(none) { Vec::new() } else { mutations })
}

fn change(before: (&str, &Resource), after: (&str, &Resource), index: i64) -> ResourceMutation {
    let mut comparison = Comparison { old: before.0, new: after.0, index, paths: BTreeMap::new() };
    comparison.compare("", &before.1.root, &after.1.root);
    let paths = comparison.paths;
    let mutation_type = if paths.is_empty() { MutationType::None } else { MutationType::Update };
    let mut mutation = whole(after.1, mutation_type, index, String::new());
    mutation.path_mutation_map = paths;
    mutation.aliases = Aliases::of([before.1.scoped_name(), after.1.scoped_name()]);
    mutation.aliases_without_scopes = Aliases::of([before.1.name().to_owned(), after.1.name().to_owned()]);
    mutation
}

/// A mutation of a resource as a whole.
fn whole(resource: &Resource, mutation_type: MutationType, index: i64, value: String) -> ResourceMutation {
    ResourceMutation {
        resource: info(resource),
        resource_mutation_info: MutationInfo::new(mutation_type, index, value),
        path_mutation_map: BTreeMap::new(),
        aliases: Aliases::of([resource.scoped_name()]),
        aliases_without_scopes: Aliases::of([resource.name().to_owned()]),
        origins: None,
    }
}

/// Who a resource is.
pub(super) fn info(resource: &Resource) -> ResourceInfo {
    ResourceInfo {
        resource_name: resource.scoped_name(),
        resource_name_without_scope: resource.name().to_owned(),
        resource_type: resource.resource_type(),
        resource_category: "Resource".to_owned(),
    }
}

/// A comparison of two versions of a resource, on its way.
struct Comparison<'a> {
    old: &'a str,
    new: &'a str,
    index: i64,
    paths: BTreeMap<String, MutationInfo>,
}

impl Comparison<'_> {
    fn compare(&mut self, path: &str, old: &Node, new: &Node) {
        match (&old.kind, &new.kind) {
            (NodeKind::Mapping { entries: former, .. }, NodeKind::Mapping { entries, .. })
                if !former.is_empty() || entries.is_empty() =>
            {
                for entry in entries {
                    let place = join(path, &entry.key);
                    match old.get(&entry.key) {
                        Some(former) => self.compare(&place, former, &entry.value),
                        None => self.note(place, MutationType::Add, &entry.value),
                    }
                }
                for entry in former.iter().filter(|entry| new.get(&entry.key).is_none()) {
                    self.note(join(path, &entry.key), MutationType::Delete, &entry.value);
                }
            }
            (NodeKind::Sequence { items: former, .. }, NodeKind::Sequence { items, .. }) => {
                for (place, item) in items.iter().enumerate() {
                    let path = join(path, &place.to_string());
                    match former.get(place) {
                        Some(former) => self.compare(&path, former, item),
                        None => self.note(path, MutationType::Add, item),
                    }
                }
                for (place, item) in former.iter().enumerate().skip(items.len()) {
                    self.note(join(path, &place.to_string()), MutationType::Delete, item);
                }
            }
            (NodeKind::Scalar(_), NodeKind::Scalar(_)) if same_written((self.old, old), (self.new, new)) => {}
            (NodeKind::Alias, NodeKind::Alias) => {}
            _ => self.note(path.to_owned(), MutationType::Update, new),
        }
    }

    fn note(&mut self, path: String, mutation_type: MutationType, node: &Node) {
        let text = if mutation_type == MutationType::Delete { self.old } else { self.new };
        self.paths.insert(path, MutationInfo::new(mutation_type, self.index, yaml(text, node)));
    }
}

/// Whether two scalars are written the same way: quotes and the comment behind them count too.
pub(super) fn same_written(one: (&str, &Node), other: (&str, &Node)) -> bool {
    one.0[one.1.span.clone()] == other.0[other.1.span.clone()] && same_comment(one, other)
}

/// Whether two values have the same comment behind them.
pub(super) fn same_comment(one: (&str, &Node), other: (&str, &Node)) -> bool {
    comment_after(one.0, one.1.span.end) == comment_after(other.0, other.1.span.end)
}

/// The path of a key or item; dots in keys become `~1`.
pub(super) fn join(path: &str, key: &str) -> String {
    let key = key.replace('.', "~1");
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// A part of a text as YAML of its own, as the real executor writes it.
fn yaml(text: &str, node: &Node) -> String {
    let own = &text[node.span.clone()];
    match &node.kind {
        NodeKind::Scalar(Scalar::Null) if own.trim().is_empty() => "\n".to_owned(),
        NodeKind::Scalar(_) if own.starts_with(['|', '>']) => {
            let lines = unindented(own, indentation_after_first_line(own));
            format!("{}\n", lines.replace('\n', "\n  "))
        }
        NodeKind::Scalar(_) | NodeKind::Alias => {
            let lines = unindented(own, indentation_after_first_line(own));
            format!("{lines}{}\n", comment_after(text, node.span.end))
        }
        NodeKind::Sequence { items, flow: false } => {
            // A list may begin with the content of its first item.
            let start = items.first().map_or(node.span.start, |first| dash_before(text, first.start()));
            let column = text[line_start(text, start)..start].chars().count();
            collection(text, start..node.span.end, column)
        }
        _ => collection(text, node.span.clone(), node.column),
    }
}

fn collection(text: &str, range: Range<usize>, column: usize) -> String {
    let comment = comment_after(text, range.end);
    format!("{}{comment}\n", unindented(&text[range], column).trim_end())
}

/// The comment on the line of a value, with one blank before it.
fn comment_after(text: &str, end: usize) -> String {
    comment_begins(text, end).map_or_else(String::new, |start| {
        let comment = text[start..].lines().next().unwrap_or_default();
        format!(" {}", comment.trim_end())
    })
}

/// Where the comment on the line of a value begins. Looks no further than it has to: lines can be long.
pub(super) fn comment_begins(text: &str, end: usize) -> Option<usize> {
    let rest = &text[end..];
    let comment = rest.trim_start_matches([' ', '\t']);
    (comment.len() < rest.len() && comment.starts_with('#')).then_some(text.len() - comment.len())
}

fn indentation_after_first_line(text: &str) -> usize {
    let indented = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    indented.map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0)
}

/// Lines with so many blanks less at their beginnings; the first line has none there.
fn unindented(text: &str, columns: usize) -> String {
    let mut lines = text.split('\n');
    let mut all = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        all.push('\n');
        all.push_str(&line[blanks.min(columns)..]);
    }
    all
}
