//! The items of an answer, encoded as they come, so that a long list is never there as a tree of JSON,
//! which takes several times the memory of its text.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;

/// A part of the text is begun anew at this length, so that what was sent is let go of.
const PART: usize = 1 << 20;

/// A JSON array, and whether one of its items, or a link cloned with one, has an `Error`.
#[derive(Debug, Default)]
pub(crate) struct Items {
    done: Vec<Bytes>,
    last: Vec<u8>,
    pub(crate) mixed: bool,
}

impl Items {
    pub(crate) fn push(&mut self, item: &Json) {
        let failed = |item: &Json| item.get("Error").is_some();
        let links = item.get("Links").and_then(Json::as_array);
        self.mixed |= failed(item) || links.is_some_and(|links| links.iter().any(failed));
        self.last.push(if self.done.is_empty() && self.last.is_empty() { b'[' } else { b',' });
        let _memory_takes_all = serde_json::to_writer(&mut self.last, item);
        if self.last.len() >= PART {
            self.done.push(std::mem::take(&mut self.last).into());
        }
    }

    /// The answer with this status.
    pub(crate) fn answer(mut self, status: StatusCode) -> Response {
        let end: &[u8] = if self.done.is_empty() && self.last.is_empty() { b"[]" } else { b"]" };
        self.last.extend_from_slice(end);
        let body = if self.done.is_empty() {
            Body::from(self.last)
        } else {
            let parts = self.done.into_iter().chain([self.last.into()]).map(Ok::<_, std::convert::Infallible>);
            Body::from_stream(futures::stream::iter(parts))
        };
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

impl FromIterator<Json> for Items {
    fn from_iter<I: IntoIterator<Item = Json>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|item| all.push(&item));
        all
    }
}
