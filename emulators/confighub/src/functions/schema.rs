//! `validate`: whether resources have the form that all Kubernetes resources have.
//!
//! The real executor checks against the schemas of Kubernetes' kinds, which it gets from the network, and
//! passes kinds that it has no schema for. Without a network only the form is checked that does not depend
//! on the kind; what that leaves out is not told as an error, as an unknown kind is none there either.

use super::call::{Call, Output, Returned, Validation};
use crate::configuration::yaml::{Document, Kind, Node, Value, value};

/// `validate`
pub(super) fn validate(call: &mut Call<'_>) -> Returned {
    let details: Vec<String> = call.data.iter().flat_map(problems).collect();
    let passed = details.is_empty();
    Returned::with(Output::Validation(Validation { passed, details, ..Validation::default() }))
}

fn problems(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let root = &document.root;
    if !root.is_mapping() {
        return vec!["a resource must be a mapping".to_owned()];
    }
    repeated_keys(root, "", &mut problems);
    for key in ["apiVersion", "kind"] {
        if !matches!(at(document, &[key]), Some(Value::Text(text)) if !text.is_empty()) {
            problems.push(format!("at '/{key}': got {}, want string", described(at(document, &[key]).as_ref())));
        }
    }
    for key in ["name", "generateName", "namespace"] {
        let found = at(document, &["metadata", key]);
        if !matches!(found, None | Some(Value::Text(_))) {
            problems.push(format!("at '/metadata/{key}': got {}, want string", described(found.as_ref())));
        }
    }
    for key in ["labels", "annotations"] {
        match at(document, &["metadata", key]) {
            None | Some(Value::Null) => {}
            Some(Value::Mapping(entries)) => {
                let wrong = entries.into_iter().filter(|(_, value)| !matches!(value, Value::Text(_) | Value::Null));
                problems.extend(wrong.map(|(name, value)| {
                    format!("at '/metadata/{key}/{name}': got {}, want null or string", described(Some(&value)))
                }));
            }
            other => {
                problems.push(format!("at '/metadata/{key}': got {}, want null or object", described(other.as_ref())));
            }
        }
    }
    problems
}

fn at(document: &Document, path: &[&str]) -> Option<Value> {
    document.root.get(path).and_then(|node| value(node, &document.root))
}

/// What a value is, in the words of JSON schema.
fn described(found: Option<&Value>) -> &'static str {
    match found {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Boolean(_)) => "boolean",
        Some(Value::Integer(_) | Value::Unsigned(_) | Value::Float(_)) => "number",
        Some(Value::Text(_) | Value::Timestamp(_)) => "string",
        Some(Value::Sequence(_)) => "array",
        Some(Value::Mapping(_)) => "object",
    }
}

fn repeated_keys(node: &Node, path: &str, problems: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    for (key, value) in node.entries().filter(|(key, _)| key.kind == Kind::Scalar) {
        let path = format!("{path}/{}", key.value);
        if !seen.insert(&key.value) {
            problems.push(format!("at '{path}': key already defined"));
        }
        repeated_keys(value, &path, problems);
    }
    for (index, item) in node.items().iter().enumerate() {
        repeated_keys(item, &format!("{path}/{index}"), problems);
    }
}
