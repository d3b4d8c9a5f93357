//! Server-side apply: merging a configuration into an object by field ownership.
//!
//! The algorithm is that of structured-merge-diff v6 (`merge.Updater.Apply`): merge, drop what the
//! applier no longer claims and nobody else owns, report fields of others that would change.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::field_set::{Element, FieldSet, path_text};
use super::managed_fields::{self, Manager, compare};
use super::status::ApiError;
use crate::kinds::Kind;
use crate::store::object::{name, namespace};
use stagegate_kubernetes_schema::{ListType, Problem, Shape, problems, schemas};

/// Who applies, and whether fields of others are taken over.
pub(super) struct Applier<'a> {
    pub(super) manager: &'a str,
    pub(super) subresource: &'a str,
    pub(super) force: bool,
    pub(super) now: Timestamp,
}

/// The object that applying `config` to `live` gives, `managedFields` included.
///
/// `live` is an object with only a name when there is none yet.
pub(super) fn apply(kind: &Kind, live: &Value, config: &Value, applier: &Applier<'_>) -> Result<Value, ApiError> {
    let shape = schemas().root(&kind.schema);
    check(kind, config, &shape)?;
    let mut config = config.clone();
    drop_nulls(&mut config);
    let mut managers = managed_fields::read(live);
    let claimed = FieldSet::of(&managed_fields::managed_part(&config), &shape);
    let mine = managers.iter().position(|one| one.is(applier.manager, "Apply", applier.subresource));
    let mine = mine.map(|index| managers.remove(index));

    let mut merged = merge(live, &config, &shape);
    if let Some(mine) = &mine {
        // The whole configuration: nobody manages `metadata.name`, but it must stay.
        let mut kept = FieldSet::of(&config, &shape);
        for other in &managers {
            kept.union(&other.fields);
        }
        drop_unclaimed(&mut merged, &mine.fields, &kept, &shape);
    }
    let difference = compare(live, &merged, &shape);
    take_over(&mut managers, &difference.set, applier)?;

    let mut entry = Manager::new(applier.manager, "Apply", kind, applier.subresource, applier.now);
    entry.fields = claimed;
    if let Some(mine) = mine
        && mine.fields == entry.fields
    {
        entry.time = mine.time;
    }
    managers.push(entry);
    managed_fields::write(&mut merged, managers);
    Ok(merged)
}

