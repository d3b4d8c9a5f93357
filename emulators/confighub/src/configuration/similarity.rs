//! How much two parts of configuration data have in common.

use super::changes::same_written;
use super::difference::{Leaves, leaves};
use super::tree::{Node, NodeKind};

/// Two resources or list items with less in common than not are different ones.
const SAME_BELOW: f64 = 0.5;

/// Beyond so many pairs, or so many comparisons of values, renames are not looked for.
const PAIR_LIMIT: usize = 2500;
const COMPARISON_LIMIT: usize = 500_000;

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
fn difference_share(one: &Leaves, other: &Leaves) -> f64 {
    let changed = one.iter().filter(|(path, value)| other.get(*path) != Some(value)).count()
        + other.keys().filter(|path| !one.contains_key(*path)).count();
    let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    share(changed) / share((one.len() + other.len()).max(1))
}

/// Pairs of an index of `some` and one of `others`, best first, each index at most once.
pub(super) fn similar_pairs(some: &[(usize, &Node)], others: &[(usize, &Node)]) -> Vec<(usize, usize)> {
    let nodes = |all: &[(usize, &Node)]| all.iter().map(|(_, node)| node.count()).sum::<usize>();
    if some.len() * others.len() > PAIR_LIMIT
        || nodes(some) * others.len() + nodes(others) * some.len() > COMPARISON_LIMIT
    {
        return Vec::new();
    }
    let with_leaves = |all: &[(usize, &Node)]| -> Vec<(usize, Leaves)> {
        all.iter().map(|(place, node)| (*place, leaves(node))).collect()
    };
    let (some, others) = (with_leaves(some), with_leaves(others));
    let pairs = some.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
    let mut scored: Vec<(f64, usize, usize)> =
        pairs.map(|(one, other)| (difference_share(&one.1, &other.1), one.0, other.0)).collect();
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
