//! Reading a request's body.

use std::sync::{LazyLock, OnceLock};

use axum::body::{Body, Bytes};
use futures::StreamExt;
use serde_json::{Map, Value as Json};

use crate::error::ApiError;

/// The largest body of a user's request, in bytes; configuration data has to fit in as base64.
const LIMIT: usize = 8 * 1024 * 1024;

/// The largest body that is looked at: that of a worker's report, in which data is wrapped twice.
const READ_LIMIT: usize = 2 * LIMIT;

/// How much of a body that is too long is read nevertheless, so that its sender gets to the answer.
const DRAIN_LIMIT: usize = 8 * READ_LIMIT;

/// The body of a request, which is parsed once however many look at it.
#[derive(Debug, Default)]
pub(crate) struct RequestBody {
    bytes: Bytes,
    parsed: OnceLock<Parsed>,
}

/// What is in a body.
#[derive(Debug)]
pub(super) enum Parsed {
    Absent,
    Null,
    Object(Map<String, Json>),
    /// JSON of another kind.
    Other,
    /// No JSON, and why not.
    Broken(String),
}

impl RequestBody {
    /// What is in it.
    pub(super) fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| match serde_json::from_slice(&self.bytes) {
            Ok(Json::Object(object)) => Parsed::Object(object),
            Ok(Json::Null) => Parsed::Null,
            Ok(_) => Parsed::Other,
            Err(_) if self.bytes.iter().all(u8::is_ascii_whitespace) => Parsed::Absent,
            Err(error) => Parsed::Broken(error.to_string()),
        })
    }

    /// It as a JSON object; none and `null`, which clients send for an empty patch, as an empty one.
    pub(super) fn object(&self) -> Result<&Map<String, Json>, ApiError> {
        static EMPTY: LazyLock<Map<String, Json>> = LazyLock::new(Map::new);
        match self.parsed() {
            Parsed::Object(object) => Ok(object),
            Parsed::Null | Parsed::Absent => Ok(&EMPTY),
            Parsed::Other => Err(ApiError::bad_request("request body: expected a JSON object".to_owned())),
            Parsed::Broken(why) => Err(ApiError::bad_request(format!("request body: {why}"))),
        }
    }

    /// Refuses a user's body that is too long by the field that takes the most of it.
    pub(super) fn check_length(&self) -> Result<(), ApiError> {
        check_length(self.bytes.len(), self.object()?)
    }
}

/// Reads a body whole. One that is too long is read and thrown away before it is refused: an answer
/// to a sender that is still sending is lost, for it finds its connection closed first. The refusal
/// is 400, for the description declares no 413 and clients understand declared codes only.
pub(super) async fn read(body: Body) -> Result<RequestBody, ApiError> {
    let mut stream = body.into_data_stream();
    let mut kept = Vec::new();
    let mut length = 0;
    while let Some(part) = stream.next().await {
        let part = part.map_err(|error| ApiError::bad_request(format!("request body: cut short: {error}")))?;
        length += part.len();
        if length <= READ_LIMIT {
            kept.extend_from_slice(&part);
        } else if length > DRAIN_LIMIT {
            break;
        } else {
            kept = Vec::new();
        }
    }
    if length > READ_LIMIT {
        return Err(ApiError::bad_request(format!("request body: longer than {READ_LIMIT} bytes")));
    }
    Ok(RequestBody { bytes: kept.into(), parsed: OnceLock::new() })
}

fn check_length(length: usize, fields: &Map<String, Json>) -> Result<(), ApiError> {
    if length <= LIMIT {
        return Ok(());
    }
    let size = |value: &Json| value.as_str().map_or_else(|| value.to_string().len(), str::len);
    let largest = fields.iter().max_by_key(|(field, value)| field.len() + size(value));
    let what = largest.map_or_else(
        || "request body".to_owned(),
        |(field, value)| format!("{}: {} bytes of {length}", field.chars().take(128).collect::<String>(), size(value)),
    );
    Err(ApiError::bad_request(format!("{what}; a request body has at most {LIMIT}")))
}
