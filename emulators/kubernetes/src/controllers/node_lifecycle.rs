//! Nodes: one that is made joins, taints follow its state, Pods go with a node and by its taints.
//!
//! Taints and words are those of `pkg/controller/nodelifecycle`, `tainteviction` and `podgc` of
//! Kubernetes 1.34.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Context, Outcome, placement, pod_control};
use crate::api::status::ApiError;
use crate::node::{self, heartbeat};
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

const NAME: &str = "node-controller";
const EVICTION: &str = "taint-eviction-controller";
/// The taint of a node that is cordoned.
pub(super) const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Brings a node's taints in line with its state, and its Pods in line with its taints.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(node) = context.store.at(key) else {
        for pod in pods_on(context, &key.name) {
            context.delete("pod-garbage-collector", &pod_control::key_of(&pod.object), &pod.cause)?;
        }
        return Ok(Outcome::Done);
    };
    if ready(&node.object).is_none() {
        join(context, key, &node)?;
    }
    context.update(NAME, key, &node.cause, |node| keep_taints(node, &object::time(context.now())))?;
    let node = context.store.at(key).unwrap_or(node);
    evict(context, key, &node)
}

fn pods_on(context: &Context, node: &str) -> Vec<Stored> {
    let (pods, _) = context.store.list("pods", None);
    pods.into_iter().filter(|pod| text(&pod.object, "/spec/nodeName") == node).collect()
}

fn ready(node: &Value) -> Option<&str> {
    let condition = list(node, "/status/conditions").iter().find(|one| one["type"] == "Ready")?;
    Some(text(condition, "/status"))
}

/// A Node object without a kubelet's report is a simulated node from now on.
fn join(context: &Context, key: &Key, node: &Stored) -> Result<(), ApiError> {
    let now = object::time(context.now());
    context.update("kubelet", key, &node.cause, |node| {
        let mut status = node::status(&key.name, &now);
        for given in ["capacity", "allocatable", "addresses"] {
            if let Some(value) = node["status"].get(given) {
                status[given] = value.clone();
            }
        }
        node["status"] = status;
    })?;
    let lease = context.create(
        "kubelet",
        "leases.coordination.k8s.io",
        heartbeat::lease(&node.object, context.now()),
        &node.cause,
    );
    // One that was made by hand, or is left of a node of this name, is as good.
    if let Err(error) = lease.map(drop).or_else(|error| if error.code == 409 { Ok(()) } else { Err(error) }) {
        tracing::debug!(%error, node = %key.name, "a node has no lease");
    }
    let message = format!("Node {0} event: Registered Node {0} in Controller", key.name);
    context.event(NAME, node, "Normal", "RegisteredNode", &message);
    Ok(())
}

fn keep_taints(node: &mut Value, now: &str) {
    let state = ready(node).unwrap_or_default().to_owned();
    let wanted = [
        (UNSCHEDULABLE, "NoSchedule", node["spec"]["unschedulable"] == true),
        (NOT_READY, "NoSchedule", state == "False"),
        (UNREACHABLE, "NoSchedule", state == "Unknown"),
        (NOT_READY, "NoExecute", state == "False"),
        (UNREACHABLE, "NoExecute", state == "Unknown"),
    ];
    let mut taints = list(node, "/spec/taints").to_vec();
    for (key, effect, wanted) in wanted {
        let here = taints.iter().position(|taint| text(taint, "/key") == key && text(taint, "/effect") == effect);
        match (here, wanted) {
            (None, true) => taints.push(json!({"key": key, "effect": effect, "timeAdded": now})),
            (Some(index), false) => drop(taints.remove(index)),
            _ => {}
        }
    }
    if taints.is_empty() {
        object::remove(node, &["spec", "taints"]);
    } else {
        object::set(node, &["spec", "taints"], taints);
    }
}

/// Deletes the Pods that do not tolerate the node's `NoExecute` taints, at once or when their time is up.
fn evict(context: &Context, key: &Key, node: &Stored) -> Result<Outcome, ApiError> {
    let taints: Vec<_> =
        list(&node.object, "/spec/taints").iter().filter(|taint| text(taint, "/effect") == "NoExecute").collect();
    let mut next: Option<Duration> = None;
    if taints.is_empty() {
        return Ok(Outcome::Done);
    }
    for pod in pods_on(context, &key.name).into_iter().filter(|pod| !object::is_terminating(&pod.object)) {
        match taints.iter().map(|taint| time_left(context, taint, &pod.object)).min() {
            Some(Stay::For(left)) if left.is_zero() => {
                let (namespace, name) = (object::namespace(&pod.object), object::name(&pod.object));
                let message = format!("Marking for deletion Pod {namespace}/{name}");
                context.event(EVICTION, &pod, "Normal", "TaintManagerEviction", &message);
                context.delete(EVICTION, &pod_control::key_of(&pod.object), &node.cause)?;
            }
            Some(Stay::For(left)) => next = Some(next.map_or(left, |next| next.min(left))),
            Some(Stay::Forever) | None => {}
        }
    }
    Ok(next.map_or(Outcome::Done, Outcome::After))
}

/// How long a Pod may stay with a taint, from now on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stay {
    For(Duration),
    Forever,
}

fn time_left(context: &Context, taint: &Value, pod: &Value) -> Stay {
    let tolerating: Vec<_> = placement::tolerating(taint, pod).collect();
    if tolerating.is_empty() {
        return Stay::For(Duration::ZERO);
    }
    let limits = tolerating.iter().filter_map(|one| integer(one, "/tolerationSeconds"));
    let Some(limit) = limits.map(|seconds| u64::try_from(seconds).unwrap_or(0)).min() else { return Stay::Forever };
    let been = parse_time(text(taint, "/timeAdded"))
        .map_or(Duration::ZERO, |since| Duration::try_from(context.now().duration_since(since)).unwrap_or_default());
    Stay::For(Duration::from_secs(limit).saturating_sub(been))
}
