//! Strategic merge patch: a merge patch that knows lists by their merge keys.
//!
//! Directives and messages as in `k8s.io/apimachinery/pkg/util/strategicpatch`: `$patch`,
//! `$setElementOrder/…`, `$retainKeys`, `$deleteFromPrimitiveList/…`.

use serde_json::{Map, Value};

use super::go_value;
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
    match changes.get(PATCH) {
        Some(Value::String(directive)) => match directive.as_str() {
            "replace" => {
                let mut whole = changes.clone();
                whole.remove(PATCH);
                *target = Value::Object(whole);
                return Ok(());
            }
            "delete" => {
                *target = Value::Object(Map::new());
                return Ok(());
            }
            "merge" => {}
            _ => return Err(unknown_directive(patch)),
        },
        None => {}
        Some(_) => return Err(unknown_directive(patch)),
    }
    retain_keys(target, changes)?;
    let members = as_map(target);
    let server = members.clone();
    for (name, change) in changes.iter().filter(|(name, _)| !name.starts_with('$')) {
        let shape = shape.child(name);
        match change {
            Value::Null => drop(members.remove(name)),
            Value::Object(_) => {
                apply(members.entry(name.clone()).or_insert(Value::Null), change, &shape)?;
            }
            Value::Array(items) if shape.merge_key().is_some() => {
                if let Some(order) = changes.get(&format!("{ORDER}{name}")).and_then(Value::as_array) {
                    check_order(items, order, shape.merge_key().unwrap_or_default())?;
                }
                let list = members.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                let server = list.as_array().cloned().unwrap_or_default();
                merge_list(list, items, &shape)?;
                if let Value::Array(merged) = list
                    && !changes.contains_key(&format!("{ORDER}{name}"))
                {
                    reorder(merged, &server, items, shape.merge_key().unwrap_or_default());
                }
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
            let before = server.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            reorder(items, before, values, shape.child(name).merge_key().unwrap_or_default());
        }
    }
    Ok(())
}

fn unknown_directive(patch: &Value) -> ApiError {
    let directive = patch[PATCH].as_str().map_or_else(|| go_value::text(&patch[PATCH]), str::to_owned);
    ApiError::unknown(format!("unknown patch type: {directive} in map: {}", go_value::text(patch)))
}

/// `$retainKeys` lists all the fields that may remain, among them all that the patch sets.
fn retain_keys(target: &mut Value, changes: &Map<String, Value>) -> Result<(), ApiError> {
    let invalid = || ApiError::bad_request("invalid patch format of retainKeys");
    let Some(kept) = changes.get(RETAIN_KEYS) else { return Ok(()) };
    let kept = kept.as_array().ok_or_else(invalid)?;
    let is_kept = |name: &String| kept.iter().any(|one| one == name);
    let sets = |(name, change): &(&String, &Value)| !name.starts_with('$') && !change.is_null();
    if changes.iter().filter(sets).any(|(name, _)| !is_kept(name)) {
        return Err(invalid());
    }
    if let Value::Object(members) = target {
        members.retain(|name, _| is_kept(name));
    }
    Ok(())
}

/// The items of a patch must come in the order that it wants.
fn check_order(items: &[Value], order: &[Value], key: &str) -> Result<(), ApiError> {
    let id = |value: &Value| if key.is_empty() { value.clone() } else { value[key].clone() };
    let order_of: Vec<_> = order.iter().map(id).collect();
    let wanted: Vec<_> = items.iter().filter(|item| item.get(PATCH).is_none()).map(id).collect();
    let mut rest = order_of.iter();
    if wanted.iter().all(|one| rest.any(|other| other == one)) {
        return Ok(());
    }
    let text = |list: &[Value]| go_value::text(&Value::Array(list.to_vec()));
    Err(ApiError::unknown(format!(
        "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
        text(items),
        text(order)
    )))
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
            let message = format!("map: {} does not contain declared merge key: {key}", go_value::text(change));
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

/// Puts the items that `order` names into its order. The others keep theirs, each before the first of
/// those that it was before (`normalizeElementOrder`).
fn reorder(items: &mut Vec<Value>, server: &[Value], order: &[Value], key: &str) {
    let id = |value: &Value| if key.is_empty() { value.clone() } else { value[key].clone() };
    let order: Vec<_> = order.iter().map(id).collect();
    let server: Vec<_> = server.iter().map(id).collect();
    let rank = |list: &[Value], item: &Value| list.iter().position(|one| *one == id(item));
    let (mut named, others): (Vec<_>, Vec<_>) = items.drain(..).partition(|item| rank(&order, item).is_some());
    named.sort_by_key(|item| rank(&order, item));
    let mut others = others.into_iter().peekable();
    for item in named {
        let before = |other: &Value| matches!((rank(&server, other), rank(&server, &item)), (Some(left), Some(right)) if left < right);
        while let Some(other) = others.next_if(before) {
            items.push(other);
        }
        items.push(item);
    }
    items.extend(others);
}
