//! Errors of the API, and the `Status` objects that say them.
//!
//! Reasons, codes and message forms are those of `k8s.io/apimachinery/pkg/api/errors` and
//! `pkg/util/validation/field` of Kubernetes 1.34.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use stagegate_simulation::ErrorMessage;

pub(crate) use super::field_error::FieldError;
use crate::kinds::Kind;

/// A request that failed, as the client is told.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) details: Option<Value>,
    /// The message alone is the body.
    pub(crate) plain: bool,
    /// Where a list can go on all the same.
    pub(crate) continue_token: Option<String>,
}

impl ApiError {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, plain: false, continue_token: None }
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        let mut details = json!({"kind": kind.plural, "name": name});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        self.details = Some(details);
        self
    }

    /// 404 for a named object.
    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.resource)).about(kind, name)
    }

    /// 404 for a write into a namespace that does not exist.
    pub(crate) fn namespace_not_found(namespace: &str) -> Self {
        let mut error = Self::new(404, "NotFound", format!("namespaces {namespace:?} not found"));
        error.details = Some(json!({"kind": "namespaces", "name": namespace}));
        error
    }

    /// 404 for a path that serves nothing.
    pub(crate) fn no_such_path() -> Self {
        let mut error = Self::new(404, "NotFound", "the server could not find the requested resource");
        error.details = Some(json!({}));
        error
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.resource)).about(kind, name)
    }

    /// 409 of a precondition of a deletion (`rest.BeforeDelete`).
    pub(crate) fn precondition(kind: &Kind, name: &str, detail: &str) -> Self {
        let mut details = json!({"kind": kind.kind, "name": name});
        let mut subject = kind.kind.clone();
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
            subject = format!("{subject}.{}", kind.group);
        }
        let message = format!("Operation cannot be fulfilled on {subject} \"{name}\": {detail}");
        let mut error = Self::new(409, "Conflict", message);
        error.details = Some(details);
        error
    }

    /// 409 because of a stale `resourceVersion` or a precondition.
    pub(crate) fn conflict(kind: &Kind, name: &str, detail: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {detail}", kind.resource);
        Self::new(409, "Conflict", message).about(kind, name)
    }

    /// 409 of server-side apply; `causes` are `(field, "conflict with …")`.
    pub(crate) fn apply_conflict(message: String, causes: &[(String, String)]) -> Self {
        let causes: Vec<_> = causes
            .iter()
            .map(|(field, message)| json!({"reason": "FieldManagerConflict", "message": message, "field": field}))
            .collect();
        let mut error = Self::new(409, "Conflict", message);
        error.details = Some(json!({"causes": causes}));
        error
    }

    /// 422 for an object that breaks its kind's rules.
    pub(crate) fn invalid(kind: &Kind, name: &str, errors: &[FieldError]) -> Self {
        Self::invalid_of(&kind.group, &kind.kind, name, errors)
    }

    /// 422 for options of a request, such as `ListOptions`.
    pub(crate) fn invalid_options(options: &str, errors: &[FieldError]) -> Self {
        Self::invalid_of("meta.k8s.io", options, "", errors)
    }

    /// 422 for something of a kind that is not in the table.
    pub(crate) fn invalid_of(group: &str, kind: &str, name: &str, errors: &[FieldError]) -> Self {
        let list = FieldError::joined(errors);
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut details = json!({"causes": errors.iter().map(FieldError::cause).collect::<Vec<_>>()});
        for (member, value) in [("name", name), ("kind", kind), ("group", group)] {
            if !value.is_empty() {
                details[member] = json!(value);
            }
        }
        let mut error = Self::new(422, "Invalid", format!("{qualified} \"{name}\" is invalid: {list}"));
        error.details = Some(details);
        error
    }

    /// 422 for a patch that does not apply (`NewGenericServerResponse`).
    pub(crate) fn rejected() -> Self {
        let mut error = Self::new(422, "Invalid", "the server rejected our request due to an error in our request");
        error.details = Some(json!({}));
        error
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 429: an eviction that a disruption budget forbids for now.
    pub(crate) fn disruption(why: &str) -> Self {
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        let mut error = Self::new(429, "TooManyRequests", message);
        error.details = Some(json!({"causes": [{"reason": "DisruptionBudget", "message": why}]}));
        error
    }

    /// 413.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(413, "RequestEntityTooLarge", message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn forbidden(kind: &Kind, name: &str, detail: &str) -> Self {
        Self::new(403, "Forbidden", format!("{} \"{name}\" is forbidden: {detail}", kind.resource)).about(kind, name)
    }

    /// 403 of authorization, before anything is known of the resource.
    pub(crate) fn forbidden_resource(group: &str, resource: &str, name: &str, detail: &str) -> Self {
        let qualified = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
        let subject = match (resource, name) {
            ("", _) => String::new(),
            (_, "") => format!("{qualified} is "),
            _ => format!("{qualified} \"{name}\" is "),
        };
        let mut details = json!({});
        for (field, value) in [("kind", resource), ("group", group), ("name", name)] {
            if !value.is_empty() {
                details[field] = json!(value);
            }
        }
        let mut error = Self::new(403, "Forbidden", format!("{subject}forbidden: {detail}"));
        error.details = Some(details);
        error
    }

    /// 500 as a line of text: what goes wrong before requests are understood.
    pub(crate) fn internal_text(message: String) -> Self {
        Self { plain: true, ..Self::new(500, "InternalError", message) }
    }

    /// 422 for what has no name.
    pub(crate) fn invalid_unnamed(kind: &str, group: &str, errors: &[FieldError]) -> Self {
        let causes: Vec<_> = errors.iter().map(FieldError::cause).collect();
        let message = format!("{kind}.{group} \"\" is invalid: {}", FieldError::joined(errors));
        let mut invalid = Self::new(422, "Invalid", message);
        invalid.details = Some(json!({"kind": kind, "group": group, "causes": causes}));
        invalid
    }

    /// 409 for an object that is told by its kind's name.
    pub(crate) fn conflict_named(kind: &str, name: &str, detail: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {kind} \"{name}\": {detail}");
        let mut conflict = Self::new(409, "Conflict", message);
        conflict.details = Some(json!({"kind": kind, "name": name}));
        conflict
    }

    /// 422 for a review, which has no name and whose registry does not say its kind.
    pub(crate) fn invalid_review(kind: &Kind, errors: &[FieldError]) -> Self {
        let causes: Vec<_> = errors.iter().map(FieldError::cause).collect();
        let mut invalid =
            Self::new(422, "Invalid", format!(".{} \"\" is invalid: {}", kind.group, FieldError::joined(errors)));
        invalid.details = Some(json!({"group": kind.group, "causes": causes}));
        invalid
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        let mut error = Self::new(405, "MethodNotAllowed", message);
        error.details = Some(json!({}));
        error
    }

    /// 406, naming what could be sent.
    pub(crate) fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
        let mut error = Self::new(406, "NotAcceptable", message);
        error.details = Some(json!({}));
        error
    }

    /// 404 of a path of which no API knows: plain text, not a `Status`.
    pub(crate) fn not_a_page() -> Self {
        Self { plain: true, ..Self::new(404, "NotFound", "404 page not found") }
    }

    /// 410: a watch or continue token from too far back.
    pub(crate) fn expired(message: &str) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 410 of a list in pages, with a token that goes on with the present state.
    pub(crate) fn continue_expired(token: String) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        Self { continue_token: Some(token), ..Self::expired(message) }
    }

    /// 504: a version that is yet to come (`storage.NewTooLargeResourceVersionError`).
    pub(crate) fn version_to_come(version: u64, present: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {version}, current: {present}");
        let cause = json!({"reason": "ResourceVersionTooLarge", "message": "Too large resource version"});
        let mut error = Self::new(504, "Timeout", message);
        error.details = Some(json!({"causes": [cause], "retryAfterSeconds": 1}));
        error
    }

    /// 415, naming what would be accepted.
    pub(crate) fn unsupported_media_type(sent: &str, accepted: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        tracing::debug!(sent, "unsupported media type");
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 415 of a PATCH.
    pub(crate) fn unsupported_patch(sent: &str) -> Self {
        tracing::debug!(sent, "unsupported patch type");
        let mut error = Self::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
        error.details = Some(json!({}));
        error
    }

    /// An error inside the API server, as its handlers answer errors they do not know.
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// 503: something behind the API did not answer.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }

    /// 501: a real API server has this, the emulator does not.
    pub(crate) fn not_emulated(operation: &str) -> Self {
        Self::new(501, "NotImplemented", format!("the stagegate Kubernetes emulator does not support {operation}"))
    }

    /// What a rule for faults answers, with the reason that goes with the status.
    pub(crate) fn injected(status: u16, message: String) -> Self {
        let reason = match status {
            400 => "BadRequest",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            409 => "Conflict",
            422 => "Invalid",
            429 => "TooManyRequests",
            500 => "InternalError",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => "",
        };
        Self::new(status, reason, message)
    }

    /// The `Status` object.
    pub(crate) fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        if let Some(token) = &self.continue_token {
            status["metadata"]["continue"] = json!(token);
        }
        status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = if self.plain {
            (code, format!("{}\n", self.message)).into_response()
        } else {
            (code, Json(self.status())).into_response()
        };
        let pause = self.details.as_ref().and_then(|details| details["retryAfterSeconds"].as_u64());
        if let Some(seconds) = pause {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(ErrorMessage(self.message));
        response
    }
}
