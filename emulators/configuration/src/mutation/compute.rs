//! Finding out what changed, as the real executor does.
#![expect(clippy::zero_sized_map_values, reason = "names are the keys of empty objects in the API")]

use std::collections::BTreeMap;

use super::list::{MutationInfo, MutationType, Names, Nothing, ResourceMutation};
use crate::resource::ResourceInfo;
use crate::yaml::{self, Document, Kind, Node, escaped, node_text};

/// The mutations that made `modified` of `previous`, in the order of the resources in `modified`, and then
/// those of resources that are gone.
///
/// # Errors
///
/// The executor's text when a document is no resource.
pub fn compute_mutations(
    previous: &[Document],
    modified: &[Document],
    index: i64,
) -> Result<Vec<ResourceMutation>, String> {
    let mut mutations = Vec::new();
    let formers: Vec<Result<ResourceInfo, String>> = previous.iter().map(ResourceInfo::of).collect();
    let mut matched = vec![false; previous.len()];
    let mut first_unmatched = 0;
    let lines = yaml::text(modified).matches('\n').count();
    for document in modified {
        let resource = ResourceInfo::of(document)?;
        match counterpart(&resource, document, (previous, &formers), first_unmatched, lines, index)? {
            None => mutations.push(whole(resource, MutationType::Add, index, document.text())),
            Some((place, paths, former)) => {
                let kind = if paths.is_empty() { MutationType::None } else { MutationType::Update };
                let mut mutation = whole(resource, kind, index, String::new());
                mutation.path_mutation_map = paths;
                mutation.aliases.insert(former.resource_name, Nothing {});
                mutation.aliases_without_scopes.insert(former.resource_name_without_scope, Nothing {});
                mutations.push(mutation);
                matched[place] = true;
                while matched.get(first_unmatched) == Some(&true) {
                    first_unmatched += 1;
                }
            }
        }
    }
    for (place, document) in previous.iter().enumerate().skip(first_unmatched) {
        if !matched[place] {
            mutations.push(whole(ResourceInfo::of(document)?, MutationType::Delete, index, document.text()));
        }
    }
    Ok(mutations)
}

type Paths = BTreeMap<String, MutationInfo>;

/// The resource that this one was before: that of the same name or else the most similar one.
fn counterpart(
    resource: &ResourceInfo,
    document: &Document,
    (previous, formers): (&[Document], &[Result<ResourceInfo, String>]),
    from: usize,
    lines: usize,
    index: i64,
) -> Result<Option<(usize, Paths, ResourceInfo)>, String> {
    let paths_to = |place: usize| {
        let mut paths = Paths::new();
        compare(&previous[place].root, &document.root, "", index, &mut paths);
        paths
    };
    let mut candidates = Vec::new();
    for (place, former) in formers.iter().enumerate().skip(from) {
        let former = former.as_ref().map_err(Clone::clone)?;
        if !are_similar(&former.resource_type, &resource.resource_type) {
            continue;
        }
        let same_name = former.resource_name == resource.resource_name
            || former.resource_name_without_scope == resource.resource_name_without_scope;
        if same_name {
            return Ok(Some((place, paths_to(place), former.clone())));
        }
        candidates.push((place, former));
    }
    let mut best: Option<(usize, Paths, ResourceInfo)> = None;
    for (place, former) in candidates {
        let paths = paths_to(place);
        if best.as_ref().is_none_or(|(_, fewest, _)| paths.len() < fewest.len()) {
            best = Some((place, paths, former.clone()));
        }
    }
    // With more differences than there are lines, it is another resource.
    Ok(best.filter(|(_, paths, _)| paths.len() <= lines))
}

fn whole(resource: ResourceInfo, mutation_type: MutationType, index: i64, value: String) -> ResourceMutation {
    ResourceMutation {
        resource_mutation_info: MutationInfo { mutation_type, index, predicate: true, value },
        path_mutation_map: Paths::new(),
        aliases: Names::from([(resource.resource_name.clone(), Nothing {})]),
        aliases_without_scopes: Names::from([(resource.resource_name_without_scope.clone(), Nothing {})]),
        resource,
    }
}

