//! The status of a Deployment: its numbers, and whether its rollout gets on.
//!
//! The conditions are those of `pkg/controller/deployment/progress.go` of Kubernetes 1.34.

use std::time::Duration;

use serde_json::{Value, json};

use super::deployment::{NAME, limits, replicas};
use super::deployment_sets::Sets;
use super::pod_control::cause;
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

/// Status, reason and message of a condition.
type State<'a> = (&'a str, &'a str, &'a str);

/// Whether the Deployment's progress is watched at all.
pub(super) fn has_deadline(deployment: &Value) -> bool {
    deadline(deployment).is_some()
}

fn deadline(deployment: &Value) -> Option<Duration> {
    let seconds = integer(deployment, "/spec/progressDeadlineSeconds").filter(|one| *one < i64::from(i32::MAX))?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// A condition of an object.
pub(super) fn condition<'a>(object: &'a Value, of: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|one| one["type"] == of)
}

/// Writes the condition Progressing.
pub(super) fn set_progressing(
    context: &Context,
    key: &Key,
    deployment: &Stored,
    state: State<'_>,
) -> Result<(), ApiError> {
    let now = object::time(context.now());
    context.update(NAME, key, cause(deployment), |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        put(&mut conditions, "Progressing", state, &now);
        object::set(new, &["status", "conditions"], conditions);
    })?;
    Ok(())
}

/// A paused Deployment, or one that goes on, says so in Progressing.
pub(super) fn note_pause(context: &Context, key: &Key, deployment: &Stored) -> Result<(), ApiError> {
    let reason = condition(&deployment.object, "Progressing").map_or("", |one| text(one, "/reason"));
    if !has_deadline(&deployment.object) || reason == "ProgressDeadlineExceeded" {
        return Ok(());
    }
    let noted = reason == "DeploymentPaused";
    match (deployment.object["spec"]["paused"] == true, noted) {
        (true, false) => {
            set_progressing(context, key, deployment, ("Unknown", "DeploymentPaused", "Deployment is paused"))
        }
        (false, true) => {
            set_progressing(context, key, deployment, ("Unknown", "DeploymentResumed", "Deployment is resumed"))
        }
        _ => Ok(()),
    }
}

/// Sets a condition as Kubernetes does for Deployments: one with the same status and reason stays as
/// it is, another goes to the end.
fn put(conditions: &mut Vec<Value>, of: &str, (status, reason, message): State<'_>, now: &str) {
    let old = conditions.iter().find(|one| one["type"] == of);
    if old.is_some_and(|old| old["status"] == status && old["reason"] == reason) {
        return;
    }
    let since = old.filter(|old| old["status"] == status).map_or(json!(now), |old| old["lastTransitionTime"].clone());
    conditions.retain(|one| one["type"] != of);
    conditions.push(json!({
        "type": of, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": now, "lastTransitionTime": since,
    }));
}

/// Writes the numbers and the condition Available.
pub(super) fn write_numbers(
    context: &Context,
    key: &Key,
    deployment: &Stored,
    sets: &Sets,
) -> Result<Outcome, ApiError> {
    let now = object::time(context.now());
    context.update(NAME, key, cause(deployment), |new| new["status"] = status_of(new, sets, &now))?;
    Ok(Outcome::Done)
}

/// Writes the status when it changed. Looks again when the progress deadline may have passed.
pub(super) fn write_status(
    context: &Context,
    key: &Key,
    deployment: &Stored,
    sets: &Sets,
) -> Result<Outcome, ApiError> {
    let now = object::time(context.now());
    let written = context.update(NAME, key, cause(deployment), |new| {
        let mut status = status_of(new, sets, &now);
        let mut conditions = list(&status, "/conditions").to_vec();
        note_progress(context, new, &status, sets, &mut conditions, &now);
        match failure_of(sets) {
            Some(failure) => {
                let state = (text(&failure, "/status"), text(&failure, "/reason"), text(&failure, "/message"));
                put(&mut conditions, "ReplicaFailure", state, &now);
            }
            None => conditions.retain(|one| one["type"] != "ReplicaFailure"),
        }
        status["conditions"] = Value::Array(conditions);
        new["status"] = status;
    })?;
    Ok(next_look(context, &written))
}

fn next_look(context: &Context, deployment: &Value) -> Outcome {
    let (Some(limit), Some(progressing)) = (deadline(deployment), condition(deployment, "Progressing")) else {
        return Outcome::Done;
    };
    let reason = text(progressing, "/reason");
    let over = ["ProgressDeadlineExceeded", "NewReplicaSetAvailable"].contains(&reason);
    if over || is_complete(deployment, &deployment["status"]) {
        return Outcome::Done;
    }
    Outcome::After(limit.saturating_sub(waited(context, progressing)) + Duration::from_secs(1))
}

