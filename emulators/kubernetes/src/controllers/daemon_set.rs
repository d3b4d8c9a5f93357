//! DaemonSets: one Pod on each node.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::pod_control::{self, cause, is_active, is_ready};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, text};
use crate::store::{Key, Stored};

const NAME: &str = "daemonset-controller";
const REVISION: &str = "controller-revision-hash";

/// Makes what is missing, replaces what is of an old template, writes the status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(set) = context.store.at(key) else { return Ok(Outcome::Done) };
    let digest = Sha256::digest(set.object["spec"]["template"].to_string());
    let revision: String = format!("{digest:x}").chars().take(10).collect();
    let nodes = eligible_nodes(context, &set.object);
    let failed = !object::is_terminating(&set.object) && step(context, &set, &revision, &nodes).is_err();
    write_status(context, key, &set, &revision, nodes.len())?;
    Ok(if failed { Outcome::Retry } else { Outcome::Done })
}

/// The nodes that the template's node selector allows.
fn eligible_nodes(context: &Context, set: &Value) -> Vec<String> {
    let selector = set.pointer("/spec/template/spec/nodeSelector").and_then(Value::as_object);
    let (nodes, _) = context.store.list("nodes", None);
    let fits = |node: &Value| {
        let labels = &node["metadata"]["labels"];
        selector.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
    };
    nodes.iter().filter(|node| fits(&node.object)).map(|node| object::name(&node.object).to_owned()).collect()
}

fn pods_of(context: &Context, set: &Stored) -> Vec<Stored> {
    context.controlled(&set.object, "pods").into_iter().map(|(_, pod)| pod).collect()
}

fn step(context: &Context, set: &Stored, revision: &str, nodes: &[String]) -> Result<(), ApiError> {
    let pods = pods_of(context, set);
    let rolling = text(&set.object, "/spec/updateStrategy/type") != "OnDelete";
    for pod in pods.iter().filter(|pod| is_active(&pod.object)) {
        let stale = rolling && pod.object["metadata"]["labels"][REVISION] != revision;
        let misplaced = !nodes.iter().any(|node| node == text(&pod.object, "/spec/nodeName"));
        if stale || misplaced {
            pod_control::delete(context, NAME, set, &pod.object)?;
        }
    }
    let prefix = format!("{}-", object::name(&set.object));
    for node in nodes {
        if pods.iter().any(|pod| text(&pod.object, "/spec/nodeName") == node) {
            continue;
        }
        let template = &set.object["spec"]["template"];
        let mut pod = pod_control::from_template(&set.object, template, ("generateName", &prefix));
        object::set(&mut pod, &["metadata", "labels", REVISION], revision);
        object::set(&mut pod, &["spec", "nodeName"], node.as_str());
        pod_control::create(context, NAME, set, pod)?;
    }
    Ok(())
}

fn write_status(context: &Context, key: &Key, set: &Stored, revision: &str, nodes: usize) -> Result<(), ApiError> {
    let pods: Vec<_> = pods_of(context, set).into_iter().filter(|pod| is_active(&pod.object)).collect();
    let ready = pods.iter().filter(|pod| is_ready(&pod.object)).count();
    let updated = pods.iter().filter(|pod| pod.object["metadata"]["labels"][REVISION] == revision).count();
    context.update(NAME, key, cause(set), |new| {
        let mut status = json!({
            "currentNumberScheduled": pods.len(),
            "desiredNumberScheduled": nodes,
            "numberMisscheduled": 0,
            "numberReady": ready,
            "observedGeneration": new["metadata"]["generation"],
        });
        for (field, count) in [
            ("updatedNumberScheduled", updated),
            ("numberAvailable", ready),
            ("numberUnavailable", nodes.saturating_sub(ready)),
        ] {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        new["status"] = status;
    })?;
    Ok(())
}
