//! Which of the nodes that a Pod can run on it gets.
//!
//! Plug-ins and weights are those of the default profile of Kubernetes 1.34. `ImageLocality` is none of
//! them here: simulated nodes share their images, so that it could tell no two apart.

use serde_json::Value;

use super::filter::Cycle;
use super::nodes::{NodeInfo, Nodes, PodInfo};
use super::{affinity, spread};
use crate::controllers::placement;
use crate::store::object::{integer, list, text};

/// The best node; between equals the seed decides.
pub(super) fn best<'n>(cycle: &Cycle, nodes: &Nodes, feasible: &[&'n NodeInfo]) -> Option<&'n NodeInfo> {
    if let [only] = feasible {
        return Some(only);
    }
    let totals = totals(cycle, nodes, feasible);
    let most = totals.iter().max()?;
    let equals: Vec<_> = feasible.iter().zip(&totals).filter(|(_, total)| *total == most).collect();
    let drawn = match equals.len() {
        1 => 0,
        count => cycle.context.store.simulation.seed.number("scheduler", 0..=u64::try_from(count - 1).unwrap_or(0)),
    };
    equals.get(usize::try_from(drawn).unwrap_or(0)).map(|(node, _)| **node)
}

fn totals(cycle: &Cycle, nodes: &Nodes, feasible: &[&NodeInfo]) -> Vec<i64> {
    let (pod, store) = (&*cycle.pod, &cycle.context.store);
    let of_each =
        |score: fn(&PodInfo, &NodeInfo) -> i64| feasible.iter().map(|node| score(pod, node)).collect::<Vec<_>>();
    let weighted = [
        (3, Some(normalised(of_each(untolerated), true))),
        (2, Some(normalised(of_each(preferred), false))),
        (2, spread::scores(pod, nodes, feasible, store)),
        (2, affinity::scores(pod, nodes, feasible, store)),
        (1, Some(of_each(free))),
        (1, Some(of_each(balance))),
    ];
    let mut totals = vec![0; feasible.len()];
    for (weight, scores) in weighted {
        for (total, score) in totals.iter_mut().zip(scores.into_iter().flatten()) {
            *total += weight * score;
        }
    }
    totals
}

/// Brought to 0 to 100 by the largest; `reverse` makes the smallest the best.
fn normalised(scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let most = scores.iter().max().copied().unwrap_or(0);
    let of = |score: i64| if most == 0 { 0 } else { 100 * score / most };
    scores.into_iter().map(|score| if reverse { 100 - of(score) } else { of(score) }).collect()
}

/// `TaintToleration`: how many taints would rather not have the Pod.
fn untolerated(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let taints = list(&node.object, "/spec/taints").iter();
    let counted =
        taints.filter(|taint| text(taint, "/effect") == "PreferNoSchedule" && placement::repels(taint, &pod.object));
    i64::try_from(counted.count()).unwrap_or(i64::MAX)
}

/// `NodeAffinity`: the weights of the preferences that the node meets.
fn preferred(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let pointer = "/spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution";
    let met = |one: &&Value| placement::term_matches(&one["preference"], &node.object);
    list(&pod.object, pointer).iter().filter(met).filter_map(|one| integer(one, "/weight")).sum()
}

const COMPARED: [&str; 2] = ["cpu", "memory"];

/// `NodeResourcesFit` (`LeastAllocated`): how much of the node would be free.
fn free(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let (mut sum, mut count) = (0, 0);
    for resource in COMPARED {
        let all = node.allocatable.get(resource);
        if all > 0 {
            let used = node.compared.get(resource) + pod.compared.get(resource);
            sum += (all - used).max(0) * 100 / all;
            count += 1;
        }
    }
    if count == 0 { 0 } else { i64::try_from(sum / count).unwrap_or(i64::MAX) }
}

/// `NodeResourcesBalancedAllocation`: how evenly CPU and memory would be used.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a ratio of amounts, from 0 to 100")]
fn balance(pod: &PodInfo, node: &NodeInfo) -> i64 {
    if COMPARED.iter().all(|resource| pod.requested.get(resource) == 0) {
        return 0;
    }
    let shares: Vec<f64> = COMPARED
        .iter()
        .filter(|resource| node.allocatable.get(resource) > 0)
        .map(|resource| {
            let used = node.requested.get(resource) + pod.requested.get(resource);
            (used as f64 / node.allocatable.get(resource) as f64).min(1.0)
        })
        .collect();
    let deviation = if let [one, other] = shares.as_slice() { (one - other).abs() / 2.0 } else { 0.0 };
    ((1.0 - deviation) * 100.0) as i64
}
