//! What went on during a step: commands, exchanges, effects and attachments.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Location;
use crate::journal::{Attachment, CommandFate, CommandStarted, Effect, Exchange, Injection, Output};

/// What went on during a step, or outside of steps. What a traced command did is with the command.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Activity {
    /// Traced commands, in the order of their starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandReport>,
    /// Requests that no traced command sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeReport>,
    /// Changes that no traced command caused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectReport>,
    /// What rules for faults did to anything but a traced command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injections: Vec<InjectionReport>,
    /// Further evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentReport>,
}

impl Activity {
    /// Whether nothing went on.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
            && self.exchanges.is_empty()
            && self.effects.is_empty()
            && self.injections.is_empty()
            && self.attachments.is_empty()
    }

    /// What rules for faults did, to commands too.
    pub fn all_injections(&self) -> impl Iterator<Item = &InjectionReport> {
        self.injections.iter().chain(self.commands.iter().flat_map(|command| &command.injections))
    }
}

/// A traced command with everything it did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CommandReport {
    /// Unique within the run.
    pub number: u64,
    /// The program's name and its arguments, secrets replaced.
    pub argv: Vec<String>,
    /// Working directory, relative to the copy of the checkout.
    pub cwd: String,
    /// Where the script calls it.
    pub source: Option<Location>,
    /// The traced command that ran the script which calls this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// Environment time of its start, in milliseconds since the attempt's beginning.
    pub at_ms: Option<f64>,
    /// Whether its end was seen.
    pub finished: bool,
    /// The exit status; `null` when a signal ended it or its end was not seen.
    pub exit_status: Option<i32>,
    /// The signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Environment time it took, in milliseconds.
    pub duration_ms: f64,
    /// Wall time it took, in milliseconds.
    pub wall_ms: f64,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error.
    pub stderr: Output,
    /// What the script did with the exit status.
    pub fate: Option<CommandFate>,
    /// Requests it sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeReport>,
    /// Changes it caused, also those that came later, through a worker or a controller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectReport>,
    /// What rules for faults did to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injections: Vec<InjectionReport>,
}

impl CommandReport {
    /// A command whose end is not seen yet.
    pub(super) fn started(started: CommandStarted, at_ms: Option<f64>) -> Self {
        let CommandStarted { number, argv, cwd, source, parent } = started;
        Self {
            number,
            argv,
            cwd,
            source,
            parent,
            at_ms,
            finished: false,
            exit_status: None,
            signal: None,
            duration_ms: 0.0,
            wall_ms: 0.0,
            stdout: Output::default(),
            stderr: Output::default(),
            fate: None,
            exchanges: Vec::new(),
            effects: Vec::new(),
            injections: Vec::new(),
        }
    }
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExchangeReport {
    /// Environment time of the answer, in milliseconds since the attempt's beginning.
    pub at_ms: Option<f64>,
    /// The exchange.
    #[serde(flatten)]
    pub exchange: Exchange,
}

/// A change of a hub entity or Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EffectReport {
    /// Environment time, in milliseconds since the attempt's beginning.
    pub at_ms: Option<f64>,
    /// The change.
    #[serde(flatten)]
    pub effect: Effect,
}

/// What a rule for faults did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InjectionReport {
    /// Environment time, in milliseconds since the attempt's beginning.
    pub at_ms: Option<f64>,
    /// The fault.
    #[serde(flatten)]
    pub injection: Injection,
}

/// Evidence with no structure of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttachmentReport {
    /// What it is.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The text, secrets replaced.
    pub text: String,
}

impl From<Attachment> for AttachmentReport {
    fn from(Attachment { name, media_type, text }: Attachment) -> Self {
        Self { name, media_type, text }
    }
}
