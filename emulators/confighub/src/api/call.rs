//! One request, read, and its answer.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use stagegate_simulation::{Change, Origin, Verb};
use uuid::Uuid;

use super::{Operation, SYSTEM};
use crate::entity::Kind;
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::Principal;

/// A request for one operation.
pub(crate) struct Call<'a> {
    pub(crate) hub: &'a HubState,
    pub(crate) operation: &'static Operation,
    /// Path parameters by name, decoded.
    pub(crate) path: HashMap<String, String>,
    /// Query parameters by name, decoded.
    pub(crate) query: HashMap<String, String>,
    pub(crate) body: Bytes,
    pub(crate) principal: Principal,
    pub(crate) origin: Origin,
    pub(crate) user_agent: String,
    pub(crate) now: Timestamp,
    /// The port that the client called.
    pub(crate) port: Option<u16>,
}

impl Call<'_> {
    /// A path parameter that is a UUID.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, ApiError> {
        let text = self.path.get(name).map_or("", String::as_str);
        text.parse().map_err(|_| ApiError::bad_request(format!("{name}: `{text}` is not a UUID")))
    }

    /// A query parameter, unless absent or empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A query parameter that is a UUID.
    pub(crate) fn id_parameter(&self, name: &str) -> Result<Option<Uuid>, ApiError> {
        let parse =
            |text: &str| text.parse().map_err(|_| ApiError::bad_request(format!("{name}: `{text}` is not a UUID")));
        self.parameter(name).map(parse).transpose()
    }

    /// A query parameter that is `true` or `false`; absent is `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.parameter(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ApiError::bad_request(format!("{name}: `{other}` is neither true nor false"))),
        }
    }

    /// Refuses a query parameter that is not supported, rather than ignoring it.
    pub(crate) fn refuse_parameters(&self, names: &[&str]) -> Result<(), ApiError> {
        match names.iter().find(|name| self.parameter(name).is_some()) {
            Some(name) => Err(ApiError::not_supported(&format!("{} with {name}", self.operation.id))),
            None => Ok(()),
        }
    }

    /// The body as a JSON object; none and `null`, which clients send for an empty patch, as an empty one.
    pub(crate) fn object(&self) -> Result<Map<String, Json>, ApiError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Json::Object(object)) => Ok(object),
            Ok(Json::Null) => Ok(Map::new()),
            Ok(_) => Err(ApiError::bad_request("request body: expected a JSON object".to_owned())),
            Err(error) => Err(ApiError::bad_request(format!("request body: {error}"))),
        }
    }

    /// The user behind the request; the nil UUID for workers, as for all automatic changes.
    pub(crate) fn user_id(&self) -> Uuid {
        match self.principal {
            Principal::User(id) => id,
            Principal::Worker(_) => Uuid::nil(),
        }
    }

    /// Tells the observer what this request changed.
    pub(crate) fn report(&self, verb: Verb, kind: Kind, scope: Option<String>, name: &str, summary: String) {
        self.hub.simulation.observer.change(Change {
            system: SYSTEM.to_owned(),
            origin: self.origin.clone(),
            at: self.now,
            verb,
            kind: kind.name().to_owned(),
            scope,
            name: name.to_owned(),
            summary,
        });
    }
}

/// The answer to a request that was not refused.
pub(crate) enum Reply {
    /// 200 with JSON.
    Json(Json),
    /// The items of a bulk operation: 200, or 207 when one of them has an `Error`.
    Items(Vec<Json>),
    /// 200 with bytes, such as configuration data.
    Octets(Vec<u8>),
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Json(value) => axum::Json(value).into_response(),
            Self::Items(items) => {
                let mixed = items.iter().any(|item| item.get("Error").is_some());
                let status = if mixed { StatusCode::MULTI_STATUS } else { StatusCode::OK };
                (status, axum::Json(items)).into_response()
            }
            Self::Octets(bytes) => {
                ([(header::CONTENT_TYPE, "application/octet-stream")], Body::from(bytes)).into_response()
            }
        }
    }
}
