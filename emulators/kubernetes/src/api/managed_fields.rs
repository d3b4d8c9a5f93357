//! `metadata.managedFields`: which manager owns which fields.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::field_set::{Element, FieldSet};
use crate::kinds::Kind;
use crate::store::object::{self, list, remove, text};
use stagegate_kubernetes_schema::{ListType, Shape, canonical, schemas};

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Manager {
    pub(super) name: String,
    /// `Apply` or `Update`.
    pub(super) operation: String,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: String,
    pub(super) fields: FieldSet,
}

impl Manager {
    pub(super) fn new(name: &str, operation: &str, kind: &Kind, subresource: &str, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            operation: operation.to_owned(),
            api_version: kind.api_version(),
            subresource: subresource.to_owned(),
            time: object::time(now),
            fields: FieldSet::default(),
        }
    }

    pub(super) fn is(&self, name: &str, operation: &str, subresource: &str) -> bool {
        self.name == name && self.operation == operation && self.subresource == subresource
    }
}

/// The entries of an object.
pub(super) fn read(object: &Value) -> Vec<Manager> {
    list(object, "/metadata/managedFields")
        .iter()
        .filter(|entry| !text(entry, "/operation").is_empty())
        .map(|entry| Manager {
            name: text(entry, "/manager").to_owned(),
            operation: text(entry, "/operation").to_owned(),
            api_version: text(entry, "/apiVersion").to_owned(),
            subresource: text(entry, "/subresource").to_owned(),
            time: text(entry, "/time").to_owned(),
            fields: FieldSet::from_json(&entry["fieldsV1"]),
        })
        .collect()
}

/// Writes the entries into an object; entries that own nothing are left out.
pub(super) fn write(object: &mut Value, mut managers: Vec<Manager>) {
    managers.retain(|manager| !manager.fields.is_empty());
    managers.sort_by(|a, b| (&a.operation, &a.time, &a.name).cmp(&(&b.operation, &b.time, &b.name)));
    let entries: Vec<_> = managers
        .iter()
        .map(|manager| {
            let mut entry = json!({
                "manager": manager.name,
                "operation": manager.operation,
                "apiVersion": manager.api_version,
                "fieldsType": "FieldsV1",
                "fieldsV1": manager.fields.to_json(),
            });
            for (member, value) in [("subresource", &manager.subresource), ("time", &manager.time)] {
                if !value.is_empty() {
                    entry[member] = json!(value);
                }
            }
            entry
        })
        .collect();
    if entries.is_empty() {
        remove(object, &["metadata", "managedFields"]);
    } else {
        object::set(object, &["metadata", "managedFields"], entries);
    }
}

/// Notes that `manager` made `new` out of `old` by something other than server-side apply.
pub(crate) fn record_update(
    kind: &Kind,
    old: &Value,
    new: &mut Value,
    manager: &str,
    subresource: &str,
    now: Timestamp,
) {
    let submitted = new.pointer("/metadata/managedFields").and_then(Value::as_array);
    // A client may rewrite the list (kubectl does to move from client-side to server-side apply);
    // leaving it out keeps it.
    let mut managers = if submitted.is_some_and(|entries| !entries.is_empty()) { read(new) } else { read(old) };
    let shape = schemas().root(&kind.schema);
    let (mut before, mut after) = (old.clone(), new.clone());
    // What Go's structs always have is no change of a new object.
    canonical(&mut before, &shape);
    for part in [&mut before, &mut after] {
        drop_foreign_part(kind, subresource, part);
    }
    let difference = compare(&before, &after, &shape);
    let index = managers.iter().position(|one| one.is(manager, "Update", subresource)).unwrap_or_else(|| {
        managers.push(Manager::new(manager, "Update", kind, subresource, now));
        managers.len() - 1
    });
    for (place, one) in managers.iter_mut().enumerate() {
        one.fields.subtract(&difference.removed);
        if place == index {
            one.fields.union(&difference.set);
            // An update through a scale is noted without its time (`ScaleHandler` of `managedfields`).
            one.time = if subresource == "scale" { String::new() } else { object::time(now) };
        } else {
            one.fields.subtract(&difference.changed);
        }
    }
    write(new, managers);
}

