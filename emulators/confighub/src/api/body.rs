//! Reading a request's body.

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

/// Reads a body whole. One that is too long is read and thrown away before it is refused: an answer
/// to a sender that is still sending is lost, for it finds its connection closed first. The refusal
/// is 400, for the description declares no 413 and clients understand declared codes only.
pub(super) async fn read(body: Body) -> Result<Bytes, ApiError> {
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
    Ok(kept.into())
}

/// Refuses a user's body that is too long by the field that takes the most of it.
pub(super) fn check_length(length: usize, fields: &Map<String, Json>) -> Result<(), ApiError> {
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
