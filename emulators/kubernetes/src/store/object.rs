//! Reading and writing parts of an object, which is a JSON value with `metadata`.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The string at a JSON pointer; empty when there is none.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The integer at a JSON pointer.
pub(crate) fn integer(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The list at a JSON pointer; empty when there is none.
pub(crate) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The object's namespace; empty for cluster-scoped ones.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// The object's uid.
pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// Whether it is being deleted.
pub(crate) fn is_terminating(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null())
}

/// The owner reference that has `controller: true`.
pub(crate) fn controller_of(object: &Value) -> Option<&Value> {
    list(object, "/metadata/ownerReferences").iter().find(|owner| owner["controller"] == true)
}

/// Whether `owner` is the controller of `object`.
pub(crate) fn is_controlled_by(object: &Value, owner: &Value) -> bool {
    controller_of(object).is_some_and(|reference| reference["uid"] == owner["metadata"]["uid"])
}

/// The object of the map at `path`, made when it is not there.
pub(crate) fn map_at<'a>(object: &'a mut Value, path: &[&str]) -> &'a mut Map<String, Value> {
    let mut place = object;
    for part in path {
        place = as_map(place).entry(*part).or_insert_with(|| Value::Object(Map::new()));
    }
    as_map(place)
}

/// `value` as a map; anything else there is replaced by an empty one.
pub(crate) fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => {
            *other = Value::Object(Map::new());
            as_map(other)
        }
    }
}

/// Puts `value` at `path`, making the maps on the way.
pub(crate) fn set(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if let Some((last, parents)) = path.split_last() {
        map_at(object, parents).insert((*last).to_owned(), value.into());
    }
}

/// Puts `value` at `path` when nothing or null is there.
pub(crate) fn set_default(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if let Some((last, parents)) = path.split_last() {
        let map = map_at(object, parents);
        if map.get(*last).is_none_or(Value::is_null) {
            map.insert((*last).to_owned(), value.into());
        }
    }
}

/// The items of the list at `path`; none when there is none.
pub(crate) fn list_mut<'a>(object: &'a mut Value, path: &[&str]) -> impl Iterator<Item = &'a mut Value> {
    let mut place = Some(object);
    for part in path {
        place = place.and_then(|place| place.get_mut(*part));
    }
    place.and_then(Value::as_array_mut).into_iter().flatten()
}

/// Removes what is at `path`.
pub(crate) fn remove(object: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut place = object;
    for part in parents {
        place = place.get_mut(*part)?;
    }
    place.as_object_mut()?.remove(*last)
}

/// A time as Kubernetes writes `metav1.Time`: whole seconds, UTC.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as Kubernetes writes `metav1.MicroTime`.
pub(crate) fn micro_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// Reads either form.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
