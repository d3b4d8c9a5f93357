//! ReplicaSets and ReplicationControllers: as many Pods as wanted.

use std::time::Duration;

use serde_json::{Value, json};

use super::pod_control::{self, cause, set_condition};
use super::{Context, Outcome, adoption};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list};
use crate::store::{Key, Stored};

/// The name under which the controller of a workload acts. Kubernetes has one controller for both kinds, too, with a
/// conversion before it (`pkg/controller/replication`).
fn controller(set: &Stored) -> &'static str {
    if set.object["kind"] == "ReplicationController" { "replication-controller" } else { "replicaset-controller" }
}

/// Makes or deletes Pods, then writes the status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(set) = context.store.at(key) else { return Ok(Outcome::Done) };
    let failure = if object::is_terminating(&set.object) { None } else { scale(context, &set).err() };
    let pods = active_pods(context, &set)?;
    let outcome = write_status(context, key, &set, &pods, failure.as_ref())?;
    Ok(if failure.is_some() { Outcome::Retry } else { outcome })
}

fn active_pods(context: &Context, set: &Stored) -> Result<Vec<Stored>, ApiError> {
    let pods = adoption::claim(context, controller(set), set, "pods")?;
    Ok(pods.into_iter().map(|(_, pod)| pod).filter(|pod| pod_control::is_active(&pod.object)).collect())
}

fn scale(context: &Context, set: &Stored) -> Result<(), ApiError> {
    let wanted = usize::try_from(integer(&set.object, "/spec/replicas").unwrap_or(1)).unwrap_or(0);
    let mut pods = active_pods(context, set)?;
    if pods.len() < wanted {
        let prefix = format!("{}-", object::name(&set.object));
        for _ in pods.len()..wanted {
            let template = &set.object["spec"]["template"];
            let pod = pod_control::from_template(&set.object, template, ("generateName", &prefix));
            pod_control::create(context, controller(set), set, pod)?;
        }
    } else if pods.len() > wanted {
        pods.sort_by_key(|pod| pod_control::deletion_rank(&pod.object));
        for pod in &pods[..pods.len() - wanted] {
            pod_control::delete(context, controller(set), set, &pod.object)?;
        }
    }
    Ok(())
}

fn write_status(
    context: &Context,
    key: &Key,
    set: &Stored,
    pods: &[Stored],
    failure: Option<&ApiError>,
) -> Result<Outcome, ApiError> {
    let waits: Vec<Duration> =
        pods.iter().filter_map(|pod| pod_control::until_available(context, &set.object, &pod.object)).collect();
    let available = waits.iter().filter(|wait| wait.is_zero()).count();
    let now = object::time(context.now());
    context.update(controller(set), key, cause(set), |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        match failure {
            Some(_) if conditions.iter().any(|one| one["type"] == "ReplicaFailure") => {}
            Some(error) => set_condition(
                &mut conditions,
                json!({
                    "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                    "message": error.message, "lastTransitionTime": now,
                }),
            ),
            None => conditions.retain(|one| one["type"] != "ReplicaFailure"),
        }
        let mut status = json!({
            "replicas": pods.len(),
            "observedGeneration": new["metadata"]["generation"],
        });
        for (field, count) in
            [("fullyLabeledReplicas", pods.len()), ("readyReplicas", waits.len()), ("availableReplicas", available)]
        {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        if !conditions.is_empty() {
            status["conditions"] = Value::Array(conditions);
        }
        new["status"] = status;
    })?;
    let next = waits.into_iter().filter(|wait| !wait.is_zero()).min();
    Ok(next.map_or(Outcome::Done, Outcome::After))
}
