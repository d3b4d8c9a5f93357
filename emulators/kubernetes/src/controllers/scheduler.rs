//! The scheduler: binds Pods to the node, or says why not.

use std::cell::LazyCell;

use serde_json::{Value, json};
use stagegate_simulation::Origin;

use super::pod_control::set_condition;
use super::{Context, Outcome, placement, volume_binding};
use crate::api::status::ApiError;
use crate::kinds::quantity;
use crate::store::Key;
use crate::store::object::{self, list, text};

const NAME: &str = "default-scheduler";

/// Binds a Pod that has no node yet.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(pod) = context.store.at(key) else { return Ok(Outcome::Done) };
    let unbound = text(&pod.object, "/spec/nodeName").is_empty() && !object::is_terminating(&pod.object);
    if !unbound || text(&pod.object, "/spec/schedulerName") != NAME {
        return Ok(Outcome::Done);
    }
    let (nodes, _) = context.store.list("nodes", None);
    let mut reasons = Vec::new();
    let mut chosen = None;
    let claims = volume_binding::delayed(context, &pod.object);
    for node in nodes.iter().filter(|_| claims.is_ok()) {
        let lack = || claims.as_deref().ok().and_then(|claims| volume_binding::obstacle(context, claims));
        match obstacle(context, &pod.object, &node.object).or_else(lack) {
            None => chosen = chosen.or(Some(object::name(&node.object).to_owned())),
            Some(reason) => reasons.push(reason),
        }
    }
    let now = object::time(context.now());
    if let Some(node) = chosen {
        // The volumes that are still to be made wake the scheduler.
        if !volume_binding::bind(context, NAME, &claims.unwrap_or_default(), &node)? {
            return Ok(Outcome::Done);
        }
        bind(context, key, &node, &now, &pod.cause)?;
        let (namespace, name) = (&key.namespace, &key.name);
        let message = format!("Successfully assigned {namespace}/{name} to {node}");
        context.event(NAME, &pod, "Normal", "Scheduled", &message);
    } else {
        let generation = pod.object["metadata"]["generation"].clone();
        let message = unschedulable(nodes.len(), claims.err(), &reasons);
        context.update(NAME, key, &pod.cause, |pod| {
            let mut conditions = list(pod, "/status/conditions").to_vec();
            set_condition(
                &mut conditions,
                json!({
                    "type": "PodScheduled", "status": "False", "observedGeneration": generation, "reason": "Unschedulable", "message": message,
                    "lastProbeTime": null, "lastTransitionTime": now,
                }),
            );
            object::set(pod, &["status", "conditions"], conditions);
        })?;
        let told = list(&pod.object, "/status/conditions").iter().any(|one| one["message"] == *message);
        if !told {
            context.event(NAME, &pod, "Warning", "FailedScheduling", &message);
        }
    }
    Ok(Outcome::Done)
}

fn bind(context: &Context, key: &Key, node: &str, now: &str, cause: &Origin) -> Result<(), ApiError> {
    context.update(NAME, key, cause, |pod| {
        object::set(pod, &["spec", "nodeName"], node);
        let mut conditions = list(pod, "/status/conditions").to_vec();
        set_condition(
            &mut conditions,
            json!({
                "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now,
            }),
        );
        object::set(pod, &["status", "conditions"], conditions);
    })?;
    Ok(())
}

fn unschedulable(nodes: usize, claim: Option<String>, reasons: &[String]) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut counted: Vec<(&String, usize)> = Vec::new();
    for reason in reasons {
        match counted.iter_mut().find(|(one, _)| *one == reason) {
            Some((_, count)) => *count += 1,
            None => counted.push((reason, 1)),
        }
    }
    let reasons: Vec<_> = counted.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    // No node is looked at for a Pod without its claims, so none can be made free either.
    if let Some(claim) = claim {
        return format!("0/{nodes} nodes are available: {claim}. not found");
    }
    format!(
        "0/{nodes} nodes are available: {}. no new claims to deallocate, preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling.",
        reasons.join(", ")
    )
}

/// Why the Pod cannot run on the node.
fn obstacle(context: &Context, pod: &Value, node: &Value) -> Option<String> {
    if node["spec"]["unschedulable"] == true {
        return Some("node(s) were unschedulable".to_owned());
    }
    let counts = |taint: &&Value| text(taint, "/effect") != "PreferNoSchedule" && placement::repels(taint, pod);
    if let Some(taint) = list(node, "/spec/taints").iter().find(counts) {
        let (key, value) = (text(taint, "/key"), text(taint, "/value"));
        return Some(format!("node(s) had untolerated taint {{{key}: {value}}}"));
    }
    if !placement::affinity_allows(pod, node) {
        return Some("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    let pods = LazyCell::new(|| context.store.list("pods", None).0);
    let name = object::name(node);
    for resource in ["cpu", "memory"] {
        let wanted = requests(pod, resource);
        if wanted == 0.0 {
            continue;
        }
        let free = node.pointer(&format!("/status/allocatable/{resource}")).and_then(quantity).unwrap_or(0.0);
        let used: f64 = pods
            .iter()
            .filter(|other| text(&other.object, "/spec/nodeName") == name)
            .filter(|other| !["Succeeded", "Failed"].contains(&text(&other.object, "/status/phase")))
            .map(|other| requests(&other.object, resource))
            .sum();
        if used + wanted > free {
            return Some(format!("Insufficient {resource}"));
        }
    }
    None
}

fn requests(pod: &Value, resource: &str) -> f64 {
    let pointer = format!("/resources/requests/{resource}");
    list(pod, "/spec/containers").iter().filter_map(|one| one.pointer(&pointer).and_then(quantity)).sum()
}
