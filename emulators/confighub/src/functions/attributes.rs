//! Getting and setting the values of attributes.

use serde_json::{Value as Json, json};
use stagegate_configuration::yaml::{Document, New, Value, escaped};

use super::call::{Call, Output, Returned};
use super::patterns;
use super::registry::{self, Paths};
use super::visit::{Place, attribute_value, bound_details, sort, visit};

/// Which values are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Strings, integers and booleans.
    Any,
    Text,
    Integer,
    Boolean,
    /// Strings that hold a placeholder.
    NeededText,
}

const PLACEHOLDER: &str = super::placeholders::TEXT;
const OLD_PLACEHOLDER: &str = super::placeholders::OLD_TEXT;

/// The values at all places of `paths`, in order.
pub(super) fn values(data: &mut [Document], paths: &Paths, keys: &[String], wanted: Wanted) -> Returned {
    let mut found = Vec::new();
    let errors = visit(data, paths, keys, false, |document, place| {
        found.extend(value_at(document, place, wanted)?);
        Ok(())
    });
    if !errors.is_empty() {
        found.clear();
    }
    sort(&mut found);
    Returned::told(Some(Output::AttributeValues(found)), errors)
}

fn value_at(document: &Document, place: &Place<'_>, wanted: Wanted) -> Result<Option<Json>, String> {
    let mut found = place.value(document);
    let data_type = match &found {
        Value::Text(_) => "string",
        Value::Integer(_) => "int",
        Value::Boolean(_) => "bool",
        other => return Err(format!("type {} not supported", other.type_name())),
    };
    let mut path = place.path.clone();
    if let (Value::Text(text), Some(pattern)) = (&found, place.pattern()) {
        path = format!("{path}#{}", place.part);
        found = Value::Text(patterns::part(pattern, place.part, text).to_owned());
    }
    let expected = match wanted {
        Wanted::Any => data_type,
        Wanted::Text | Wanted::NeededText => "string",
        Wanted::Integer => "int",
        Wanted::Boolean => "bool",
    };
    if data_type != expected {
        let (value, path) = (found.plain(), &place.path);
        return Err(format!("value {value} at path {path} is of type {data_type} but expected {expected}"));
    }
    let needed = |text: &str| text.contains(PLACEHOLDER) || text.contains(OLD_PLACEHOLDER);
    if wanted == Wanted::NeededText && !found.as_text().is_some_and(needed) {
        return Ok(None);
    }
    let details = place.attribute.details.as_ref().map(|details| json!(bound_details(details, &place.arguments)));
    let mut entry = attribute_value(place.resource, &path, &place.attribute.name, details, &found);
    let comments = place.node(document).map(stagegate_configuration::yaml::Node::comments).unwrap_or_default();
    if !comments.is_empty() {
        entry["Comment"] = json!(comments);
    }
    Ok(Some(entry))
}

/// Changes the strings at all places of `paths`.
pub(super) fn change_text(
    data: &mut [Document],
    paths: &Paths,
    keys: &[String],
    create: bool,
    change: impl Fn(&str) -> String,
) -> Vec<String> {
    visit(data, paths, keys, create, |document, place| {
        let present = match place.node(document) {
            None => String::new(),
            Some(_) => match place.value(document) {
                Value::Text(text) => text,
                other => return Err(not_convertible(&other, place, "string")),
            },
        };
        let new = match place.pattern() {
            None => change(&present),
            Some(pattern) => {
                let part = patterns::part(pattern, place.part, &present);
                let missing = || format!("embedded field {} not found at path {}", place.part, place.path);
                let whole =
                    (!part.is_empty()).then(|| patterns::with_part(pattern, place.part, &present, &change(part)));
                whole.flatten().ok_or_else(missing)?
            }
        };
        if new != present || create {
            set(document, place, &New::text(new))?;
        }
        Ok(())
    })
}

