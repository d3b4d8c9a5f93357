//! Answers that are cut, garbled or old.

use std::collections::HashMap;
use std::io;

use axum::body::{Body, Bytes, to_bytes};
use axum::response::Response;
use futures::StreamExt as _;
use futures::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::seed::Seed;

/// One byte in so many is garbled, and always the first.
const GARBLED: u64 = 16;

/// Answers by audience and target.
pub(super) type Answers = HashMap<(String, String), Old>;

/// An answer that was given.
#[derive(Clone)]
pub(super) struct Old {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Old {
    pub(super) fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Keeps a copy of an answer.
pub(super) async fn copy(response: Response) -> (Response, Option<Old>) {
    let Some((response, body)) = whole(response).await else { return (lost(), None) };
    let old = Old { status: response.status(), headers: response.headers().clone(), body };
    (response.map(|()| Body::from(old.body.clone())), Some(old))
}

/// The first half of the body, with a length that fits.
pub(super) async fn truncated(response: Response) -> Response {
    let Some((mut response, body)) = whole(response).await else { return lost() };
    response.headers_mut().remove(CONTENT_LENGTH);
    response.map(|()| Body::from(body.slice(..body.len() / 2)))
}

/// The body with some bytes replaced, none by a byte that JSON could have there.
pub(super) async fn garbled(response: Response, seed: &Seed, series: &str) -> Response {
    let Some((response, body)) = whole(response).await else { return lost() };
    let mut bytes = body.to_vec();
    for (index, byte) in bytes.iter_mut().enumerate() {
        if index == 0 || seed.number(series, 1..=GARBLED) == 1 {
            *byte = 0x1a;
        }
    }
    response.map(|()| Body::from(bytes))
}

/// The first half of the body under the length of the whole; then the connection breaks.
pub(super) async fn broken_off(response: Response) -> Response {
    let Some((mut response, body)) = whole(response).await else { return lost() };
    let half = body.slice(..body.len() / 2);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let broken = stream::once(async {
        // The half must be on its way first.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    response.map(|()| Body::from_stream(stream::iter([Ok(half)]).chain(broken)))
}

/// A response extension: the answer goes on for as long as its connection, such as a watch, and is not to be
/// waited for.
#[derive(Debug, Clone, Copy)]
pub struct Endless;

/// An answer that goes on for as long as its connection, such as a worker's stream or a watch.
pub(super) fn is_endless(response: &Response) -> bool {
    if response.extensions().get::<Endless>().is_some() {
        return true;
    }
    let stream = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.starts_with("text/event-stream"));
    response.headers().get(CONTENT_TYPE).is_some_and(stream)
}

async fn whole(response: Response) -> Option<(Response<()>, Bytes)> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.ok()?;
    Some((Response::from_parts(parts, ()), body))
}

/// The body broke by itself.
fn lost() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(super::Cut);
    response
}
