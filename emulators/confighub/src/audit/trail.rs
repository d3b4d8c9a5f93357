//! All entries, in order.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{AuditActor, AuditEntity, AuditEntry, AuditOutcome};

const LIMIT: usize = 100_000;

/// What all entries of one request have in common; they share it.
#[derive(Debug, Clone)]
pub(crate) struct Requested {
    pub(crate) at: Timestamp,
    pub(crate) actor: AuditActor,
    pub(crate) organization: Option<Uuid>,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) request_id: String,
    pub(crate) user_agent: String,
    pub(crate) command: Option<u64>,
}

#[derive(Debug)]
struct Kept {
    requested: Arc<Requested>,
    outcome: AuditOutcome,
    entity: Option<AuditEntity>,
    summary: Box<str>,
}

/// The latest entries.
#[derive(Debug)]
pub(crate) struct Trail {
    limit: usize,
    kept: VecDeque<Kept>,
    /// How many there were before the first one that is kept.
    dropped: u64,
}

impl Trail {
    /// An empty trail that keeps this many entries.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self { limit: limit.unwrap_or(LIMIT), kept: VecDeque::new(), dropped: 0 }
    }

    /// Adds an entry; the oldest one makes room.
    pub(crate) fn add(
        &mut self,
        requested: &Arc<Requested>,
        outcome: AuditOutcome,
        entity: Option<AuditEntity>,
        summary: String,
    ) {
        let requested = Arc::clone(requested);
        self.kept.push_back(Kept { requested, outcome, entity, summary: summary.into_boxed_str() });
        while self.kept.len() > self.limit {
            self.kept.pop_front();
            self.dropped += 1;
        }
    }

    /// The entries, oldest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = AuditEntry> {
        self.kept.iter().zip(self.dropped + 1..).map(|(kept, sequence)| {
            let requested = &kept.requested;
            AuditEntry {
                sequence,
                at: requested.at,
                outcome: kept.outcome,
                actor: requested.actor.clone(),
                organization: requested.organization,
                operation: requested.operation.clone(),
                request_id: requested.request_id.clone(),
                user_agent: requested.user_agent.clone(),
                command: requested.command,
                entity: kept.entity.clone(),
                summary: kept.summary.to_string(),
            }
        })
    }

    /// Takes over the entries of a former trail, in the place of its own.
    pub(crate) fn restore(&mut self, entries: Vec<AuditEntry>) {
        self.kept.clear();
        self.dropped = entries.first().map_or(0, |first| first.sequence.saturating_sub(1));
        for entry in entries {
            let requested = Requested {
                at: entry.at,
                actor: entry.actor,
                organization: entry.organization,
                operation: entry.operation,
                request_id: entry.request_id,
                user_agent: entry.user_agent,
                command: entry.command,
            };
            self.add(&Arc::new(requested), entry.outcome, entry.entity, entry.summary);
        }
    }
}
