//! The append-only record of a run. Every report is a view of it.

mod command;
mod event;
mod reader;
mod real_ends;
mod redactor;
mod run_started;
mod texts;
mod writer;

pub use command::{CommandFate, CommandFinished, CommandStarted, Output, ShellStep};
pub use event::{
    AppliedObject, Attachment, Audit, ChangeVerb, Effect, Event, Exchange, Finding, Injection, Policy, Record,
    StepFinished, UnitName,
};
pub use reader::{ReadError, Reader, read};
pub use real_ends::{PulledImage, RealCluster, RealHub};
pub use redactor::{MINIMUM_SECRET_LENGTH, REPLACEMENT, Redactor};
pub use run_started::{PlannedScenario, PlannedStep, RunStarted, Selection};
pub use writer::Writer;

/// The version of the journal's format that this crate writes, and the greatest that it reads.
pub const FORMAT: u32 = 1;
