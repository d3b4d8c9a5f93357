//! Request bodies: JSON, YAML and protobuf.

use axum::body::Body;
use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;

use super::status::ApiError;
use super::{Call, protobuf};
use crate::kinds::Kind;

/// The largest body a real API server reads (`MaxRequestBodyBytes`).
const LIMIT: usize = 3 * 1024 * 1024;

/// What is accepted where objects are expected.
const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The whole body.
pub(super) async fn bytes(body: Body) -> Result<Bytes, ApiError> {
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(ApiError {
            code: 413,
            reason: "RequestEntityTooLarge",
            message: format!("Request entity too large: limit is {LIMIT}"),
            details: None,
            plain: false,
        })
        .inspect_err(|_| tracing::debug!(%error, "body not read")),
    }
}

/// The object in the body, which must be of `kind` when it says what it is.
pub(super) async fn object(call: &Call, kind: &Kind, body: Body) -> Result<Value, ApiError> {
    let mut object = any_object(call, body).await?;
    let named = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let (version, name) = (named("apiVersion"), named("kind"));
    let wanted = kind.api_version();
    if !name.is_empty() && name != kind.kind {
        let (version, family) = (version.rsplit('/').next().unwrap_or_default(), kind.family());
        return Err(ApiError::bad_request(format!(
            "{name} in version {version:?} cannot be handled as a {0}: converting ({version}.{name}) to ({family}.{0}): unknown conversion",
            kind.kind
        )));
    }
    if !version.is_empty() && version != wanted {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({wanted})"
        )));
    }
    object["apiVersion"] = wanted.into();
    object["kind"] = kind.kind.clone().into();
    Ok(object)
}

/// The object in the body, whatever it is.
pub(super) async fn any_object(call: &Call, body: Body) -> Result<Value, ApiError> {
    let media_type = media_type(call);
    let bytes = bytes(body).await?;
    let object = match media_type.as_str() {
        "application/json" | "" => json(&bytes)?,
        "application/yaml" | "application/x-yaml" => yaml(&bytes)?,
        protobuf::MEDIA_TYPE => protobuf::decode(&bytes)?,
        other => return Err(ApiError::unsupported_media_type(other, MEDIA_TYPES)),
    };
    if object.is_object() {
        Ok(object)
    } else {
        Err(ApiError::bad_request("couldn't get version/kind; json parse error: the body is not an object"))
    }
}

/// The Content-Type without its parameters.
pub(super) fn media_type(call: &Call) -> String {
    let header = call.header(header::CONTENT_TYPE);
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) fn json(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::bad_request(format!("error decoding from json: the object provided is unrecognized: {error}"))
    })
}

pub(super) fn yaml(bytes: &[u8]) -> Result<Value, ApiError> {
    let unreadable = |detail: String| ApiError::bad_request(format!("error decoding YAML: {detail}"));
    let text = std::str::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    serde_saphyr::from_str(text).map_err(|error| unreadable(error.to_string()))
}