fn waited(context: &Context, progressing: &Value) -> Duration {
    parse_time(text(progressing, "/lastUpdateTime"))
        .map_or(Duration::ZERO, |since| Duration::try_from(context.now().duration_since(since)).unwrap_or_default())
}

fn status_of(deployment: &Value, sets: &Sets, now: &str) -> Value {
    let of = |field: &str| -> i64 {
        sets.all().map(|(_, set)| integer(&set.object, &format!("/status/{field}")).unwrap_or(0)).sum()
    };
    let updated = sets.current.as_ref().and_then(|(_, set)| integer(&set.object, "/status/replicas")).unwrap_or(0);
    let total: i64 = sets.all().map(|(_, set)| replicas(&set.object)).sum();
    let available = of("availableReplicas");
    let mut status = json!({"observedGeneration": deployment["metadata"]["generation"]});
    for (field, count) in [
        ("replicas", of("replicas")),
        ("updatedReplicas", updated),
        ("readyReplicas", of("readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (total - available).max(0)),
    ] {
        if count > 0 {
            status[field] = json!(count);
        }
    }
    if let Some(collisions) = deployment["status"].get("collisionCount") {
        status["collisionCount"] = collisions.clone();
    }
    let mut conditions = list(deployment, "/status/conditions").to_vec();
    let (_, unavailable) = limits(deployment);
    let state = if available >= replicas(deployment) - unavailable {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    put(&mut conditions, "Available", state, now);
    status["conditions"] = Value::Array(conditions);
    status
}

/// The condition that says why Pods cannot be made, of the current ReplicaSet or else of an old one.
fn failure_of(sets: &Sets) -> Option<Value> {
    sets.all().find_map(|(_, set)| condition(&set.object, "ReplicaFailure").cloned())
}

fn number(status: &Value, field: &str) -> i64 {
    status[field].as_i64().unwrap_or(0)
}

/// The condition Progressing (`syncRolloutStatus`).
fn note_progress(
    context: &Context,
    deployment: &Value,
    status: &Value,
    sets: &Sets,
    conditions: &mut Vec<Value>,
    now: &str,
) {
    let Some(limit) = deadline(deployment) else {
        conditions.retain(|one| one["type"] != "Progressing");
        return;
    };
    let progressing = condition(deployment, "Progressing");
    let reason = progressing.map_or("", |one| text(one, "/reason"));
    if number(status, "replicas") == number(status, "updatedReplicas") && reason == "NewReplicaSetAvailable" {
        return;
    }
    let name = sets.current.as_ref().map_or_else(
        || format!("Deployment {:?}", object::name(deployment)),
        |(key, _)| format!("ReplicaSet {:?}", key.name),
    );
    if is_complete(deployment, status) {
        let message = format!("{name} has successfully progressed.");
        put(conditions, "Progressing", ("True", "NewReplicaSetAvailable", &message), now);
    } else if made_progress(&deployment["status"], status) {
        // Each progress moves lastUpdateTime, also when the words stay the same.
        let since = progressing.filter(|one| one["status"] == "True").map(|one| one["lastTransitionTime"].clone());
        conditions.retain(|one| one["type"] != "Progressing");
        put(conditions, "Progressing", ("True", "ReplicaSetUpdated", &format!("{name} is progressing.")), now);
        if let (Some(last), Some(since)) = (conditions.last_mut(), since) {
            last["lastTransitionTime"] = since;
        }
    } else if progressing.is_some_and(|one| {
        reason == "ProgressDeadlineExceeded" || (reason != "NewReplicaSetAvailable" && waited(context, one) > limit)
    }) {
        let message = format!("{name} has timed out progressing.");
        put(conditions, "Progressing", ("False", "ProgressDeadlineExceeded", &message), now);
    }
}

/// Whether all Pods are of the present template and available, by a status.
pub(super) fn is_complete(deployment: &Value, status: &Value) -> bool {
    let wanted = replicas(deployment);
    ["updatedReplicas", "replicas", "availableReplicas"].iter().all(|field| number(status, field) == wanted)
        && status["observedGeneration"].as_i64() >= integer(deployment, "/metadata/generation")
}

fn made_progress(old: &Value, new: &Value) -> bool {
    let old_of = |status: &Value| number(status, "replicas") - number(status, "updatedReplicas");
    number(new, "updatedReplicas") > number(old, "updatedReplicas")
        || old_of(new) < old_of(old)
        || number(new, "readyReplicas") > number(old, "readyReplicas")
        || number(new, "availableReplicas") > number(old, "availableReplicas")
}
