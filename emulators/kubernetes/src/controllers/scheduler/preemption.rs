//! Preemption: Pods of lower priority go, so that one of higher priority finds a place (plug-in `DefaultPreemption`).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::failure::unavailable;
use super::filter::{Cycle, Obstacle, Plugin};
use super::nodes::{NodeInfo, Nodes, PodInfo};
use super::queue::Queue;
use crate::kinds::selector_matches;
use crate::store::Stored;
use crate::store::object::{self, integer, list, text};

/// What preemption can do for a Pod.
pub(super) enum Preemption {
    /// Nothing, for this reason. A node that was nominated stays so or not.
    None { reason: String, keeps_nomination: bool },
    /// These Pods are to leave this node.
    Victims { node: String, victims: Vec<Arc<PodInfo>> },
}

/// A node that could be made free.
struct Candidate<'a> {
    node: &'a NodeInfo,
    /// The most important first.
    victims: Vec<Arc<PodInfo>>,
    /// How many of them a disruption budget protects.
    violations: usize,
}

/// Looks for the node on which the fewest and least important Pods are in the way.
pub(super) fn find(cycle: &Cycle, nodes: &Nodes, queue: &Queue, obstacles: &BTreeMap<String, Obstacle>) -> Preemption {
    if let Some(reason) = not_eligible(&cycle.pod, nodes, obstacles) {
        return Preemption::None { reason: reason.to_owned(), keeps_nomination: true };
    }
    let (budgets, _) = cycle.context.store.list("poddisruptionbudgets.policy", None);
    let mut candidates = Vec::new();
    let mut refusals = Vec::new();
    for node in nodes.iter() {
        if !obstacles.get(node.name()).is_some_and(|obstacle| obstacle.is_pods) {
            continue;
        }
        match victims_on(cycle, node, queue, &budgets) {
            Ok(candidate) => candidates.push(candidate),
            Err(obstacle) => refusals.extend(obstacle.reasons),
        }
    }
    let total = nodes.iter().count();
    let Some(best) = candidates.into_iter().min_by_key(cost) else {
        let tried = obstacles.values().filter(|obstacle| obstacle.is_pods).count();
        refusals.extend(vec!["Preemption is not helpful for scheduling".to_owned(); total - tried]);
        let reason = unavailable(total, &refusals);
        return Preemption::None { reason, keeps_nomination: false };
    };
    Preemption::Victims { node: best.node.name().to_owned(), victims: best.victims }
}

/// Why the Pod may not preempt others now.
fn not_eligible(pod: &PodInfo, nodes: &Nodes, obstacles: &BTreeMap<String, Obstacle>) -> Option<&'static str> {
    if text(&pod.object, "/spec/preemptionPolicy") == "Never" {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let nominated = text(&pod.object, "/status/nominatedNodeName");
    if obstacles.get(nominated).is_some_and(|obstacle| !obstacle.is_pods) {
        return None;
    }
    let leaving = |other: &Arc<PodInfo>| other.priority < pod.priority && is_preempted(&other.object);
    let waits = nodes.get(nominated).is_some_and(|node| node.pods.values().any(leaving));
    waits.then_some("not eligible due to a terminating pod on the nominated node.")
}

fn is_preempted(pod: &Value) -> bool {
    let by_scheduler = |one: &Value| {
        one["type"] == "DisruptionTarget" && one["status"] == "True" && one["reason"] == "PreemptionByScheduler"
    };
    object::is_terminating(pod) && list(pod, "/status/conditions").iter().any(by_scheduler)
}

/// The Pods that must leave a node; as many as possible stay, those first that a budget protects.
fn victims_on<'a>(
    cycle: &Cycle,
    node: &'a NodeInfo,
    queue: &Queue,
    budgets: &[Stored],
) -> Result<Candidate<'a>, Obstacle> {
    let (mut cycle, mut rest) = (cycle.clone(), node.clone());
    let mut potential: Vec<_> = node.pods.values().filter(|one| one.priority < cycle.pod.priority).cloned().collect();
    if potential.is_empty() {
        return Err(Obstacle::new(Plugin::Resources, "No preemption victims found for incoming pod"));
    }
    for pod in &potential {
        cycle.remove(&mut rest, pod);
    }
    let expected = queue.expected_on(node.name(), &cycle.pod);
    if let Some(obstacle) = cycle.obstacle_beside(&rest, &expected) {
        return Err(obstacle);
    }
    potential.sort_by_key(|pod| importance(pod));
    let (protected, free) = by_protection(potential, budgets);
    let mut victims = Vec::new();
    let mut violations = 0;
    for (pod, is_protected) in
        protected.into_iter().map(|pod| (pod, true)).chain(free.into_iter().map(|pod| (pod, false)))
    {
        cycle.add(&mut rest, &pod);
        if cycle.obstacle_beside(&rest, &expected).is_some() {
            cycle.remove(&mut rest, &pod);
            violations += usize::from(is_protected);
            victims.push(pod);
        }
    }
    victims.sort_by_key(|pod| importance(pod));
    Ok(Candidate { node, victims, violations })
}

/// Higher priorities come first, then those that have run for longer.
fn importance(pod: &PodInfo) -> (Reverse<i64>, String, String) {
    let started = match text(&pod.object, "/status/startTime") {
        // What has not started is the least important.
        "" => "~".to_owned(),
        started => started.to_owned(),
    };
    (Reverse(pod.priority), started, pod.key.name.clone())
}

/// Those whose going would break a disruption budget, and the others.
fn by_protection(pods: Vec<Arc<PodInfo>>, budgets: &[Stored]) -> (Vec<Arc<PodInfo>>, Vec<Arc<PodInfo>>) {
    let mut allowed: Vec<i64> =
        budgets.iter().map(|one| integer(&one.object, "/status/disruptionsAllowed").unwrap_or(0)).collect();
    let mut is_protected = |pod: &Arc<PodInfo>| {
        let mut broken = false;
        for (budget, allowed) in budgets.iter().zip(&mut allowed) {
            let selector = &budget.object["spec"]["selector"];
            let labels = &pod.object["metadata"]["labels"];
            let covered = object::namespace(&budget.object) == pod.key.namespace
                && labels.as_object().is_some_and(|labels| !labels.is_empty())
                && selector_matches(selector, labels);
            if covered {
                *allowed -= 1;
                broken |= *allowed < 0;
            }
        }
        broken
    };
    pods.into_iter().partition(|pod| is_protected(pod))
}

/// The lowest is the best: budgets, the most important victim, all of their priorities, their number, how long
/// the most important one has run.
fn cost(candidate: &Candidate) -> (usize, i64, i64, usize, Reverse<String>) {
    // Added to every priority, so that fewer Pods of a negative one cost less.
    const SHIFT: i64 = 1 << 31;
    let highest = candidate.victims.first().map_or(0, |pod| pod.priority);
    let sum = candidate.victims.iter().map(|pod| pod.priority + SHIFT).sum();
    let earliest = candidate
        .victims
        .iter()
        .filter(|pod| pod.priority == highest)
        .map(|pod| text(&pod.object, "/status/startTime").to_owned())
        .min()
        .unwrap_or_default();
    (candidate.violations, highest, sum, candidate.victims.len(), Reverse(earliest))
}
