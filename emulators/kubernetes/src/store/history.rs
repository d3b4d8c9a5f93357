//! The latest changes, for watches, and those who watch.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use stagegate_simulation::{Origin, Sender};

use super::Key;
use crate::api::status::ApiError;

/// What a watch calls the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Added,
    Modified,
    Deleted,
}

/// One change of one object.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) kind: EventKind,
    pub(crate) key: Key,
    /// The object after the change; of a deleted one its last state.
    pub(crate) object: Arc<Value>,
    pub(crate) old: Option<Arc<Value>>,
    pub(crate) cause: Origin,
}

/// A watch: which changes go to whom.
pub(super) struct Interest {
    resource: Option<Arc<str>>,
    namespace: Option<String>,
    sender: Sender<Arc<Event>>,
}

impl Interest {
    pub(super) fn new(resource: Option<&str>, namespace: Option<&str>, sender: Sender<Arc<Event>>) -> Self {
        Self { resource: resource.map(Into::into), namespace: namespace.map(str::to_owned), sender }
    }

    /// Sends the event if it is of interest; `false` when the watch is gone.
    fn offer(&self, event: &Arc<Event>) -> bool {
        let wanted = self.resource.as_ref().is_none_or(|resource| *resource == event.key.resource)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == event.key.namespace);
        if wanted { self.sender.send(Arc::clone(event)) } else { !self.sender.is_closed() }
    }
}

/// How many changes a watch can go back.
const KEPT: usize = 5_000;

#[derive(Default)]
pub(super) struct History {
    events: VecDeque<Arc<Event>>,
    /// The highest revision that is no longer kept.
    forgotten: u64,
    interests: Vec<Interest>,
}

impl History {
    pub(super) fn push(&mut self, event: Event) {
        let event = Arc::new(event);
        self.interests.retain(|interest| interest.offer(&event));
        self.events.push_back(event);
        if self.events.len() > KEPT
            && let Some(oldest) = self.events.pop_front()
        {
            self.forgotten = oldest.revision;
        }
    }

    /// The highest revision that is no longer kept.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Lets go of everything up to a revision.
    pub(super) fn forget(&mut self, revision: u64) {
        self.events.retain(|event| event.revision > revision);
        self.forgotten = revision;
    }

    /// Sends what happened after `since`, then everything that comes.
    pub(super) fn subscribe(&mut self, interest: Interest, since: u64) -> Result<(), ApiError> {
        if since < self.forgotten {
            return Err(ApiError::expired(&format!("too old resource version: {since} ({})", self.forgotten)));
        }
        let start = self.events.partition_point(|event| event.revision <= since);
        for event in self.events.iter().skip(start) {
            interest.offer(event);
        }
        self.interests.push(interest);
        Ok(())
    }
}
