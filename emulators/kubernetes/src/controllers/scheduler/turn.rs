//! One Pod's turn: a node for it, room made for it, or a reason why not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::failure::unavailable;
use super::filter::{Cycle, Obstacle, Plugin, named_nodes};
use super::nodes::PodInfo;
use super::preemption::{self, Preemption};
use super::{NAME, Scheduler, is_waiting, score};
use crate::api::status::ApiError;
use crate::controllers::pod_control::set_condition;
use crate::controllers::{Context, volume_binding};
use crate::store::object::{self, list, remove, set, text};
use crate::store::{Key, Stored};

/// What comes of a turn.
enum Decision {
    Bound(String),
    /// No node; the reason, what kept the Pod off, and the node that is nominated for it (`None`: as before).
    Failed {
        message: String,
        kept_off_by: BTreeSet<Plugin>,
        nominated: Option<String>,
    },
    /// Its volumes are still to be made.
    WaitsForVolumes,
}

/// Schedules the Pod, if it is still to be scheduled.
pub(super) fn take(context: &Context, scheduler: &mut Scheduler, key: &Key) -> Result<(), ApiError> {
    let Some(stored) = context.store.at(key).filter(|pod| is_waiting(&pod.object)) else { return Ok(()) };
    let pod = Arc::new(PodInfo::new(&stored.object));
    match decide(context, scheduler, &pod, &stored)? {
        Decision::Bound(node) => bind(context, scheduler, key, &node, &stored),
        Decision::WaitsForVolumes => {
            scheduler.queue.wait(&pod, BTreeSet::from([Plugin::Volume]));
            Ok(())
        }
        Decision::Failed { message, kept_off_by, nominated } => {
            scheduler.queue.wait(&pod, kept_off_by);
            if let Some(node) = &nominated {
                scheduler.queue.nominate(&pod, node);
            }
            fail(context, key, &stored, &message, nominated.as_deref())
        }
    }
}

fn decide(
    context: &Context,
    scheduler: &mut Scheduler,
    pod: &Arc<PodInfo>,
    stored: &Stored,
) -> Result<Decision, ApiError> {
    let total = scheduler.nodes.iter().count();
    let refused = |message: String, plugin: Plugin| Decision::Failed {
        message,
        kept_off_by: BTreeSet::from([plugin]),
        nominated: Some(String::new()),
    };
    if total == 0 {
        return Ok(refused("no nodes available to schedule pods".to_owned(), Plugin::Node));
    }
    // No node is looked at then, so none can be made free either.
    let early = |reason: &str| format!("0/{total} nodes are available: {reason}. not found");
    let named = named_nodes(&pod.object);
    if named.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(refused(early("pod affinity terms conflict"), Plugin::Node));
    }
    let claims = match volume_binding::delayed(context, &pod.object) {
        Ok(claims) => claims,
        Err(reason) => return Ok(refused(early(&reason), Plugin::Volume)),
    };
    let cycle = Cycle::new(context, pod, &claims, &scheduler.nodes);
    match look_for_node(&cycle, scheduler, named.as_ref()) {
        Ok(node) => {
            let bound = volume_binding::bind(context, NAME, &claims, &node)?;
            Ok(if bound { Decision::Bound(node) } else { Decision::WaitsForVolumes })
        }
        Err(obstacles) => {
            let preemption = preemption::find(&cycle, &scheduler.nodes, &scheduler.queue, &obstacles);
            make_room(context, scheduler, pod, stored, &obstacles, preemption)
        }
    }
}

/// The node for the Pod, or what keeps it off each of them.
fn look_for_node(
    cycle: &Cycle,
    scheduler: &Scheduler,
    named: Option<&BTreeSet<&str>>,
) -> Result<String, BTreeMap<String, Obstacle>> {
    let look = |name: &str| {
        let node = scheduler.nodes.get(name)?;
        Some((node, cycle.obstacle_beside(node, &scheduler.queue.expected_on(name, &cycle.pod))))
    };
    // Room has been made there, so that no other is looked at first.
    if let Some((node, None)) = look(text(&cycle.pod.object, "/status/nominatedNodeName")) {
        return Ok(node.name().to_owned());
    }
    let mut feasible = Vec::new();
    let mut obstacles = BTreeMap::new();
    for node in scheduler.nodes.iter() {
        let name = node.name();
        let obstacle = if named.is_some_and(|named| !named.contains(name)) {
            Some(Obstacle::unresolvable(Plugin::Node, "node(s) didn't satisfy plugin(s) [NodeAffinity]"))
        } else {
            look(name).and_then(|(_, obstacle)| obstacle)
        };
        match obstacle {
            None => feasible.push(node),
            Some(obstacle) => drop(obstacles.insert(name.to_owned(), obstacle)),
        }
    }
    score::best(cycle, &scheduler.nodes, &feasible).map(|node| node.name().to_owned()).ok_or(obstacles)
}

