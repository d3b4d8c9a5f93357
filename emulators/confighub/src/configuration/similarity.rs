//! How much two parts of configuration data have in common, and which resource is which.

use std::collections::BTreeMap;

use super::changes::same_written;
use super::difference::leaves;
use super::resource::Resource;
use super::tree::{Node, NodeKind};

/// Kinds of the same structure, among which a resource that changes its kind stays itself; those of the
/// real executor.
const ALIKE: [&[&str]; 4] = [
    &["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"],
    &["ConfigMap", "Secret"],
    &["ClusterRole", "Role"],
    &["ClusterRoleBinding", "RoleBinding"],
];

/// Two resources or list items with less in common than not are different ones.
const SAME_BELOW: f64 = 0.5;

/// Beyond so many pairs renames are not looked for.
const PAIR_LIMIT: usize = 2500;

/// Whether two nodes have the same value, whatever their style, comments and order of keys.
pub(super) fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (NodeKind::Scalar(one), NodeKind::Scalar(other)) => one == other,
        (NodeKind::Mapping { entries: some, .. }, NodeKind::Mapping { entries: others, .. }) => {
            some.len() == others.len()
                && some.iter().all(|entry| other.get(&entry.key).is_some_and(|value| same(&entry.value, value)))
        }
        (NodeKind::Sequence { items: some, .. }, NodeKind::Sequence { items: others, .. }) => {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (NodeKind::Alias, NodeKind::Alias) => true,
        _ => false,
    }
}

/// Whether two nodes of these texts, either of which may be absent, are the same with all comments and quotes.
pub(super) fn identical(one: (&str, Option<&Node>), other: (&str, Option<&Node>)) -> bool {
    let (Some(node), Some(counterpart)) = (one.1, other.1) else { return one.1.is_none() && other.1.is_none() };
    let within = |inner, outer| identical((one.0, Some(inner)), (other.0, Some(outer)));
    match (&node.kind, &counterpart.kind) {
        (NodeKind::Scalar(some), NodeKind::Scalar(others)) => {
            some == others && same_written((one.0, node), (other.0, counterpart))
        }
        (NodeKind::Mapping { entries: some, .. }, NodeKind::Mapping { entries: others, .. }) => {
            some.len() == others.len()
                && some.iter().all(|entry| counterpart.get(&entry.key).is_some_and(|value| within(&entry.value, value)))
        }
        (NodeKind::Sequence { items: some, .. }, NodeKind::Sequence { items: others, .. }) => {
            some.len() == others.len() && some.iter().zip(others).all(|(item, other)| within(item, other))
        }
        _ => same(node, counterpart),
    }
}

/// The share of what could differ between two nodes that does: 0 for the same, 1 for nothing in common.
fn difference_share(one: &Node, other: &Node) -> f64 {
    let (one, other) = (leaves(one), leaves(other));
    let changed = one.iter().filter(|(path, value)| other.get(*path) != Some(value)).count()
        + other.keys().filter(|path| !one.contains_key(*path)).count();
    let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    share(changed) / share((one.len() + other.len()).max(1))
}

/// Pairs of an index of `some` and one of `others`, best first, each index at most once.
pub(super) fn similar_pairs(some: &[(usize, &Node)], others: &[(usize, &Node)]) -> Vec<(usize, usize)> {
    if some.len() * others.len() > PAIR_LIMIT {
        return Vec::new();
    }
    let pairs = some.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
    let mut scored: Vec<(f64, usize, usize)> =
        pairs.map(|(one, other)| (difference_share(one.1, other.1), one.0, other.0)).collect();
    scored.retain(|(score, ..)| *score < SAME_BELOW);
    scored.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2)));
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for (_, one, other) in scored {
        if taken.iter().all(|pair| pair.0 != one && pair.1 != other) {
            taken.push((one, other));
        }
    }
    taken
}

/// For each resource of `after` the place in `before` of what it was: the one of the same name, whatever
/// its namespace; else one that had any of its `aliases`; else the most similar one that is left.
pub(super) fn counterparts(
    before: &[Resource],
    after: &[Resource],
    aliases: impl Fn(&Resource) -> Vec<String>,
) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; after.len()];
    let mut free = vec![true; before.len()];
    let mut pass = |is: &dyn Fn(&Resource, &Resource) -> bool| {
        for (resource, found) in after.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = (0..before.len()).find(|place| free[*place] && is(&before[*place], resource));
            if let Some(place) = *found {
                free[place] = false;
            }
        }
    };
    let same_type = |one: &Resource, other: &Resource| one.resource_type() == other.resource_type();
    let alike = |one: &Resource, other: &Resource| family(one) == family(other);
    pass(&|one, other| same_type(one, other) && one.scoped_name() == other.scoped_name());
    pass(&|one, other| same_type(one, other) && one.name() == other.name());
    pass(&|one, other| alike(one, other) && one.name() == other.name());
    pass(&|one, other| alike(one, other) && aliases(other).iter().any(|alias| alias == one.name()));
    let mut left: BTreeMap<String, [Vec<(usize, &Node)>; 2]> = BTreeMap::new();
    for (place, resource) in before.iter().enumerate().filter(|(place, _)| free[*place]) {
        left.entry(family(resource)).or_default()[0].push((place, &resource.root));
    }
    for (place, resource) in after.iter().enumerate().filter(|(place, _)| found[*place].is_none()) {
        left.entry(family(resource)).or_default()[1].push((place, &resource.root));
    }
    for [old, new] in left.values() {
        for (old, new) in similar_pairs(old, new) {
            found[new] = Some(old);
        }
    }
    found
}

/// What a resource may change its type within: its kind, or the kinds like it.
fn family(resource: &Resource) -> String {
    let kind = resource.kind();
    ALIKE.iter().find(|kinds| kinds.contains(&kind)).map_or_else(|| kind.to_owned(), |kinds| kinds.join(" "))
}