/// Whether a resource of one type may become one of the other.
fn are_similar(one: &str, other: &str) -> bool {
    const GROUPS: [&[&str]; 4] = [
        &[
            "apps/v1/Deployment",
            "apps/v1/ReplicaSet",
            "apps/v1/DaemonSet",
            "apps/v1/StatefulSet",
            "batch/v1/Job",
            "batch/v1/CronJob",
        ],
        &["v1/ConfigMap", "v1/Secret"],
        &["rbac.authorization.k8s.io/v1/Role", "rbac.authorization.k8s.io/v1/ClusterRole"],
        &["rbac.authorization.k8s.io/v1/RoleBinding", "rbac.authorization.k8s.io/v1/ClusterRoleBinding"],
    ];
    let kind = |of: &str| of.rsplit('/').next().map(str::to_owned);
    one == other
        || kind(one) == kind(other)
        || GROUPS.iter().any(|group| group.contains(&one) && group.contains(&other))
}

/// Keys and values; of a key that is repeated, the last counts.
fn entries(node: &Node) -> BTreeMap<&str, &Node> {
    node.entries().filter(|(key, _)| key.kind == Kind::Scalar).map(|(key, value)| (key.value.as_str(), value)).collect()
}

fn compare(old: &Node, new: &Node, path: &str, index: i64, found: &mut Paths) {
    let info =
        |mutation_type, node: &Node| MutationInfo { mutation_type, index, predicate: true, value: node_text(node) };
    match new.kind {
        Kind::Mapping => compare_entries(old, new, path, index, found),
        // What was no collection counts as an empty one.
        Kind::Sequence if new.content.is_empty() && old.content.is_empty() => {}
        Kind::Sequence if !old.is_sequence() => {
            found.insert(path.to_owned(), info(MutationType::Update, new));
        }
        Kind::Sequence => compare_items(old, new, path, index, found),
        Kind::Scalar | Kind::Alias => {
            if node_text(old) != node_text(new) {
                found.insert(path.to_owned(), info(MutationType::Update, new));
            }
        }
    }
}

fn compare_entries(old: &Node, new: &Node, path: &str, index: i64, found: &mut Paths) {
    let info =
        |mutation_type, node: &Node| MutationInfo { mutation_type, index, predicate: true, value: node_text(node) };
    let below = |key: &str| if path.is_empty() { escaped(key) } else { format!("{path}.{}", escaped(key)) };
    let (old_entries, new_entries) = (entries(old), entries(new));
    if old_entries.is_empty() {
        // Two empty collections do not differ, of whatever kind.
        if !new_entries.is_empty() || !old.content.is_empty() {
            found.insert(path.to_owned(), info(MutationType::Update, new));
        }
        return;
    }
    for (key, child) in old_entries.iter().filter(|(key, _)| !new_entries.contains_key(*key)) {
        found.insert(below(key), info(MutationType::Delete, child));
    }
    for (key, child) in new_entries {
        match old_entries.get(key) {
            Some(former) => compare(former, child, &below(key), index, found),
            None => {
                found.insert(below(key), info(MutationType::Add, child));
            }
        }
    }
}

fn compare_items(old: &Node, new: &Node, path: &str, index: i64, found: &mut Paths) {
    let info =
        |mutation_type, node: &Node| MutationInfo { mutation_type, index, predicate: true, value: node_text(node) };
    for (place, item) in new.items().iter().enumerate() {
        let path = format!("{path}.{place}");
        match old.items().get(place) {
            Some(former) => compare(former, item, &path, index, found),
            None => {
                found.insert(path, info(MutationType::Add, item));
            }
        }
    }
    for (place, item) in old.items().iter().enumerate().skip(new.items().len()) {
        found.insert(format!("{path}.{place}"), info(MutationType::Delete, item));
    }
}
