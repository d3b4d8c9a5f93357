//! What is told of a hub's requests and changes, for those who watch a real one.
//!
//! A proxy before a real hub that uses these functions tells what the emulator tells of itself, in the same words.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value as Json;

use crate::api::{self, difference, operations};
use crate::error::ApiError;

/// How rules and records call a hub.
pub const SYSTEM: &str = api::SYSTEM;

/// The id of the operation that a request to a path such as `/api/space/…/unit` leads to.
pub fn operation_of(method: &Method, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/api")?;
    let fitting = operations().filter(|operation| operation.method == *method);
    // A word in a path is a word rather than a parameter, as in `/unit/extended`.
    let fitting = fitting.filter_map(|operation| Some((words_in(operation.path, path)?, operation.id)));
    fitting.max_by_key(|(words, _)| *words).map(|(_, id)| id)
}

/// How many segments of a template such as `/space/{space_id}/unit` a path has word for word, if it fits.
fn words_in(template: &str, path: &str) -> Option<usize> {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    let mut words = 0;
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return Some(words),
            (Some(wanted), Some(found)) if wanted == found => words += 1,
            (Some(wanted), Some(found)) if wanted.starts_with('{') && !found.is_empty() => {}
            _ => return None,
        }
    }
}

/// What a hub would say in place of `status`, in the API's own error shape.
pub fn refusal(status: StatusCode, message: String) -> Response {
    ApiError { status, message }.into_response()
}

/// What a hub says to one more entity of a type, such as `Space`, than its quota allows.
pub fn over_quota(entity_type: &str) -> Response {
    refusal(StatusCode::FORBIDDEN, crate::quota::exceeded(entity_type))
}

/// What the answer to a bulk operation did not do: its status alone does not tell.
pub fn shortfall(operation: &str, answer: &Json) -> Option<String> {
    let bulk = operation.starts_with("Bulk") || operation.starts_with("InvokeFunctions");
    let items = answer.as_array().filter(|_| bulk)?;
    let items: api::Items = items.iter().cloned().collect();
    items.shortfall().map(|message| message.0)
}

/// What is different in an entity of a type, such as `Unit`, in fields that clients set; of a new one, what it has
/// beyond zero values.
pub fn summary(entity_type: &str, before: Option<&Json>, after: &Json) -> String {
    let told = api::told_fields(entity_type, before.is_none());
    if let Some(before) = before {
        return difference(before, after, told);
    }
    let zeroes = told.iter().map(|field| ((*field).to_owned(), zero_of(&after[*field]))).collect();
    difference(&Json::Object(zeroes), after, told)
}

/// The zero value of what a value is.
fn zero_of(value: &Json) -> Json {
    match value {
        Json::Null => Json::Null,
        Json::Bool(_) => Json::Bool(false),
        Json::Number(_) => Json::from(0),
        Json::String(_) => Json::String(String::new()),
        Json::Array(_) => Json::Array(Vec::new()),
        Json::Object(_) => Json::Object(serde_json::Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_method_and_path() {
        let of = |method, path| operation_of(&method, path);
        assert_eq!(of(Method::GET, "/api/space"), Some("ListSpaces"));
        assert_eq!(of(Method::GET, "/api/space/a/unit/extended"), Some("ListExtendedUnits"));
        assert_eq!(of(Method::GET, "/api/space/a/unit/b"), Some("GetUnit"));
        assert_eq!(of(Method::PATCH, "/api/space/a/unit/b"), Some("PatchUnit"));
        assert_eq!(of(Method::POST, "/auth/worker"), None);
        assert_eq!(of(Method::GET, "/api/space/"), None);
    }
}
