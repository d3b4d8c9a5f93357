//! Strategic merge patch: a merge patch that knows lists by their merge keys.
//!
//! Directives, messages and order are those of `k8s.io/apimachinery/pkg/util/strategicpatch`: `$patch`,
//! `$setElementOrder/…`, `$retainKeys`, `$deleteFromPrimitiveList/…`. What is new is put in as it is, so that
//! directives within it are left to the decoder, which does not know such fields.

use serde_json::{Map, Value};

use super::go_value;
use super::server_side_apply::drop_nulls;
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
    merge_map(as_map(target), changes.clone(), shape)
}

fn merge_map(original: &mut Map<String, Value>, mut patch: Map<String, Value>, shape: &Shape) -> Result<(), ApiError> {
    match patch.get(PATCH).map(Value::as_str) {
        Some(Some("replace")) => {
            patch.remove(PATCH);
            *original = patch;
            return Ok(());
        }
        Some(Some("delete")) => {
            original.clear();
            return Ok(());
        }
        Some(_) => return Err(unknown_directive(&patch)),
        None => {}
    }
    retain_keys(original, &mut patch)?;
    merge_ordered_lists(original, &mut patch, shape)?;
    // Go goes through them in any order; here what is removed from a list goes last.
    let (deletions, changes): (Vec<_>, Vec<_>) = patch.into_iter().partition(|(name, _)| name.starts_with(DELETE_FROM));
    for (name, change) in changes.into_iter().chain(deletions) {
        let (name, deletes) = name.strip_prefix(DELETE_FROM).map_or((name.as_str(), false), |name| (name, true));
        merge_member(original, name, change, deletes, &shape.child(name))?;
    }
    Ok(())
}

fn merge_member(
    original: &mut Map<String, Value>,
    name: &str,
    change: Value,
    deletes: bool,
    shape: &Shape,
) -> Result<(), ApiError> {
    match (original.get_mut(name), change) {
        (_, Value::Null) => drop(original.remove(name)),
        (Some(Value::Object(before)), Value::Object(change)) => merge_map(before, change, shape)?,
        (Some(Value::Array(before)), Value::Array(items)) => {
            *before = if deletes {
                before.iter().filter(|item| !items.contains(item)).cloned().collect()
            } else {
                merge_list(before, &items, shape)?.0
            };
        }
        _ if deletes => {}
        (_, mut change) => {
            drop_nulls(&mut change);
            match without_directives(change) {
                Some(change) => drop(original.insert(name.to_owned(), change)),
                None => drop(original.remove(name)),
            }
        }
    }
    Ok(())
}

/// What is left of a value that is new: nothing of maps with `$patch`.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(members) if members.contains_key(PATCH) => None,
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, member)| Some((name, without_directives(member)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        other => Some(other),
    }
}

fn unknown_directive(patch: &Map<String, Value>) -> ApiError {
    let directive = patch.get(PATCH).map(go_value::text).unwrap_or_default();
    ApiError::unknown(format!("unknown patch type: {directive} in map: {}", go_value::text(&patch.clone().into())))
}

/// `$retainKeys` lists all the fields that may remain, among them all that the patch sets.
fn retain_keys(original: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), ApiError> {
    let invalid = || ApiError::bad_request("invalid patch format of retainKeys");
    let Some(kept) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let kept = kept.as_array().ok_or_else(invalid)?;
    let is_kept = |name: &String| kept.iter().any(|one| one == name);
    let is_parallel = |name: &String| name.starts_with(DELETE_FROM) || name.starts_with(ORDER);
    if patch.iter().any(|(name, change)| !change.is_null() && !is_parallel(name) && !is_kept(name)) {
        return Err(invalid());
    }
    original.retain(|name, _| is_kept(name));
    Ok(())
}

