//! Which fields an object may have: unknown, duplicate and mistyped ones.

use serde_json::Value;
use stagegate_kubernetes_schema::{Problem, canonical, problems, schemas};

use super::Call;
use super::status::ApiError;
use crate::kinds::Kind;

/// Applies `fieldValidation` (`Strict`, `Warn`, `Ignore`), then drops what the schema does not know.
pub(super) fn check_fields(
    call: &Call,
    kind: &Kind,
    object: &mut Value,
    duplicates: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    let refused = |detail: &str| {
        ApiError::bad_request(format!(
            "{0} in version {1:?} cannot be handled as a {0}: {detail}",
            kind.kind, kind.version
        ))
    };
    let found = decode_fields(kind, object, duplicates).map_err(|detail| refused(&detail))?;
    strictness(call, found).map_err(|detail| refused(&detail))
}

/// Drops what the schema does not know and brings the rest into canonical form. Says which fields those
/// are; the error is that of Go's decoder for a value of a wrong type.
pub(super) fn decode_fields(kind: &Kind, object: &mut Value, duplicates: Vec<String>) -> Result<Vec<String>, String> {
    fields(kind, object, duplicates, json_words)
}

/// The same as `decode_fields` with the words of the converter that the API server uses for an object that
/// it has as maps already (`runtime.DefaultUnstructuredConverter`).
pub(super) fn convert_fields(kind: &Kind, object: &mut Value) -> Result<Vec<String>, String> {
    fields(kind, object, Vec::new(), converter_words)
}

fn fields(
    kind: &Kind,
    object: &mut Value,
    duplicates: Vec<String>,
    words: fn(Problem) -> String,
) -> Result<Vec<String>, String> {
    let shape = schemas().root(&kind.schema);
    let mut found = duplicates;
    for problem in problems(object, &shape) {
        match problem {
            Problem::Unknown { path } => found.push(format!("unknown field {path:?}")),
            problem => return Err(words(problem)),
        }
    }
    if let Some(custom) = &kind.custom {
        found.extend(custom.prune(object).into_iter().map(|path| format!("unknown field {path:?}")));
    }
    canonical(object, &shape);
    Ok(found)
}

fn json_words(problem: Problem) -> String {
    match problem {
        Problem::Mistyped { field, wanted, found, .. } => {
            format!("json: cannot unmarshal {found} into Go struct field {field} of type {wanted}")
        }
        Problem::Unreadable { message, .. } => message,
        Problem::Unknown { path } => path,
    }
}

fn converter_words(problem: Problem) -> String {
    let Problem::Mistyped { wanted, found, .. } = &problem else { return json_words(problem) };
    let found = match found.split(' ').next().unwrap_or_default() {
        "array" => "slice",
        "object" => "map",
        "number" => "int64",
        other => other,
    };
    if wanted.starts_with("[]") {
        format!("cannot restore slice from {found}")
    } else if wanted.starts_with("map[") {
        format!("cannot restore map from {found}")
    } else if wanted.contains('.') {
        format!("cannot restore struct from: {found}")
    } else {
        format!("unrecognized type: {wanted}")
    }
}

/// What becomes of unknown and duplicate fields by `fieldValidation`: warnings, or an error.
pub(super) fn strictness(call: &Call, found: Vec<String>) -> Result<Vec<String>, String> {
    match call.query.get("fieldValidation").unwrap_or("Warn") {
        "Strict" if !found.is_empty() => Err(format!("strict decoding error: {}", found.join(", "))),
        "Ignore" => Ok(Vec::new()),
        _ => Ok(found),
    }
}
