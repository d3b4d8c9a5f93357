//! The append-only record of a run. Every report is a view of it.

mod event;
mod reader;
mod redactor;
mod texts;
mod writer;

pub use event::{
    Attachment, Audit, ChangeVerb, CommandFate, CommandFinished, CommandStarted, Effect, Event, Exchange, Finding,
    Injection, Output, PlannedScenario, PlannedStep, Policy, RealCluster, Record, RunStarted, Selection, ShellStep,
    StepFinished,
};
pub use reader::{ReadError, Reader, read};
pub use redactor::{MINIMUM_SECRET_LENGTH, REPLACEMENT, Redactor};
pub use writer::Writer;

/// The version of the journal's format that this crate writes, and the greatest that it reads.
pub const FORMAT: u32 = 1;
