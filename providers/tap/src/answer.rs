//! Looking into answers on their way, without changing them.

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use futures::{StreamExt, stream};
use http::header::CONTENT_ENCODING;
use http::{Response, StatusCode};
use serde_json::Value;

/// How much of a refusal is read for its message.
const READ: usize = 64 * 1024;

/// Reads at most `limit` bytes, and a little more; gives the body as it was, and what was read if that is all of it.
pub(crate) async fn read_ahead(response: Response<Body>, limit: usize) -> (Response<Body>, Option<Bytes>) {
    let (parts, body) = response.into_parts();
    let mut rest = body.into_data_stream();
    let mut read = BytesMut::new();
    while read.len() <= limit {
        match rest.next().await {
            Some(Ok(bytes)) => read.extend_from_slice(&bytes),
            None => {
                let all = read.freeze();
                return (Response::from_parts(parts, Body::from(all.clone())), Some(all));
            }
            broken @ Some(Err(_)) => {
                let whole = stream::iter([Ok(read.freeze())]).chain(stream::iter(broken));
                return (Response::from_parts(parts, Body::from_stream(whole)), None);
            }
        }
    }
    let whole = stream::iter([Ok(read.freeze())]).chain(rest);
    (Response::from_parts(parts, Body::from_stream(whole)), None)
}

/// The message of an answer of 400 and above, and the answer.
pub(crate) async fn message_of(response: Response<Body>) -> (Response<Body>, String) {
    let status = response.status();
    let (response, body) = read_ahead(response, READ).await;
    let readable = !response.headers().contains_key(CONTENT_ENCODING);
    let text = body.filter(|_| readable).and_then(|body| text_of(&body));
    (response, text.unwrap_or_else(|| words_of(status)))
}

/// The `message` of a JSON object, or the text itself when it is no JSON.
pub(crate) fn text_of(body: &[u8]) -> Option<String> {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => value["message"].as_str().or_else(|| value["Message"].as_str()).map(str::to_owned),
        Err(_) => std::str::from_utf8(body).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
    }
}

/// What a status without a message says.
pub(crate) fn words_of(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("no reason given").to_owned()
}
