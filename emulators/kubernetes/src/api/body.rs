//! Request bodies: JSON, YAML and protobuf.

use axum::body::Body;
use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;

use super::status::ApiError;
use super::{Call, go_json, go_yaml, protobuf};
use crate::kinds::{Kind, is_registered};

/// The largest body a real API server reads (`MaxRequestBodyBytes`).
const LIMIT: usize = 3 * 1024 * 1024;

/// What is accepted where objects are expected.
const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// An object from a body.
pub(super) struct Submitted {
    pub(super) object: Value,
    /// What strict decoding objects to before it looks at fields: those that come twice.
    pub(super) duplicates: Vec<String>,
}

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
            continue_token: None,
        })
        .inspect_err(|_| tracing::debug!(%error, "body not read")),
    }
}

/// The object in the body, which must be of `kind` when it says what it is.
pub(super) async fn object(call: &Call, kind: &Kind, body: Body) -> Result<Submitted, ApiError> {
    let mut submitted = decode(call, &kind.kind, body).await?;
    let object = &mut submitted.object;
    let named = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let (version, name) = (named("apiVersion"), named("kind"));
    let wanted = kind.api_version();
    // What is left out is taken from the path.
    let said_version = if version.is_empty() { wanted.clone() } else { version };
    let said_kind = if name.is_empty() { kind.kind.clone() } else { name };
    if !kind.is_custom() {
        check_kind(kind, &said_version, &said_kind)?;
    } else if said_kind != kind.kind || said_version.split('/').next() != wanted.split('/').next() {
        return Err(ApiError::bad_request(format!(
            "{said_kind} in version {said_version:?} cannot be handled as a {0}: no kind {said_kind:?} is registered for version {said_version:?} in scheme \"pkg/apiserver/customresource_handler.go:1\"",
            kind.kind
        )));
    }
    if said_version != wanted {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({said_version}) does not match the expected API version ({wanted})"
        )));
    }
    object["apiVersion"] = wanted.into();
    object["kind"] = kind.kind.clone().into();
    Ok(submitted)
}

fn check_kind(kind: &Kind, version: &str, name: &str) -> Result<(), ApiError> {
    let place = version.rsplit('/').next().unwrap_or_default();
    let trouble = if !is_registered(version, name) {
        format!("no kind {name:?} is registered for version {version:?} in scheme \"pkg/runtime/scheme.go:110\"")
    } else if name != kind.kind {
        let family = kind.family();
        format!("converting ({place}.{name}) to ({family}.{}): unknown conversion", kind.kind)
    } else {
        return Ok(());
    };
    Err(ApiError::bad_request(format!("{name} in version {place:?} cannot be handled as a {}: {trouble}", kind.kind)))
}

/// The object in the body, whatever it is.
pub(super) async fn any_object(call: &Call, body: Body) -> Result<Value, ApiError> {
    decode(call, "object", body).await.map(|submitted| submitted.object)
}

async fn decode(call: &Call, wanted: &str, body: Body) -> Result<Submitted, ApiError> {
    let media_type = media_type(call);
    let bytes = bytes(body).await?;
    let unrecognized = |detail: &str| {
        let detail =
            format!("the object provided is unrecognized (must be of type {wanted}): {detail} ({})", excerpt(&bytes));
        ApiError::bad_request(detail)
    };
    let json_error = |detail: String| unrecognized(&format!("couldn't get version/kind; json parse error: {detail}"));
    let (object, duplicates) = match media_type.as_str() {
        "application/json" | "" => {
            let read = go_json::read(&bytes).map_err(json_error)?;
            (read.value, read.duplicates.into_iter().map(|path| format!("duplicate field {path:?}")).collect())
        }
        "application/yaml" => {
            let read = go_yaml::read(&bytes).map_err(|detail| unrecognized(&detail))?;
            (read.value, read.duplicates)
        }
        protobuf::MEDIA_TYPE => {
            let decoded = protobuf::decode(&bytes);
            let told = |error: ApiError| if error.code == 400 { unrecognized(&error.message) } else { error };
            (decoded.map_err(told)?, Vec::new())
        }
        other => return Err(ApiError::unsupported_media_type(other, MEDIA_TYPES)),
    };
    match object {
        Value::Object(_) => Ok(Submitted { object, duplicates }),
        Value::Null => Ok(Submitted { object: Value::Object(serde_json::Map::new()), duplicates }),
        other => Err(json_error(format!(
            "json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
            go_name(&other)
        ))),
    }
}

/// What Go's decoder calls a JSON value.
pub(super) fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The beginning of a body, as `summarizeData` of `k8s.io/apiserver/pkg/endpoints/handlers` quotes it.
fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 30;
    if bytes.is_empty() {
        return "<empty>".to_owned();
    }
    let head = &bytes[..bytes.len().min(LONGEST)];
    let more = if bytes.len() > LONGEST { " ..." } else { "" };
    if bytes.starts_with(b"{") {
        return format!("{}{more}", String::from_utf8_lossy(head));
    }
    let digits: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits}{more}")
}

/// The Content-Type without its parameters.
pub(super) fn media_type(call: &Call) -> String {
    let header = call.header(header::CONTENT_TYPE);
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
