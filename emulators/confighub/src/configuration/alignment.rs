//! Which item of a list is which in another version of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::similarity::{same, similar_pairs};
use super::tree::{Node, NodeKind};

/// What tells the items of Kubernetes' lists apart, by priority.
const KEYS: [&str; 8] = ["name", "containerPort", "port", "mountPath", "devicePath", "key", "ip", "topologyKey"];

/// Lists without a key that take more comparisons of values than this are told apart by their index.
const COMPARISON_LIMIT: usize = 1_000_000;

/// For each item of `after` its place in `before`, each of which is given at most once.
pub(super) fn align(before: &[Node], after: &[Node]) -> Vec<Option<usize>> {
    let key = key(before, after);
    let mut found = match key {
        Some(key) => {
            let places: HashMap<String, usize> =
                before.iter().enumerate().filter_map(|(place, item)| Some((value(item, key)?, place))).collect();
            after.iter().map(|item| places.get(&value(item, key)?).copied()).collect()
        }
        None => common(before, after),
    };
    pair_up(before, after, key == Some("name"), &mut found);
    found
}

/// What a removed item is remembered by: `?key=value` by the first key that it has, or `?=value`.
pub(super) fn item_name(item: &Node) -> Option<String> {
    match &item.kind {
        NodeKind::Scalar(scalar) => Some(format!("?={}", scalar.plain_text())),
        _ => KEYS.into_iter().find_map(|key| Some(format!("?{key}={}", value(item, key)?))),
    }
}

/// Whether the items that are in both stand in the same order in both.
pub(super) fn in_order(alignment: &[Option<usize>]) -> bool {
    let places: Vec<usize> = alignment.iter().flatten().copied().collect();
    places.is_sorted()
}

/// The key by which all items of both lists can be told apart.
fn key(before: &[Node], after: &[Node]) -> Option<&'static str> {
    KEYS.into_iter().find(|key| tells_apart(before, key) && tells_apart(after, key))
}

fn tells_apart(items: &[Node], key: &str) -> bool {
    let mut seen = BTreeSet::new();
    items.iter().all(|item| value(item, key).is_some_and(|value| seen.insert(value)))
}

fn value(item: &Node, key: &str) -> Option<String> {
    match &item.get(key)?.kind {
        NodeKind::Scalar(scalar) => Some(scalar.plain_text()),
        _ => None,
    }
}

/// The longest common subsequence.
fn common(before: &[Node], after: &[Node]) -> Vec<Option<usize>> {
    let start = before.iter().zip(after).take_while(|(one, other)| same(one, other)).count();
    let mut found: Vec<Option<usize>> = (0..after.len()).map(|place| (place < start).then_some(place)).collect();
    let (before, rest) = (&before[start..], &after[start..]);
    if before.len() * rest.len() > COMPARISON_LIMIT || is_costly(before, rest) {
        return found;
    }
    // lengths[i][j]: that of what before[i..] and rest[j..] have in common.
    let mut lengths = vec![vec![0_usize; rest.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..rest.len()).rev() {
            lengths[i][j] = if same(&before[i], &rest[j]) {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < before.len() && j < rest.len() {
        if same(&before[i], &rest[j]) {
            found[start + j] = Some(start + i);
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

/// Whether it is too much to compare every item of one list with every item of the other.
fn is_costly(some: &[Node], others: &[Node]) -> bool {
    let nodes = |items: &[Node]| items.iter().map(Node::count).sum::<usize>();
    // Two items are compared as far as the smaller one goes.
    nodes(some).saturating_mul(others.len()).min(nodes(others).saturating_mul(some.len())) > COMPARISON_LIMIT
}

/// Pairs items that are left over on both sides: those that are similar or, unless names tell them
/// apart, one by one when they stand at the same places, as then they were changed and not exchanged.
fn pair_up(before: &[Node], after: &[Node], named: bool, found: &mut [Option<usize>]) {
    let taken: BTreeSet<usize> = found.iter().flatten().copied().collect();
    let old: Vec<usize> = (0..before.len()).filter(|place| !taken.contains(place)).collect();
    let new: Vec<usize> = (0..after.len()).filter(|place| found[*place].is_none()).collect();
    if old == new && !named {
        for place in new {
            found[place] = Some(place);
        }
        return;
    }
    let old: Vec<(usize, &Node)> = old.into_iter().map(|place| (place, &before[place])).collect();
    let new: Vec<(usize, &Node)> = new.into_iter().map(|place| (place, &after[place])).collect();
    for (old, new) in similar_pairs(&old, &new) {
        found[new] = Some(old);
    }
}

/// Items that both sides added: of `some` at these places, and of `others` at those.
pub(super) fn twins(
    some: &[Node],
    some_places: &[usize],
    others: &[Node],
    other_places: &[usize],
) -> Vec<(usize, usize)> {
    let Some(key) = key(some, others) else { return same_twins(some, some_places, others, other_places) };
    let places: HashMap<String, usize> =
        other_places.iter().filter_map(|other| Some((value(&others[*other], key)?, *other))).collect();
    some_places.iter().filter_map(|one| Some((*one, *places.get(&value(&some[*one], key)?)?))).collect()
}

/// The same of lists whose items have no key: those of the same value.
fn same_twins(some: &[Node], some_places: &[usize], others: &[Node], other_places: &[usize]) -> Vec<(usize, usize)> {
    let mut taken: HashSet<usize> = HashSet::new();
    let mut found = Vec::new();
    if some_places.len() * other_places.len() > COMPARISON_LIMIT || is_costly(some, others) {
        return found;
    }
    for one in some_places {
        let free = other_places.iter().copied().filter(|other| !taken.contains(other));
        if let Some(other) = free.into_iter().find(|other| same(&some[*one], &others[*other])) {
            taken.insert(other);
            found.push((*one, other));
        }
    }
    found
}