/// Sets the value at all places of `paths`, if it is of the same type or not there.
pub(super) fn set_value(
    data: &mut [Document],
    paths: &Paths,
    keys: &[String],
    create: bool,
    wanted: &Value,
) -> Vec<String> {
    let new = match wanted {
        Value::Text(text) => return change_text(data, paths, keys, create, |_| text.clone()),
        Value::Boolean(flag) => New::boolean(*flag),
        Value::Integer(number) => New::integer(*number),
        _ => return vec!["internal error".to_owned()],
    };
    visit(data, paths, keys, create, |document, place| {
        let mut same = false;
        if place.node(document).is_some() {
            let present = place.value(document);
            if present.type_name() != wanted.type_name() {
                return Err(not_convertible(&present, place, wanted.type_name()));
            }
            same = present == *wanted;
        }
        if same && !create { Ok(()) } else { set(document, place, &new) }
    })
}

fn set(document: &mut Document, place: &Place<'_>, new: &New) -> Result<(), String> {
    document.root.set(&place.segments, new).map_err(|error| error.to_string())
}

fn not_convertible(value: &Value, place: &Place<'_>, wanted: &str) -> String {
    format!("value {} at path {} cannot be converted to {wanted}", value.plain(), place.path)
}

/// The keys that arguments put into paths.
fn keys(call: &Call<'_>, count: usize) -> Vec<String> {
    (0..count).map(|place| escaped(&call.arguments.text(place))).collect()
}

/// A getter of the attribute that the function is registered for.
pub(super) fn get(call: &mut Call<'_>) -> Returned {
    let keys = keys(call, call.arguments.len());
    let wanted = if call.function.attribute == "replicas" { Wanted::Integer } else { Wanted::Text };
    values(call.data, registry::paths(call.function.attribute), &keys, wanted)
}

/// A setter of the attribute that the function is registered for; the last argument is the value.
pub(super) fn set_attribute(call: &mut Call<'_>) -> Returned {
    set_registered(call, false)
}

/// The same, also where there is none yet.
pub(super) fn upsert_attribute(call: &mut Call<'_>) -> Returned {
    set_registered(call, true)
}

fn set_registered(call: &mut Call<'_>, create: bool) -> Returned {
    let last = call.arguments.len().saturating_sub(1);
    let keys = keys(call, last);
    let value = call.arguments.value(last);
    Returned::changed(set_value(call.data, registry::paths(call.function.attribute), &keys, create, &value))
}

/// `get-string-path`
pub(super) fn get_text_path(call: &mut Call<'_>) -> Returned {
    get_path(call.data, &call.arguments.text(0), &call.arguments.text(1), Wanted::Text)
}

/// `get-int-path`
pub(super) fn get_integer_path(call: &mut Call<'_>) -> Returned {
    get_path(call.data, &call.arguments.text(0), &call.arguments.text(1), Wanted::Integer)
}

/// `get-bool-path`
pub(super) fn get_boolean_path(call: &mut Call<'_>) -> Returned {
    get_path(call.data, &call.arguments.text(0), &call.arguments.text(1), Wanted::Boolean)
}

/// The values at a path of all resources of a type.
pub(super) fn get_path(data: &mut [Document], resource_type: &str, path: &str, wanted: Wanted) -> Returned {
    values(data, &registry::at_path(resource_type, path), &[], wanted)
}

/// `set-string-path`, `set-int-path` and `set-bool-path`
pub(super) fn set_path(call: &mut Call<'_>) -> Returned {
    let paths = registry::at_path(&call.arguments.text(0), &call.arguments.text(1));
    Returned::changed(set_value(call.data, &paths, &[], true, &call.arguments.value(2)))
}

/// `set-path-comment`
pub(super) fn set_path_comment(call: &mut Call<'_>) -> Returned {
    let paths = registry::at_path(&call.arguments.text(0), &call.arguments.text(1));
    let comment = call.arguments.text(2);
    Returned::changed(visit(call.data, &paths, &[], false, |document, place| {
        if let Some(node) = document.root.get_mut(&place.segments) {
            node.line.clone_from(&comment);
        }
        Ok(())
    }))
}

/// `get-attributes`
pub(super) fn get_attributes(call: &mut Call<'_>) -> Returned {
    values(call.data, registry::paths(registry::GENERAL), &[], Wanted::Any)
}

/// `get-details`
pub(super) fn get_details(call: &mut Call<'_>) -> Returned {
    values(call.data, registry::paths(registry::DETAIL), &[], Wanted::Any)
}
