//! The items of an answer, encoded as they come, so that a long list is never there as a tree of JSON,
//! which takes several times the memory of its text.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use stagegate_simulation::ErrorMessage;

use crate::entity::Entity;

/// A part of the text is begun anew at this length, so that what was sent is let go of.
const PART: usize = 1 << 20;

/// What came of one item of a bulk operation.
pub(crate) enum Item {
    /// A message, an error, or whatever else is short.
    Tree(Json),
    /// The text of JSON that has no `Error`.
    Encoded(Vec<u8>),
}

impl Item {
    /// `{"Unit": {…}}`, with the related entities asked for by `include` left out: the description's
    /// answers of bulk operations have no place for them.
    pub(crate) fn of_entity<E: Entity>(entity: &E) -> Self {
        let mut text = Vec::new();
        open(&mut text, b'{', E::KIND.name());
        entity.encode(&mut text);
        text.push(b'}');
        Self::Encoded(text)
    }
}

impl From<Json> for Item {
    fn from(tree: Json) -> Self {
        Self::Tree(tree)
    }
}

/// Begins an entry of an object: what is before it, and its key, which needs no escapes.
pub(super) fn open(text: &mut Vec<u8>, before: u8, key: &str) {
    text.extend_from_slice(&[before, b'"']);
    text.extend_from_slice(key.as_bytes());
    text.extend_from_slice(b"\":");
}

/// A JSON array, and whether one of its items, or a link cloned with one, has an `Error`.
#[derive(Debug, Default)]
pub(crate) struct Items {
    done: Vec<Bytes>,
    last: Vec<u8>,
    pub(crate) mixed: bool,
    count: usize,
    failed: usize,
    /// What the first one that failed says.
    first_error: String,
}

impl Items {
    pub(crate) fn push(&mut self, item: &Json) {
        let failed = |item: &Json| item.get("Error").is_some();
        let links = item.get("Links").and_then(Json::as_array);
        let culprit =
            if failed(item) { Some(item) } else { links.and_then(|links| links.iter().find(|link| failed(link))) };
        if let Some(culprit) = culprit {
            self.mixed = true;
            self.failed += 1;
            if self.failed == 1 {
                let message = culprit["Error"]["Message"].as_str().unwrap_or_default();
                message.clone_into(&mut self.first_error);
            }
        }
        self.encode(|text| {
            let _memory_takes_all = serde_json::to_writer(text, item);
        });
    }

    /// Adds what came of one item.
    pub(crate) fn add(&mut self, item: &Item) {
        match item {
            Item::Tree(tree) => self.push(tree),
            Item::Encoded(encoded) => self.encode(|text| text.extend_from_slice(encoded)),
        }
    }

    /// Adds an item that has no `Error` and writes itself at the end of a text.
    pub(crate) fn encode(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.count += 1;
        self.last.push(if self.done.is_empty() && self.last.is_empty() { b'[' } else { b',' });
        write(&mut self.last);
        if self.last.len() >= PART {
            // The next part is about as long.
            let next = Vec::with_capacity(self.last.len());
            self.done.push(std::mem::replace(&mut self.last, next).into());
        }
    }

    /// What observers are told of the answer of a bulk operation that did not do all of something: its status
    /// alone does not tell.
    pub(crate) fn shortfall(&self) -> Option<ErrorMessage> {
        let told = match (self.count, self.failed) {
            (0, _) => "nothing was selected".to_owned(),
            (_, 0) => return None,
            (1, _) => self.first_error.clone(),
            (count, failed) => format!("{failed} of {count} failed, the first one with: {}", self.first_error),
        };
        Some(ErrorMessage(told))
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
