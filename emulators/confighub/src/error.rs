//! Refusals, in the shape that clients understand.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stagegate_simulation::ErrorMessage;

use crate::where_clause::WhereError;

/// A request was refused. Bulk operations put it into their answer, others make it the answer.
///
/// Clients only read the codes that the description declares for an operation: 400, 401, 403, 404
/// and 500 everywhere, 409 on PUT, 422 on invoke and bulk apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl ApiError {
    fn new(status: StatusCode, message: String) -> Self {
        Self { status, message }
    }

    pub(crate) fn bad_request(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message.to_owned())
    }

    pub(crate) fn forbidden(message: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(message: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn method_not_allowed(message: String) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    pub(crate) fn conflict(message: String) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(crate) fn not_supported(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, format!("{what} is not supported by this hub"))
    }

    /// Whether it refuses for want of a credential, a permission or quota.
    pub(crate) fn is_denial(&self) -> bool {
        matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    }

    /// The `ResponseError` of the description, for one item of a bulk operation.
    pub(crate) fn item(&self, entity_type: &str, entity_id: &str) -> Value {
        let kind = match self.status {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::CONFLICT => "conflict",
            StatusCode::NOT_IMPLEMENTED => "not-implemented",
            _ => "validation",
        };
        json!({
            "Message": self.message,
            "Status": self.status.as_u16(),
            "Type": kind,
            "ErrorCategory": kind,
            "ErrorMetadata": {"EntityType": entity_type, "EntityID": entity_id},
        })
    }
}

impl From<WhereError> for ApiError {
    fn from(error: WhereError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"Code": self.status.as_u16().to_string(), "Message": self.message});
        let mut response = (self.status, Json(body)).into_response();
        response.extensions_mut().insert(ErrorMessage(self.message));
        response
    }
}
