//! `metadata.managedFields`: which manager owns which fields.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::field_set::{Element, FieldSet};
use crate::kinds::Kind;
use crate::store::object::{self, list, remove, text};
use stagegate_kubernetes_schema::{ListType, Shape, Type, schemas};

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
                "time": manager.time,
                "fieldsType": "FieldsV1",
                "fieldsV1": manager.fields.to_json(),
            });
            if !manager.subresource.is_empty() {
                entry["subresource"] = json!(manager.subresource);
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
    let difference = compare(old, new, &schemas().root(&kind.schema));
    let index = managers.iter().position(|one| one.is(manager, "Update", subresource)).unwrap_or_else(|| {
        managers.push(Manager::new(manager, "Update", kind, subresource, now));
        managers.len() - 1
    });
    for (place, one) in managers.iter_mut().enumerate() {
        one.fields.subtract(&difference.removed);
        if place == index {
            one.fields.union(&difference.set);
            one.time = object::time(now);
        } else {
            one.fields.subtract(&difference.changed);
        }
    }
    write(new, managers);
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
    let (old, new) = (managed_part(old), managed_part(new));
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
            // A struct is only the sum of its fields; a map is something of its own.
            let whole = !matches!(shape.of, Type::Struct(_)) || after.is_empty();
            note_existence(old, new, whole, path, difference);
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
