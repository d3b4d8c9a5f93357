//! Changes that say no more than that somebody is still there.

use serde_json::Value;

use super::object::list;

/// Whether a change is a heartbeat alone: a Lease renewed, a Node that is as it was.
pub(crate) fn is_heartbeat(kind: &str, old: &Value, new: &Value) -> bool {
    match kind {
        "Lease" => without(old, &["/spec/renewTime"]) == without(new, &["/spec/renewTime"]),
        "Node" => beatless(old) == beatless(new),
        _ => false,
    }
}

fn without(object: &Value, pointers: &[&str]) -> Value {
    let mut rest = object.clone();
    for pointer in ["/metadata/resourceVersion", "/metadata/managedFields"].iter().chain(pointers) {
        if let Some(value) = rest.pointer_mut(pointer) {
            *value = Value::Null;
        }
    }
    rest
}

fn beatless(node: &Value) -> Value {
    let mut rest = without(node, &[]);
    let mut conditions = list(node, "/status/conditions").to_vec();
    for condition in &mut conditions {
        condition["lastHeartbeatTime"] = Value::Null;
    }
    if let Some(place) = rest.pointer_mut("/status/conditions") {
        *place = Value::Array(conditions);
    }
    rest
}
