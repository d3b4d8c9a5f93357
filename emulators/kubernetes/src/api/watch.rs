//! Watches: newline-delimited JSON events.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, stream};
use http::header;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_kubernetes_schema::{canonical, schemas};
use stagegate_simulation::{Clock, Endless, Origin, Pace, Receiver, STREAM_HEADER, StreamSender, Subject};

use super::query::Query;
use super::read::{self, Form};
use super::request::Resource;
use super::selectors::Selection;
use super::status::ApiError;
use super::{Api, Call, SYSTEM, list_options, table};
use crate::kinds::Kind;
use crate::store::{Event, EventKind, Stored, object};

/// Whether the request is a watch.
pub(super) fn is_asked(query: &Query) -> bool {
    query.is_true("watch")
}

/// Starts a watch. A revision that is too old is an ERROR event, as from the API server's watch cache.
pub(super) fn start(api: &Api, call: &Call, resource: &Resource) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let form = Form::of(call)?;
    let mut selection = Selection::of(&call.query, kind)?;
    list_options::check(&call.query, true)?;
    if let Some(name) = &resource.name {
        selection = selection.named(name);
    }
    let clock = api.store.simulation.clock.clone();
    let from = call.query.number("resourceVersion").unwrap_or(0);
    let send_list = call.query.is_true("sendInitialEvents");
    let mut watch = Watch {
        kind: Arc::clone(kind),
        selection,
        form,
        query: call.query.clone(),
        clock: clock.clone(),
        pending: VecDeque::new(),
        revision: from,
        events: None,
        ledger: ledger(call, &clock),
        bookmarks: call.query.is_true("allowWatchBookmarks"),
        next_bookmark: None,
        end: end(call, &clock),
        columns_sent: false,
        cut: cut(api, call, resource),
        cause: call.writer.cause.clone(),
    };
    if watch.bookmarks
        && let Some(end) = watch.end
    {
        watch.next_bookmark = bookmark_after(clock.now(), end).or(Some(clock.now()));
    }
    let source = read::view_of(kind).unwrap_or(&kind.resource);
    let namespace = resource.namespace.as_deref();
    let mut begun = Ok(from);
    if from == 0 || send_list {
        let (objects, revision) = read::all(&api.store, kind, namespace);
        begun = list_options::check_reached(from, revision).map(|()| revision);
        if begun.is_ok() {
            watch.initial(objects, revision, send_list);
        }
    }
    match begun.and_then(|since| api.store.watch(Some(source), namespace, Some(since))) {
        Ok(events) => watch.events = Some(events),
        Err(error) => watch.queue(&json!({"type": "ERROR", "object": error.status()})),
    }
    let body = Body::from_stream(stream::unfold(watch, |mut watch| async move {
        let line = watch.next().await?;
        Some((Ok::<_, std::convert::Infallible>(line), watch))
    }));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(Endless);
    Ok(response)
}

/// The account of a streamed response that an in-process client keeps, if it does.
pub(super) fn ledger(call: &Call, clock: &Clock) -> Option<StreamSender> {
    clock.join_stream(call.headers.get(STREAM_HEADER)?.to_str().ok()?.parse().ok()?)
}

/// When the server ends the watch. A jumping clock never does: it would have nothing else to jump to.
fn end(call: &Call, clock: &Clock) -> Option<Timestamp> {
    let seconds = call.query.number("timeoutSeconds")?;
    (clock.pace() != Pace::Jump).then(|| clock.now() + Duration::from_secs(seconds))
}

fn cut(api: &Api, call: &Call, resource: &Resource) -> BoxFuture<'static, ()> {
    let faults = api.store.simulation.faults.clone();
    let kind = &resource.kind;
    let base = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
    let space = resource.namespace.as_ref().map_or_else(String::new, |name| format!("/namespaces/{name}"));
    let subject = Subject {
        system: SYSTEM,
        operation: Some(format!("watch {}", kind.plural)),
        method: call.method.to_string(),
        path: format!("{base}/{}{space}/{}", kind.version, kind.plural),
        principal: Some(call.user.name.clone()),
        user_agent: call.header(header::USER_AGENT).to_owned(),
        origin: call.writer.origin.clone(),
    };
    async move { faults.stream_cut(&subject).await }.boxed()
}

