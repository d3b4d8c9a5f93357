//! Reading a request's body.

use axum::body::{Body, Bytes};
use futures::StreamExt;

use crate::error::ApiError;

/// The largest body that is looked at, in bytes; configuration data has to fit in as base64.
const LIMIT: usize = 16 * 1024 * 1024;

/// How much of a body that is too long is read nevertheless, so that its sender gets to the answer.
const READ_LIMIT: usize = 8 * LIMIT;

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
        if length <= LIMIT {
            kept.extend_from_slice(&part);
        } else if length > READ_LIMIT {
            break;
        } else {
            kept = Vec::new();
        }
    }
    if length > LIMIT {
        return Err(ApiError::bad_request(format!("request body: longer than {LIMIT} bytes")));
    }
    Ok(kept.into())
}
