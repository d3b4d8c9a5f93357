//! Reading parts of an object, which is a JSON value with `metadata`.

use serde_json::Value;

/// The string at a JSON pointer; empty when there is none.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a JSON pointer; empty when there is none.
pub(crate) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The namespace; empty for what is in none.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// The resource version as a number, which its order is by (KEP 5504); 0 for one that is none.
pub(crate) fn version(object: &Value) -> u64 {
    text(object, "/metadata/resourceVersion").parse().unwrap_or(0)
}

/// Whether it is being deleted.
pub(crate) fn is_ending(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null())
}

/// The uid of its owner: of the controller, if one of several is that.
pub(crate) fn owner(object: &Value) -> Option<&str> {
    let owners = list(object, "/metadata/ownerReferences");
    let first = owners.iter().find(|owner| owner["controller"] == true).or(owners.first())?;
    first["uid"].as_str()
}
