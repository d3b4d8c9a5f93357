//! The append-only record of a run. Every report is a view of it.

mod event;

pub use event::{
    Attachment, ChangeVerb, CommandFate, CommandFinished, CommandStarted, Effect, Event, Exchange, Finding, Output,
    PlannedScenario, PlannedStep, Policy, Record, RunStarted, Selection, StepFinished,
};
