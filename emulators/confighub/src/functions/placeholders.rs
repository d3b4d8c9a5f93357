//! Placeholders: values that must be replaced before data can be applied.

use serde_json::{Value as Json, json};

use super::visit::Place;
use super::{Arguments, Done, FunctionError};
use crate::configuration::{Scalar, leaves, resources};

const ATTRIBUTE: &str = "attribute-value";
const TEXT: &str = "confighubplaceholder";
const NUMBER: i64 = 999_999_999;

/// Lists the places that hold a placeholder.
pub(super) fn get_placeholders(_arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    let found: Json = found(data)?.iter().map(|(place, value)| place.attribute_value(ATTRIBUTE, value)).collect();
    Ok(Done::Output(found, "AttributeValueList"))
}

/// Passes when no placeholder is left.
pub(super) fn no_placeholders(_arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    let found = found(data)?;
    let mut result = json!({"Passed": found.is_empty(), "Index": 0});
    if !found.is_empty() {
        result["FailedAttributes"] =
            found.iter().map(|(place, value)| place.attribute_value(ATTRIBUTE, value)).collect();
    }
    Ok(Done::Output(json!([result]), "ValidationResult"))
}

fn found(data: &str) -> Result<Vec<(Place, Scalar)>, FunctionError> {
    let mut found = Vec::new();
    for resource in resources(data)? {
        for (steps, value) in leaves(&resource.root) {
            let holds = match &value {
                Scalar::Text(text) => text.contains(TEXT),
                Scalar::Integer(number) => *number == NUMBER,
                _ => false,
            };
            if holds {
                found.push((Place { resource: resource.clone(), steps }, value));
            }
        }
    }
    Ok(found)
}
