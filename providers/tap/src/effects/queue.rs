//! The order in which changes are told.
//!
//! Watches of different resources tell of one history on connections of their own, so what followed from a change can
//! come before it. What was seen therefore waits for a moment and is told in the order of its versions, which count for
//! the whole cluster.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::answers::{Answers, Ticket};
use super::resource::Resource;

/// How long what was seen waits for what was before it. API servers tell all watches within some milliseconds, those of
/// a machine that is busy somewhat later.
const HOLD: Duration = Duration::from_millis(500);
/// How much longer it waits for the answers to requests that may have brought it about.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that a watch has told.
pub(super) struct Seen {
    pub(super) resource: Resource,
    pub(super) what: Change,
    /// Environment time of its arrival.
    pub(super) at: Timestamp,
}

pub(super) enum Change {
    Now(Value),
    Gone(Value),
    /// Of the objects of the resource up to this version, these are left.
    Only(HashSet<String>, u64),
}

struct Waiting {
    seen: Seen,
    arrived: Instant,
    /// Requests before this one may have brought it about.
    before: Ticket,
}

/// What has been seen and not yet told.
#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<(u64, u64), Waiting>,
    count: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds what was seen at a version.
    pub(super) fn add(&mut self, version: u64, seen: Seen, answers: &Answers) {
        self.count += 1;
        let waiting = Waiting { seen, arrived: Instant::now(), before: answers.next() };
        self.waiting.insert((version, self.count), waiting);
    }

    /// The next that may be told now.
    pub(super) fn next(&mut self, answers: &Answers) -> Option<Seen> {
        let first = self.waiting.first_entry()?;
        let waited = first.get().arrived.elapsed();
        let answered = answers.all_answered(first.get().before) || waited >= HOLD + PATIENCE;
        (waited >= HOLD && answered).then(|| first.remove().seen)
    }

    /// When to look again, if nothing happens before.
    pub(super) fn due(&self) -> Option<Instant> {
        let first = self.waiting.first_key_value()?.1;
        let held = first.arrived + HOLD;
        Some(if held > Instant::now() { held } else { held + PATIENCE })
    }
}
