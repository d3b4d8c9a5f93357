//! The status of a Deployment: its numbers, and whether its rollout gets on.

use std::time::Duration;

use serde_json::{Value, json};

use super::deployment::{NAME, Sets, condition_of, limits, replicas};
use super::pod_control::{cause, set_condition};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

/// Writes the status when it changed. Looks again when the progress deadline may have passed.
pub(super) fn write_status(
    context: &Context,
    key: &Key,
    deployment: &Stored,
    sets: &Sets,
) -> Result<Outcome, ApiError> {
    let mut wait = Outcome::Done;
    let now = object::time(context.now());
    context.update(NAME, key, cause(deployment), |new| {
        let mut status = numbers(new, sets);
        let mut conditions = list(new, "/status/conditions").to_vec();
        set_available(new, &status, &mut conditions, &now);
        match condition_of(sets, "ReplicaFailure") {
            Some(failure) => set_condition(
                &mut conditions,
                json!({
                    "type": "ReplicaFailure", "status": "True", "reason": failure["reason"],
                    "message": failure["message"], "lastUpdateTime": now, "lastTransitionTime": now,
                }),
            ),
            None => conditions.retain(|one| one["type"] != "ReplicaFailure"),
        }
        wait = set_progressing(context, new, &status, sets, &mut conditions, &now);
        keep_update_times(list(new, "/status/conditions"), &mut conditions);
        status["conditions"] = Value::Array(conditions);
        new["status"] = status;
    })?;
    Ok(wait)
}

fn numbers(deployment: &Value, sets: &Sets) -> Value {
    let of = |field: &str| -> i64 {
        sets.all().map(|(_, set)| integer(&set.object, &format!("/status/{field}")).unwrap_or(0)).sum()
    };
    let updated = sets.current.as_ref().and_then(|(_, set)| integer(&set.object, "/status/replicas")).unwrap_or(0);
    let wanted: i64 = sets.all().map(|(_, set)| replicas(&set.object)).sum();
    let available = of("availableReplicas");
    let mut status = json!({"observedGeneration": deployment["metadata"]["generation"]});
    for (field, count) in [
        ("replicas", of("replicas")),
        ("updatedReplicas", updated),
        ("readyReplicas", of("readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (wanted - available).max(0)),
    ] {
        if count > 0 {
            status[field] = json!(count);
        }
    }
    if let Some(collisions) = deployment["status"].get("collisionCount") {
        status["collisionCount"] = collisions.clone();
    }
    status
}

fn number(status: &Value, field: &str) -> i64 {
    status[field].as_i64().unwrap_or(0)
}

fn set_available(deployment: &Value, status: &Value, conditions: &mut Vec<Value>, now: &str) {
    let (_, unavailable) = limits(deployment);
    let enough = number(status, "availableReplicas") >= replicas(deployment) - unavailable;
    let (value, reason, message) = if enough {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    set_condition(conditions, condition("Available", value, reason, message, now));
}

fn condition(of: &str, status: &str, reason: &str, message: &str, now: &str) -> Value {
    json!({
        "type": of, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": now, "lastTransitionTime": now,
    })
}

/// A condition that says the same as before keeps its `lastUpdateTime`.
fn keep_update_times(old: &[Value], conditions: &mut [Value]) {
    for condition in conditions.iter_mut().filter(|one| one["keep"].is_null()) {
        let same = old
            .iter()
            .find(|one| ["type", "status", "reason", "message"].iter().all(|field| one[*field] == condition[*field]));
        if let Some(same) = same {
            *condition = same.clone();
        }
    }
    for condition in conditions {
        object::remove(condition, &["keep"]);
    }
}

/// The condition Progressing (`syncRolloutStatus`).
fn set_progressing(
    context: &Context,
    deployment: &Value,
    status: &Value,
    sets: &Sets,
    conditions: &mut Vec<Value>,
    now: &str,
) -> Outcome {
    let deadline = integer(deployment, "/spec/progressDeadlineSeconds");
    let Some(deadline) = deadline.filter(|seconds| *seconds < i64::from(i32::MAX)) else {
        conditions.retain(|one| one["type"] != "Progressing");
        return Outcome::Done;
    };
    let name = sets.current.as_ref().map_or_else(
        || format!("Deployment {:?}", object::name(deployment)),
        |(key, _)| format!("ReplicaSet {:?}", key.name),
    );
    let progressing = conditions.iter().find(|one| one["type"] == "Progressing").cloned();
    let reason = progressing.as_ref().map_or("", |one| text(one, "/reason"));
    let settled = number(status, "replicas") == number(status, "updatedReplicas") && reason == "NewReplicaSetAvailable";
    if deployment["spec"]["paused"] == true || settled {
        return Outcome::Done;
    }
    if is_complete(deployment, status) {
        let message = format!("{name} has successfully progressed.");
        set_condition(conditions, condition("Progressing", "True", "NewReplicaSetAvailable", &message, now));
        return Outcome::Done;
    }
    if progressing.is_none() || made_progress(&deployment["status"], status) {
        let (reason, message) = match &progressing {
            None => ("NewReplicaSetCreated", format!("Created new replica set {:?}", current_name(sets))),
            Some(_) => ("ReplicaSetUpdated", format!("{name} is progressing.")),
        };
        let mut fresh = condition("Progressing", "True", reason, &message, now);
        // Each progress moves lastUpdateTime, also when the words stay the same.
        fresh["keep"] = json!(false);
        set_condition(conditions, fresh);
        return Outcome::After(Duration::from_secs(u64::try_from(deadline).unwrap_or(0) + 1));
    }
    if reason == "ProgressDeadlineExceeded" {
        return Outcome::Done;
    }
    let since = progressing.as_ref().and_then(|one| parse_time(text(one, "/lastUpdateTime")));
    let waited = since
        .map_or(Duration::ZERO, |since| Duration::try_from(context.now().duration_since(since)).unwrap_or_default());
    let limit = Duration::from_secs(u64::try_from(deadline).unwrap_or(0));
    if waited > limit {
        let message = format!("{name} has timed out progressing.");
        set_condition(conditions, condition("Progressing", "False", "ProgressDeadlineExceeded", &message, now));
        return Outcome::Done;
    }
    Outcome::After(limit.saturating_sub(waited) + Duration::from_secs(1))
}

fn current_name(sets: &Sets) -> &str {
    sets.current.as_ref().map_or("", |(key, _)| key.name.as_str())
}

fn is_complete(deployment: &Value, status: &Value) -> bool {
    let wanted = replicas(deployment);
    ["updatedReplicas", "replicas", "availableReplicas"].iter().all(|field| number(status, field) == wanted)
}

fn made_progress(old: &Value, new: &Value) -> bool {
    let old_of = |status: &Value| number(status, "replicas") - number(status, "updatedReplicas");
    number(new, "updatedReplicas") > number(old, "updatedReplicas")
        || old_of(new) < old_of(old)
        || number(new, "readyReplicas") > number(old, "readyReplicas")
        || number(new, "availableReplicas") > number(old, "availableReplicas")
}