/// Removes what cannot be written through a subresource: the status through the object itself, the spec
/// through the status (`GetResetFields` of the registries' strategies).
pub(super) fn drop_foreign_part(kind: &Kind, subresource: &str, object: &mut Value) {
    if ["status", "approval"].contains(&subresource) {
        remove(object, &["spec"]);
    } else if kind.has("status") {
        remove(object, &["status"]);
    }
}

/// An object without what every write changes.
pub(super) fn content(object: &Value) -> Value {
    let mut content = object.clone();
    for field in ["managedFields", "resourceVersion"] {
        remove(&mut content, &["metadata", field]);
    }
    content
}

/// How two versions of an object differ.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Added and changed fields.
    pub(super) set: FieldSet,
    /// Changed fields alone.
    pub(super) changed: FieldSet,
    pub(super) removed: FieldSet,
}

/// Compares two versions of an object, field by field; what nobody manages is left out.
pub(super) fn compare(old: &Value, new: &Value, shape: &Shape) -> Difference {
    let mut difference = Difference::default();
    let (mut old, mut new) = (managed_part(old), managed_part(new));
    for part in [&mut old, &mut new] {
        object::map_at(part, &["metadata"]);
    }
    visit(Some(&old), Some(&new), shape, &mut Vec::new(), &mut difference);
    difference
}

/// The object without the fields that nobody manages (`stripMeta` of the API server).
pub(super) fn managed_part(object: &Value) -> Value {
    let mut part = object.clone();
    for field in ["apiVersion", "kind"] {
        remove(&mut part, &[field]);
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "selfLink",
        "managedFields",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
    ] {
        remove(&mut part, &["metadata", field]);
    }
    if part["metadata"].as_object().is_some_and(serde_json::Map::is_empty) {
        remove(&mut part, &["metadata"]);
    }
    part
}

fn visit(
    old: Option<&Value>,
    new: Option<&Value>,
    shape: &Shape,
    path: &mut Vec<Element>,
    difference: &mut Difference,
) {
    if old == new {
        return;
    }
    // A null is there, but has nothing in it.
    let existed = old.is_some();
    let old = old.filter(|value| !value.is_null());
    let either = new.or(old);
    match either {
        Some(Value::Object(_)) if !shape.is_atomic() && both(old, new, Value::is_object) => {
            let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
            let (before, after) = (members(old), members(new));
            let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                path.push(Element::Field(name.clone()));
                visit(before.get(name), after.get(name), &shape.child(name), path, difference);
                path.pop();
            }
            note_existence(old, new, !existed || after.is_empty(), path, difference);
        }
        Some(Value::Array(_)) if *shape.list_type() != ListType::Atomic && both(old, new, Value::is_array) => {
            let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
            let named = |items: Vec<Value>| {
                items.into_iter().map(|item| (Element::of_item(&item, shape), item)).collect::<Vec<_>>()
            };
            let (before, after) = (named(items(old)), named(items(new)));
            let find = |all: &[(Element, Value)], name: &Element| {
                all.iter().find(|(one, _)| one == name).map(|(_, item)| item.clone())
            };
            let mut elements: Vec<_> = before.iter().chain(&after).map(|(name, _)| name.clone()).collect();
            elements.sort();
            elements.dedup();
            for name in elements {
                let (before, after) = (find(&before, &name), find(&after, &name));
                path.push(name);
                visit(before.as_ref(), after.as_ref(), &shape.item(), path, difference);
                note_existence(before.as_ref(), after.as_ref(), true, path, difference);
                path.pop();
            }
            note_existence(old, new, !existed, path, difference);
        }
        _ => {
            note_existence(old, new, true, path, difference);
            if old.is_some() && new.is_some() {
                difference.set.insert(path);
                difference.changed.insert(path);
            }
        }
    }
}

/// Whether what is there on both sides passes `test`.
fn both(old: Option<&Value>, new: Option<&Value>, test: fn(&Value) -> bool) -> bool {
    old.is_none_or(test) && new.is_none_or(test)
}

fn note_existence(
    old: Option<&Value>,
    new: Option<&Value>,
    whole: bool,
    path: &[Element],
    difference: &mut Difference,
) {
    match (old, new) {
        (None, Some(_)) if whole => difference.set.insert(path),
        (Some(_), None) => difference.removed.insert(path),
        _ => {}
    }
}