/// The errors of a configuration that does not fit the schema, in structured-merge-diff's words.
fn check(kind: &Kind, config: &Value, shape: &Shape) -> Result<(), ApiError> {
    let found: Vec<_> = problems(config, shape)
        .into_iter()
        .map(|problem| match problem {
            Problem::Unknown { path } => format!(".{path}: field not declared in schema"),
            Problem::Mistyped { path, typed, .. } => format!(".{path}: {typed}"),
        })
        .collect();
    let detail = match found.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    let place =
        if kind.namespaced { format!("{}/{}", namespace(config), name(config)) } else { format!("/{}", name(config)) };
    Err(ApiError::unknown(format!(
        "failed to create typed patch object ({place}; {}, Kind={}): {detail}",
        kind.api_version(),
        kind.kind
    )))
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// `live` with the values of `config` put over it.
fn merge(live: &Value, config: &Value, shape: &Shape) -> Value {
    match (live, config) {
        (Value::Object(before), Value::Object(members)) if !shape.is_atomic() => {
            let mut merged = before.clone();
            for (name, member) in members {
                let value =
                    before.get(name).map_or_else(|| member.clone(), |before| merge(before, member, &shape.child(name)));
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(before), Value::Array(items)) if *shape.list_type() != ListType::Atomic => {
            Value::Array(merge_lists(before, items, shape))
        }
        _ => config.clone(),
    }
}

/// Items of `config` in its order; items that only `live` has stay where they were before them.
fn merge_lists(live: &[Value], config: &[Value], shape: &Shape) -> Vec<Value> {
    let name = |item: &Value| Element::of_item(item, shape);
    let wanted: Vec<_> = config.iter().map(name).collect();
    let mut rest: Vec<(Element, &Value)> = live.iter().map(|item| (name(item), item)).collect();
    let mut merged = Vec::new();
    for (item, element) in config.iter().zip(&wanted) {
        let Some(at) = rest.iter().position(|(one, _)| one == element) else {
            merged.push(item.clone());
            continue;
        };
        let before: Vec<_> = rest.drain(..=at).collect();
        for (one, other) in before {
            if one == *element {
                merged.push(merge(other, item, &shape.item()));
            } else if wanted.contains(&one) {
                // Comes later in the configuration's order.
                rest.push((one, other));
            } else {
                merged.push(other.clone());
            }
        }
    }
    merged.extend(rest.into_iter().filter(|(one, _)| !wanted.contains(one)).map(|(_, item)| item.clone()));
    merged
}

/// Removes what `last` claimed and nobody claims now.
fn drop_unclaimed(value: &mut Value, last: &FieldSet, kept: &FieldSet, shape: &Shape) {
    for (element, below) in last.iter() {
        let empty = FieldSet::default();
        if !kept.touches(element) {
            remove_element(value, element, shape);
        } else if let Some((child, shape)) = element_mut(value, element, shape) {
            drop_unclaimed(child, below, kept.below(element).unwrap_or(&empty), &shape);
        }
    }
}

fn element_mut<'a>(value: &'a mut Value, element: &Element, shape: &Shape) -> Option<(&'a mut Value, Shape)> {
    match (value, element) {
        (Value::Object(members), Element::Field(name)) => Some((members.get_mut(name)?, shape.child(name))),
        (Value::Array(items), _) => {
            let item = items.iter_mut().find(|item| Element::of_item(item, shape) == *element)?;
            Some((item, shape.item()))
        }
        _ => None,
    }
}

fn remove_element(value: &mut Value, element: &Element, shape: &Shape) {
    match (value, element) {
        (Value::Object(members), Element::Field(name)) => drop(Map::remove(members, name)),
        (Value::Array(items), _) => items.retain(|item| Element::of_item(item, shape) != *element),
        _ => {}
    }
}

/// Conflicts with other managers, unless forced: then the fields change hands.
fn take_over(managers: &mut [Manager], changed: &FieldSet, applier: &Applier<'_>) -> Result<(), ApiError> {
    let conflicts: Vec<(String, Vec<String>)> = managers
        .iter()
        .map(|other| (using(other), other.fields.intersection(changed).iter().map(|path| path_text(path)).collect()))
        .filter(|(_, fields): &(String, Vec<String>)| !fields.is_empty())
        .collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    if applier.force {
        for other in managers {
            other.fields.subtract(changed);
        }
        return Ok(());
    }
    Err(conflict_error(&conflicts))
}

fn using(manager: &Manager) -> String {
    let mut text = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        text = format!("{text} with subresource {:?}", manager.subresource);
    }
    if manager.operation == "Update" {
        text = format!("{text} using {}", manager.api_version);
    }
    text
}

fn conflict_error(conflicts: &[(String, Vec<String>)]) -> ApiError {
    let count: usize = conflicts.iter().map(|(_, fields)| fields.len()).sum();
    let causes: Vec<_> = conflicts
        .iter()
        .flat_map(|(who, fields)| fields.iter().map(move |field| (field.clone(), format!("conflict with {who}"))))
        .collect();
    let message = if let [(field, who)] = causes.as_slice() {
        format!("Apply failed with 1 conflict: {who}: {field}")
    } else {
        let lists: Vec<_> =
            conflicts.iter().map(|(who, fields)| format!("conflicts with {who}:\n- {}", fields.join("\n- "))).collect();
        format!("Apply failed with {count} conflicts: {}", lists.join("\n"))
    };
    ApiError::apply_conflict(message, &causes)
}