/// Merges the lists whose order the patch gives, and takes both out of the patch.
fn merge_ordered_lists(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    shape: &Shape,
) -> Result<(), ApiError> {
    let directives: Vec<String> = patch.keys().filter(|name| name.starts_with(ORDER)).cloned().collect();
    for directive in directives {
        let name = &directive[ORDER.len()..];
        let shape = shape.child(name);
        let key = shape.merge_key().unwrap_or_default();
        let order = list_of(patch.remove(&directive).as_ref())?.unwrap_or_default();
        let before = list_of(original.get(name))?;
        let items = list_of(patch.get(name))?;
        check_order(items.as_deref().unwrap_or_default(), &order, key)?;
        let is_empty = |list: &Option<Vec<Value>>| list.as_ref().is_none_or(Vec::is_empty);
        let (merged, server) = match (before, items) {
            (None, None) => continue,
            (before, items) if is_empty(&before) && is_empty(&items) => {
                return Err(ApiError::unknown("no elements in any of the given slices"));
            }
            (before, None) => (before.clone().unwrap_or_default(), before.unwrap_or_default()),
            (None, Some(items)) => (items.into_iter().filter_map(without_directives).collect(), Vec::new()),
            (Some(before), Some(items)) => merge_list(&before, &items, &shape)?,
        };
        original.insert(name.to_owned(), reordered(merged, &server, &order, key).into());
        patch.remove(name);
    }
    Ok(())
}

/// The list that must be at a place where something is.
fn list_of(value: Option<&Value>) -> Result<Option<Vec<Value>>, ApiError> {
    let found = match value {
        None => return Ok(None),
        Some(Value::Array(items)) => return Ok(Some(items.clone())),
        Some(Value::Null) => "%!s(<nil>)",
        Some(Value::Bool(_)) => "bool",
        Some(Value::Number(number)) if number.is_f64() => "float64",
        Some(Value::Number(_)) => "int64",
        Some(Value::String(_)) => "string",
        Some(Value::Object(_)) => "map[string]interface {}",
    };
    Err(ApiError::unknown(format!("expected a []interface {{}}, but received a {found}")))
}

/// The items of a patch must come in the order that it wants.
fn check_order(items: &[Value], order: &[Value], key: &str) -> Result<(), ApiError> {
    if items.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter().peekable();
    for item in items.iter().filter(|item| key.is_empty() || item[PATCH] != "delete") {
        if rest.peek().is_some() && item.get(PATCH).is_some() {
            continue;
        }
        let mut found = false;
        while !found && let Some(one) = rest.next() {
            found = id(one, key)? == id(item, key)?;
        }
        if !found {
            let text = |list: &[Value]| go_value::text(&Value::Array(list.to_vec()));
            let (items, order) = (text(items), text(order));
            let message =
                format!("The order in patch list:\n{items}\n doesn't match $setElementOrder list:\n{order}\n");
            return Err(ApiError::unknown(message));
        }
    }
    Ok(())
}

/// What an item is known by: its merge key, or itself where there is none.
fn id<'a>(item: &'a Value, key: &str) -> Result<&'a Value, ApiError> {
    if key.is_empty() {
        return Ok(item);
    }
    item.get(key).ok_or_else(|| {
        ApiError::unknown(format!("map: {} does not contain declared merge key: {key}", go_value::text(item)))
    })
}