struct Watch {
    kind: Arc<Kind>,
    selection: Selection,
    form: Form,
    query: Query,
    clock: Clock,
    pending: VecDeque<Bytes>,
    /// The revision up to which everything was sent.
    revision: u64,
    /// `None` after an error: the stream ends with it.
    events: Option<Receiver<Arc<Event>>>,
    ledger: Option<StreamSender>,
    bookmarks: bool,
    /// When the next bookmark is due; only in a watch that allows them and ends.
    next_bookmark: Option<Timestamp>,
    end: Option<Timestamp>,
    columns_sent: bool,
    /// Done when a rule for faults drops the watch.
    cut: BoxFuture<'static, ()>,
    /// Of the watch itself, for its bookmarks.
    cause: Origin,
}

/// How often a watch that allows bookmarks gets one.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How long before its end a watch gets its last bookmark.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

/// When the bookmark after the one at `previous` is due: every minute, and once shortly before the end.
fn bookmark_after(previous: Timestamp, end: Timestamp) -> Option<Timestamp> {
    let last = end - LAST_BOOKMARK;
    (previous < last).then(|| last.min(previous + BOOKMARK_EVERY))
}

impl Watch {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.pending.pop_front() {
                return Some(line);
            }
            let clock = self.clock.clone();
            let events = self.events.as_mut()?;
            let tick = async {
                match self.end {
                    Some(end) => clock.sleep_until(self.next_bookmark.unwrap_or(end).min(end)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = &mut self.cut => return None,
                event = events.recv() => {
                    let event = event?;
                    self.offer(&event);
                }
                () = tick => {
                    let now = clock.now();
                    if let Some(due) = self.next_bookmark.filter(|due| *due <= now) {
                        self.bookmark(json!({}));
                        self.next_bookmark = self.end.and_then(|end| bookmark_after(due, end));
                    } else if self.end.is_some_and(|end| end <= now) {
                        return None;
                    }
                }
            }
        }
    }

    /// The objects there are, as ADDED events.
    fn initial(&mut self, objects: Vec<Stored>, revision: u64, mark_end: bool) {
        for stored in objects {
            if self.selection.matches(&stored.object) {
                self.send("ADDED", stored);
            }
        }
        self.revision = revision;
        if mark_end && self.bookmarks {
            self.bookmark(json!({"k8s.io/initial-events-end": "true"}));
        }
    }

    /// Sends an event as seen through the selection: an object that leaves it is DELETED.
    fn offer(&mut self, event: &Event) {
        self.revision = event.revision;
        let view = |object: &Arc<Value>| match read::view_of(&self.kind) {
            Some(_) => Arc::new(read::events_v1(object)),
            None => match read::in_version(&self.kind, object) {
                Cow::Owned(converted) => Arc::new(converted),
                Cow::Borrowed(_) => Arc::clone(object),
            },
        };
        let (new, old) = (view(&event.object), event.old.as_ref().map(view));
        let was = old.as_ref().is_some_and(|old| self.selection.matches(old));
        let is = event.kind != EventKind::Deleted && self.selection.matches(&new);
        let word = match (was, is) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return,
        };
        let shown = match old {
            // What leaves the selection is shown as it was in it.
            Some(old) if word == "DELETED" && event.kind != EventKind::Deleted => {
                let mut last = (*old).clone();
                object::set(&mut last, &["metadata", "resourceVersion"], event.revision.to_string());
                Arc::new(last)
            }
            _ => new,
        };
        self.send(word, Stored { object: shown, cause: event.cause.clone() });
    }

    fn send(&mut self, word: &str, stored: Stored) {
        let object = match self.form {
            Form::Object => (*stored.object).clone(),
            Form::Metadata => read::metadata_only(&stored.object),
            Form::Table => {
                let metadata = json!({"resourceVersion": object::text(&stored.object, "/metadata/resourceVersion")});
                let mut table = table::of(&self.kind, &[stored], &metadata, &self.query, self.clock.now());
                if std::mem::replace(&mut self.columns_sent, true) {
                    table["columnDefinitions"] = Value::Null;
                }
                table
            }
        };
        self.queue(&json!({"type": word, "object": object}));
    }

    fn bookmark(&mut self, annotations: Value) {
        let mut object = self.kind.object(json!({"resourceVersion": self.revision.to_string()}));
        if annotations.as_object().is_some_and(|map| !map.is_empty()) {
            object["metadata"]["annotations"] = annotations;
        }
        canonical(&mut object, &schemas().root(&self.kind.schema));
        self.send("BOOKMARK", Stored { object: Arc::new(object), cause: self.cause.clone() });
    }

    fn queue(&mut self, event: &Value) {
        if let Some(ledger) = &self.ledger {
            ledger.sent(1);
        }
        self.pending.push_back(Bytes::from(format!("{event}\n")));
    }
}
