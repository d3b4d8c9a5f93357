//! What all workload controllers do with Pods: make them from a template, count them, delete them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stagegate_simulation::Origin;

use super::Context;
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

/// An owner reference with `controller: true`.
pub(super) fn controller_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A Pod from a workload's template; the caller names it by `name` or `generateName`.
pub(super) fn from_template(owner: &Value, template: &Value, name: (&str, &str)) -> Value {
    let mut metadata = template["metadata"].clone();
    object::set(&mut metadata, &[name.0], name.1);
    object::set(&mut metadata, &["namespace"], object::namespace(owner));
    object::set(&mut metadata, &["ownerReferences"], json!([controller_reference(owner)]));
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
}

/// Makes a Pod and says so in an Event of its owner.
pub(super) fn create(context: &Context, who: &'static str, owner: &Stored, pod: Value) -> Result<Arc<Value>, ApiError> {
    match context.create(who, "pods", pod, &owner.cause) {
        Ok(pod) => {
            let message = format!("Created pod: {}", object::name(&pod));
            context.event(who, owner, "Normal", "SuccessfulCreate", &message);
            Ok(pod)
        }
        Err(error) => {
            context.event(who, owner, "Warning", "FailedCreate", &format!("Error creating: {}", error.message));
            Err(error)
        }
    }
}

/// Deletes a Pod and says so in an Event of its owner.
pub(super) fn delete(context: &Context, who: &'static str, owner: &Stored, pod: &Value) -> Result<(), ApiError> {
    context.delete(who, &key_of(pod), &owner.cause)?;
    let message = format!("Deleted pod: {}", object::name(pod));
    context.event(who, owner, "Normal", "SuccessfulDelete", &message);
    Ok(())
}

/// Where a Pod is kept.
pub(super) fn key_of(pod: &Value) -> Key {
    Key::new("pods", object::namespace(pod), object::name(pod))
}

/// Whether the Pod runs or may yet run.
pub(super) fn is_active(pod: &Value) -> bool {
    !object::is_terminating(pod) && !["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
}

/// Whether the Pod's condition Ready is true.
pub(super) fn is_ready(pod: &Value) -> bool {
    ready_condition(pod).is_some()
}

fn ready_condition(pod: &Value) -> Option<&Value> {
    list(pod, "/status/conditions").iter().find(|one| one["type"] == "Ready" && one["status"] == "True")
}

/// How long until a ready Pod counts as available: zero once it has been ready for `minReadySeconds`.
pub(super) fn until_available(context: &Context, owner: &Value, pod: &Value) -> Option<Duration> {
    let since = parse_time(text(ready_condition(pod)?, "/lastTransitionTime"))?;
    let wanted = integer(owner, "/spec/minReadySeconds").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let been = Duration::try_from(context.now().duration_since(since)).unwrap_or_default();
    Some(Duration::from_secs(wanted).saturating_sub(been))
}

/// The order in which a workload gives up Pods: those that do least first.
pub(super) fn deletion_rank(pod: &Value) -> (bool, u8, bool, std::cmp::Reverse<String>) {
    let phase = match text(pod, "/status/phase") {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let scheduled = !text(pod, "/spec/nodeName").is_empty();
    (scheduled, phase, is_ready(pod), std::cmp::Reverse(text(pod, "/metadata/creationTimestamp").to_owned()))
}

/// Sets a condition; `lastTransitionTime` moves only when the status changes.
pub(super) fn set_condition(conditions: &mut Vec<Value>, condition: Value) {
    match conditions.iter_mut().find(|one| one["type"] == condition["type"]) {
        Some(old) => {
            let mut condition = condition;
            if old["status"] == condition["status"] {
                condition["lastTransitionTime"] = old["lastTransitionTime"].clone();
            }
            *old = condition;
        }
        None => conditions.push(condition),
    }
}

/// The request behind a workload's present state.
pub(super) fn cause(stored: &Stored) -> &Origin {
    &stored.cause
}