/// A list with the items of a patch, and the order of what the server has.
fn merge_list(before: &[Value], patch: &[Value], shape: &Shape) -> Result<(Vec<Value>, Vec<Value>), ApiError> {
    let Some(key) = shape.merge_key() else { return Ok((patch.to_vec(), before.to_vec())) };
    let mut items = before.to_vec();
    if key.is_empty() {
        for item in patch {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
        return Ok((reordered(items, before, patch, key), before.to_vec()));
    }
    let Some(changes) = special_items(&mut items, patch, key)? else {
        let whole: Vec<_> = patch.iter().filter(|item| item.get(PATCH).is_none()).cloned().collect();
        return Ok((whole, before.to_vec()));
    };
    let server = items.clone();
    for change in &changes {
        let wanted = id(change, key)?;
        match (items.iter_mut().find(|item| item.get(key) == Some(wanted)), change) {
            (Some(Value::Object(item)), Value::Object(change)) => merge_map(item, change.clone(), &shape.item())?,
            (Some(item), change) => *item = change.clone(),
            (None, change) => items.push(change.clone()),
        }
    }
    // Go writes what is added into the room that deletions left in the list it takes the order from.
    let added = items[server.len()..].iter().take(before.len() - server.len()).cloned();
    let order: Vec<_> = server.iter().cloned().chain(added).collect();
    Ok((reordered(items, &server, &changes, key), order))
}

/// Carries out the items of a patch that are directives, and gives the others; nothing when they replace the list.
fn special_items(items: &mut Vec<Value>, patch: &[Value], key: &str) -> Result<Option<Vec<Value>>, ApiError> {
    let (mut changes, mut replaces) = (Vec::new(), false);
    for change in patch {
        match change.get(PATCH).map(Value::as_str) {
            None => changes.push(change.clone()),
            Some(Some("delete")) => {
                let gone = id(change, key)?;
                items.retain(|item| item.get(key) != Some(gone));
            }
            Some(Some("replace")) => replaces = true,
            Some(Some("merge")) => {
                return Err(ApiError::unknown("merging lists cannot yet be specified in the patch"));
            }
            Some(_) => return Err(unknown_directive(change.as_object().unwrap_or(&Map::new()))),
        }
    }
    Ok((!replaces).then_some(changes))
}

/// Puts the items that `order` names into its order. The others keep theirs, each before the first of
/// those that it was before (`normalizeElementOrder`).
fn reordered(items: Vec<Value>, server: &[Value], order: &[Value], key: &str) -> Vec<Value> {
    let id = |value: &Value| if key.is_empty() { value.clone() } else { value[key].clone() };
    let order: Vec<_> = order.iter().map(id).collect();
    let server: Vec<_> = server.iter().map(id).collect();
    let rank = |list: &[Value], item: &Value| list.iter().position(|one| *one == id(item));
    let (mut named, others): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| rank(&order, item).is_some());
    named.sort_by_key(|item| rank(&order, item));
    let mut sorted = Vec::with_capacity(named.len() + others.len());
    let mut others = others.into_iter().peekable();
    for item in named {
        let before = |other: &Value| matches!((rank(&server, other), rank(&server, &item)), (Some(left), Some(right)) if left < right);
        while let Some(other) = others.next_if(before) {
            sorted.push(other);
        }
        sorted.push(item);
    }
    sorted.extend(others);
    sorted
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects")]
mod tests {
    use serde_json::json;
    use stagegate_kubernetes_schema::schemas;

    use super::*;

    fn merged(target: &Value, patch: &Value) -> Result<Value, String> {
        let mut target = json!({"spec": {"template": {"spec": target}}});
        let patch = json!({"spec": {"template": {"spec": patch}}});
        apply(&mut target, &patch, &schemas().root("apps.v1.Deployment")).map_err(|error| error.message)?;
        Ok(target.pointer("/spec/template/spec").cloned().unwrap())
    }

    /// What `StrategicMergePatch` of apimachinery 0.32 makes of the same.
    #[test]
    fn directives_are_carried_out_as_by_the_go_library() {
        let list =
            |names: &[&str]| json!({"containers": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
        for (target, patch, expected) in [
            // A new item keeps the directives in it, a new field does not.
            (
                list(&["a"]),
                json!({"containers": [{"name": "b", "env": [{"name": "A", "$patch": "delete"}]}]}),
                json!({"containers": [{"name": "b", "env": [{"name": "A", "$patch": "delete"}]}, {"name": "a"}]}),
            ),
            (
                json!({}),
                json!({"containers": [{"name": "b"}, {"name": "c", "$patch": "delete"}], "x": {"y": null}}),
                json!({"containers": [{"name": "b"}], "x": {}}),
            ),
            // What is added comes after what stays where something goes before it.
            (
                list(&["d", "c", "b"]),
                json!({"containers": [{"name": "d"}, {"name": "a"}, {"name": "c", "$patch": "delete"}],
                    "$setElementOrder/containers": [{"name": "d"}, {"name": "a"}, {"name": "c"}]}),
                list(&["d", "b", "a"]),
            ),
        ] {
            assert_eq!(merged(&target, &patch), Ok(expected), "{patch}");
        }
        for (patch, message) in [
            (json!({"$patch": "merge", "a": 1}), "unknown patch type: merge in map: map[$patch:merge a:1]"),
            (
                json!({"containers": [{"name": "a", "$patch": "merge"}]}),
                "merging lists cannot yet be specified in the patch",
            ),
            (
                json!({"containers": null, "$setElementOrder/containers": [{"name": "a"}]}),
                "expected a []interface {}, but received a %!s(<nil>)",
            ),
            (
                json!({"containers": [{"name": "a"}, {"$patch": "replace"}], "$setElementOrder/containers": [{"name": "a"}]}),
                "The order in patch list:\n[map[name:a] map[$patch:replace]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
            ),
        ] {
            assert_eq!(merged(&list(&["a"]), &patch), Err(message.to_owned()), "{patch}");
        }
    }
}
