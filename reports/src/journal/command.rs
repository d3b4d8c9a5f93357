//! What a script's commands did, those with a shim and the shell's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Location;

/// A traced command begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandStarted {
    /// Unique within the run.
    pub number: u64,
    /// The program's name and its arguments, secrets replaced.
    pub argv: Vec<String>,
    /// Working directory, relative to the copy of the checkout.
    pub cwd: String,
    /// Where the script calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Location>,
    /// The number of the traced command that ran the script which calls this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
}

/// A traced command ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandFinished {
    /// The number given at its start.
    pub number: u64,
    /// The exit status; `None` when a signal ended it.
    pub exit_status: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Environment time, in milliseconds.
    pub duration_ms: f64,
    /// Wall time, in milliseconds.
    pub wall_ms: f64,
    /// What it wrote to standard output, also when the script throws it away.
    pub stdout: Output,
    /// What it wrote to standard error, likewise.
    pub stderr: Output,
    /// What the script did with the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<CommandFate>,
}

/// What a script did itself, or by a command that is not traced one by one: it failed, it printed, or
/// it was the script's last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellStep {
    /// The number of the traced command that is the script.
    pub script: u64,
    /// The number of the last traced command that began before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The expanded words, as bash traced them.
    pub argv: Vec<String>,
    /// Where the script has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Location>,
    /// Its exit status, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// What the script did with the status, for a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<CommandFate>,
    /// Whether the script ended with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// What a script did with a command's exit status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CommandFate {
    /// It ended the script or became the status of a caller.
    Propagated,
    /// A branch looked at it and acted on it.
    Handled {
        /// The construct, such as `if` or `|| exit`.
        by: String,
    },
    /// Nothing ever saw it.
    Discarded {
        /// The construct that threw it away, such as `|| true` or `left of a pipe without pipefail`.
        by: String,
    },
}

/// What a command wrote to one of its outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The text, secrets replaced, invalid UTF-8 replaced, at most the recorder's limit.
    pub text: String,
    /// How many bytes there were in all.
    pub bytes: u64,
    /// Whether `text` is only the beginning and the end of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}
