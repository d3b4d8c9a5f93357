//! The audit trail: who did what, when, from which client, and who was refused.
//!
//! Every change of an entity through a request leaves one entry for that entity, however many steps
//! the change took; a refused attempt (401 or 403) leaves one too. Reading leaves none. Revisions,
//! mutations, queued operations and unit events are a unit's own history: they are told in the unit's
//! entry and have none of their own.
//!
//! Entries are kept in memory, the latest 100,000 unless [`crate::Options::audit_entries`] says otherwise.

mod entry;
mod hub;
mod notes;
mod trail;

pub use entry::{ActorKind, AuditActor, AuditEntity, AuditEntry, AuditOutcome};
pub(crate) use notes::Notes;
pub(crate) use trail::{Requested, Trail};
