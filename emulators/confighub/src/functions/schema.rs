//! `validate`: whether resources are as the schemas of Kubernetes' kinds say.
//!
//! Strictly, as the real executor does it: unknown fields, wrong types and missing fields are told. That one
//! gets its schemas from the network, fails without one, and passes kinds that it finds no schema for.
//! Here those of the built-in kinds are at hand, and a kind that is none of them is refused by name.

use serde_json::Value as Json;
use stagegate_configuration::yaml::{Document, Kind, Node, value};
use stagegate_kubernetes_schema::{Problem, Shape, missing, problems, schemas};

use super::call::{Call, Output, Returned, Validation};

/// `validate`
pub(super) fn validate(call: &mut Call<'_>) -> Returned {
    let mut details = Vec::new();
    for document in call.data.iter() {
        match checked(document) {
            Ok(found) => details.extend(found),
            Err(UnknownKind(kind)) => {
                return Returned::unsupported(format!("validate on {kind}, which is not built in,"));
            }
        }
    }
    let passed = details.is_empty();
    Returned::with(Output::Validation(Validation { passed, details, ..Validation::default() }))
}

/// A resource type that there is no schema for.
struct UnknownKind(String);

/// What is wrong with a document.
fn checked(document: &Document) -> Result<Vec<String>, UnknownKind> {
    let root = &document.root;
    let mut details = Vec::new();
    repeated_keys(root, "", &mut details);
    if !details.is_empty() {
        return Ok(details);
    }
    let Some(json) = value(root, root).map(|value| value.json()) else {
        return Ok(vec!["the resource cannot be read as JSON".to_owned()]);
    };
    if json.is_null() {
        return Ok(details);
    }
    if !json.is_object() {
        return Ok(vec!["a resource must be a mapping".to_owned()]);
    }
    let named = |key: &str| json[key].as_str().filter(|text| !text.is_empty());
    let (Some(api_version), Some(kind)) = (named("apiVersion"), named("kind")) else {
        let absent = ["apiVersion", "kind"].into_iter().filter(|key| named(key).is_none());
        details.extend(absent.map(|key| format!("{key}: expected the name of a built-in type")));
        return Ok(details);
    };
    let shape = schemas().kind(api_version, kind).ok_or_else(|| UnknownKind(format!("{api_version}/{kind}")))?;
    details.extend(by_schema(&json, &shape));
    Ok(details)
}

fn by_schema(json: &Json, shape: &Shape) -> Vec<String> {
    let told = |problem: Problem| match problem {
        Problem::Unknown { path } => Some(format!("{path}: unknown field")),
        Problem::Mistyped { path, wanted, found, .. } => {
            Some(format!("{path}: expected {}, got {found}", in_words(&wanted)))
        }
        // The hub looks at types only.
        Problem::Unreadable { .. } => None,
    };
    let absent = |(path, name): (String, String)| {
        let separator = if path.is_empty() { "" } else { "." };
        format!("{path}{separator}{name}: required field is missing")
    };
    problems(json, shape).into_iter().filter_map(told).chain(missing(json, shape).into_iter().map(absent)).collect()
}

/// A type's name, where Go's is not JSON's.
fn in_words(wanted: &str) -> &str {
    match wanted {
        "[]uint8" => "string",
        "resource.Quantity" => wanted,
        list if list.starts_with("[]") => "array",
        map if map.starts_with("map[") || map.contains('.') => "object",
        other => other,
    }
}

fn repeated_keys(node: &Node, path: &str, details: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    for (key, value) in node.entries().filter(|(key, _)| key.kind == Kind::Scalar) {
        let separator = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{separator}{}", key.value);
        if !seen.insert(&key.value) {
            details.push(format!("{path}: key already defined"));
        }
        repeated_keys(value, &path, details);
    }
    for (index, item) in node.items().iter().enumerate() {
        repeated_keys(item, &format!("{path}[{index}]"), details);
    }
}
