//! Server-side apply: merging a configuration into an object by field ownership.
//!
//! The algorithm is that of structured-merge-diff v6 (`merge.Updater.Apply`): merge, drop what the
//! applier no longer claims and nobody else owns, report fields of others that would change.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::field_set::{Element, FieldSet, path_text};
use super::last_applied;
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
    let mut config = config.clone();
    drop_nulls(&mut config);
    managed_fields::drop_foreign_part(kind, applier.subresource, &mut config);
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
    let forced = Applier { force: true, ..*applier };
    let by_annotation = last_applied::allows(live, &managers, &difference.set, applier.manager, &shape);
    take_over(&mut managers, &difference.set, if by_annotation { &forced } else { applier })?;
    last_applied::update(&mut merged, &config, applier.manager);

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
pub(super) fn check(kind: &Kind, config: &Value) -> Result<(), ApiError> {
    let shape = schemas().root(&kind.schema);
    let mut found: Vec<_> = problems(config, &shape)
        .into_iter()
        .map(|problem| match problem {
            Problem::Unknown { path } => format!(".{path}: field not declared in schema"),
            Problem::Mistyped { path, typed, .. } => format!(".{path}: {typed}"),
            Problem::Unreadable { path, message } => format!(".{path}: {message}"),
        })
        .collect();
    if let Some(custom) = &kind.custom {
        let unknown = custom.prune(&mut config.clone());
        found.extend(unknown.into_iter().map(|path| format!(".{path}: field not declared in schema")));
    }
    duplicate_items(config, &shape, &mut String::new(), &mut found);
    let detail = match found.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    let version = if kind.group.is_empty() { format!("/{}", kind.version) } else { kind.api_version() };
    Err(ApiError::unknown(format!(
        "failed to create typed patch object ({}/{}; {version}, Kind={}): {detail}",
        namespace(config),
        name(config),
        kind.kind
    )))
}

/// Items that a list of the map or set kind has more than once.
fn duplicate_items(value: &Value, shape: &Shape, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                path.push('.');
                path.push_str(name);
                duplicate_items(member, &shape.child(name), path, found);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            let mut seen = Vec::new();
            for item in items {
                let element = Element::of_item(item, shape);
                let text = path_text(std::slice::from_ref(&element));
                if *shape.list_type() != ListType::Atomic && seen.contains(&element) {
                    found.push(format!("{path}: duplicate entries for key {text}"));
                }
                seen.push(element);
                path.push_str(&text);
                duplicate_items(item, &shape.item(), path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Takes every member that is null out of a value, however deep.
pub(super) fn drop_nulls(value: &mut Value) {
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

/// Items of both: those of `config` in its order; what only `live` has comes before what follows it there.
fn merge_lists(live: &[Value], config: &[Value], shape: &Shape) -> Vec<Value> {
    let named = |items: &[Value]| -> Vec<Element> { items.iter().map(|item| Element::of_item(item, shape)).collect() };
    let (before, wanted) = (named(live), named(config));
    let mut merged = Vec::with_capacity(live.len().max(config.len()));
    let mut rest = 0;
    for (item, element) in config.iter().zip(&wanted) {
        while before.get(rest).is_some_and(|one| !wanted.contains(one)) {
            merged.push(live[rest].clone());
            rest += 1;
        }
        let found = before.iter().position(|one| one == element);
        merged.push(found.map_or_else(|| item.clone(), |at| merge(&live[at], item, &shape.item())));
        if before.get(rest) == Some(element) {
            rest += 1;
        }
    }
    let left = live.iter().zip(&before).skip(rest).filter(|(_, one)| !wanted.contains(one));
    merged.extend(left.map(|(item, _)| item.clone()));
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