/// Lets Pods go that are in the way, where that helps.
fn make_room(
    context: &Context,
    scheduler: &mut Scheduler,
    pod: &Arc<PodInfo>,
    stored: &Stored,
    obstacles: &BTreeMap<String, Obstacle>,
    preemption: Preemption,
) -> Result<Decision, ApiError> {
    let reasons: Vec<String> = obstacles.values().flat_map(|obstacle| obstacle.reasons.clone()).collect();
    let mut message = unavailable(scheduler.nodes.iter().count(), &reasons);
    let nominated = match preemption {
        Preemption::None { reason, keeps_nomination } => {
            message = format!("{message} no new claims to deallocate, preemption: {reason}");
            (!keeps_nomination).then(String::new)
        }
        Preemption::Victims { node, victims } => {
            for other in scheduler.queue.outranked_on(&node, pod) {
                context.update(NAME, &other.key, &stored.cause, |pod| {
                    drop(remove(pod, &["status", "nominatedNodeName"]));
                })?;
                scheduler.queue.nominate(&other, "");
                scheduler.queue.activate(&other.key, other.priority);
            }
            for victim in &victims {
                evict(context, pod, stored, victim, &node)?;
            }
            Some(node)
        }
    };
    let kept_off_by = obstacles.values().map(|obstacle| obstacle.plugin).collect();
    Ok(Decision::Failed { message, kept_off_by, nominated })
}

/// Deletes a Pod of lower priority, and says why in a condition and an Event.
fn evict(context: &Context, pod: &PodInfo, stored: &Stored, victim: &PodInfo, node: &str) -> Result<(), ApiError> {
    let Some(found) = context.store.at(&victim.key) else { return Ok(()) };
    let now = object::time(context.now());
    let message = format!("{NAME}: preempting to accommodate a higher priority pod");
    context.update(NAME, &victim.key, &stored.cause, |victim| {
        let generation = victim["metadata"]["generation"].clone();
        put_condition(
            victim,
            json!({
                "type": "DisruptionTarget", "status": "True", "observedGeneration": generation,
                "reason": "PreemptionByScheduler", "message": message, "lastProbeTime": null, "lastTransitionTime": now,
            }),
        );
    })?;
    context.delete(NAME, &victim.key, &stored.cause)?;
    let message = format!("Preempted by pod {} on node {node}", object::uid(&pod.object));
    context.event(NAME, &found, "Normal", "Preempted", &message);
    Ok(())
}

fn bind(context: &Context, scheduler: &mut Scheduler, key: &Key, node: &str, stored: &Stored) -> Result<(), ApiError> {
    let now = object::time(context.now());
    let bound = context.update(NAME, key, &stored.cause, |pod| {
        set(pod, &["spec", "nodeName"], node);
        put_condition(
            pod,
            json!({
                "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now,
            }),
        );
    })?;
    scheduler.queue.forget(key);
    scheduler.nodes.place(&Arc::new(PodInfo::new(&bound)));
    scheduler.queue.wake(&[Plugin::Spread, Plugin::Affinity]);
    let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
    context.event(NAME, stored, "Normal", "Scheduled", &message);
    Ok(())
}

fn fail(context: &Context, key: &Key, stored: &Stored, message: &str, nominated: Option<&str>) -> Result<(), ApiError> {
    let now = object::time(context.now());
    context.update(NAME, key, &stored.cause, |pod| {
        let generation = pod["metadata"]["generation"].clone();
        put_condition(
            pod,
            json!({
                "type": "PodScheduled", "status": "False", "observedGeneration": generation,
                "reason": "Unschedulable", "message": message, "lastProbeTime": null, "lastTransitionTime": now,
            }),
        );
        match nominated {
            None => {}
            Some("") => drop(remove(pod, &["status", "nominatedNodeName"])),
            Some(node) => set(pod, &["status", "nominatedNodeName"], node),
        }
    })?;
    let told = list(&stored.object, "/status/conditions").iter().any(|one| one["message"] == *message);
    if !told {
        context.event(NAME, stored, "Warning", "FailedScheduling", message);
    }
    Ok(())
}

fn put_condition(pod: &mut Value, condition: Value) {
    let mut conditions = list(pod, "/status/conditions").to_vec();
    set_condition(&mut conditions, condition);
    set(pod, &["status", "conditions"], conditions);
}
