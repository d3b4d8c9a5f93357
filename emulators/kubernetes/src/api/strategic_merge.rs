//! Strategic merge patch: a merge patch that knows lists by their merge keys.
//!
//! Directives as in `k8s.io/apimachinery/pkg/util/strategicpatch`: `$patch`, `$setElementOrder/…`,
//! `$retainKeys`, `$deleteFromPrimitiveList/…`.

use serde_json::{Map, Value};

use super::status::ApiError;
use crate::store::object::as_map;
use stagegate_kubernetes_schema::Shape;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";

/// Applies `patch` to `target`.
pub(super) fn apply(target: &mut Value, patch: &Value, shape: &Shape) -> Result<(), ApiError> {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return Ok(());
    };
    match changes.get(PATCH).and_then(Value::as_str) {
        Some("replace") => {
            let mut whole = changes.clone();
            whole.remove(PATCH);
            *target = Value::Object(whole);
            return Ok(());
        }
        Some("delete") => {
            *target = Value::Object(Map::new());
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => {
            return Err(ApiError::bad_request(format!("Unknown patch type found: {other}")));
        }
    }
    retain_keys(target, changes);
    let members = as_map(target);
    for (name, change) in changes.iter().filter(|(name, _)| !name.starts_with('$')) {
        let shape = shape.child(name);
        match change {
            Value::Null => drop(members.remove(name)),
            Value::Object(_) => {
                apply(members.entry(name.clone()).or_insert(Value::Null), change, &shape)?;
            }
            Value::Array(items) if shape.merge_key().is_some() => {
                let list = members.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                merge_list(list, items, &shape)?;
            }
            other => drop(members.insert(name.clone(), other.clone())),
        }
    }
    for (directive, values) in changes {
        let Some(values) = values.as_array() else { continue };
        if let Some(name) = directive.strip_prefix(DELETE_FROM) {
            if let Some(Value::Array(items)) = members.get_mut(name) {
                items.retain(|item| !values.contains(item));
            }
        } else if let Some(name) = directive.strip_prefix(ORDER)
            && let Some(Value::Array(items)) = members.get_mut(name)
        {
            reorder(items, values, shape.child(name).merge_key().unwrap_or_default());
        }
    }
    Ok(())
}

/// `$retainKeys` lists all the fields that may remain.
fn retain_keys(target: &mut Value, changes: &Map<String, Value>) {
    let Some(kept) = changes.get(RETAIN_KEYS).and_then(Value::as_array) else { return };
    if let Value::Object(members) = target {
        members.retain(|name, _| kept.iter().any(|one| one == name));
    }
}

fn merge_list(list: &mut Value, changes: &[Value], shape: &Shape) -> Result<(), ApiError> {
    let key = shape.merge_key().unwrap_or_default();
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let Value::Array(items) = list else { return Ok(()) };
    if changes.iter().any(|change| change[PATCH] == "replace") {
        *items = changes.iter().filter(|change| change[PATCH] != "replace").cloned().collect();
        return Ok(());
    }
    for change in changes {
        if key.is_empty() {
            if !items.contains(change) {
                items.push(change.clone());
            }
            continue;
        }
        let Some(id) = change.get(key) else {
            let message = format!("map: {change} does not contain declared merge key: {key}");
            return Err(ApiError::unknown(message));
        };
        let found = items.iter().position(|item| item.get(key) == Some(id));
        match (change[PATCH].as_str(), found) {
            (Some("delete"), _) => items.retain(|item| item.get(key) != Some(id)),
            (_, Some(at)) => apply(&mut items[at], change, &shape.item())?,
            (_, None) => {
                let mut item = Value::Null;
                apply(&mut item, change, &shape.item())?;
                items.push(item);
            }
        }
    }
    Ok(())
}

/// Puts the items that `order` names into its order; others keep their place after the item they followed.
fn reorder(items: &mut Vec<Value>, order: &[Value], key: &str) {
    let id = |value: &Value| if key.is_empty() { value.clone() } else { value[key].clone() };
    let order: Vec<_> = order.iter().map(id).collect();
    let rank = |item: &Value| order.iter().position(|one| *one == id(item));
    let mut ranked: Vec<(usize, usize, Value)> = Vec::with_capacity(items.len());
    let mut last = 0;
    for (place, item) in items.drain(..).enumerate() {
        let rank = rank(&item).map_or(last, |rank| rank + 1);
        last = rank;
        ranked.push((rank, place, item));
    }
    ranked.sort_by_key(|(rank, place, _)| (*rank, *place));
    items.extend(ranked.into_iter().map(|(_, _, item)| item));
}
