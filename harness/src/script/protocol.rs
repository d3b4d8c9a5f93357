//! What a shim and the harness say to each other: one JSON object a line over a Unix socket.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stagegate_reports::journal::Output;

use super::group::LeftRunning;
use super::limits::{Exceeded, Limits};

/// The environment variable that holds the path of the harness's socket. Its value is unique to a
/// workspace, so it also marks every process that a workspace's scripts started.
pub const CONTROL_VARIABLE: &str = "STAGEGATE_CONTROL";

/// The name under which the executable supervises a script.
pub(crate) const SUPERVISOR: &str = "stagegate-supervisor";

/// The name under which the executable tells the harness that a script in sh is about to read; its arguments are the
/// place, what was said before, and the words of the `read`.
pub(crate) const ASK: &str = "stagegate-ask";

/// The first argument of a supervisor; the command line it runs follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) limits: Limits,
    /// The workspace's own folder, whose size is limited.
    pub(crate) folder: PathBuf,
    /// Whether the script's input is what the harness gives; otherwise it is empty.
    pub(crate) answers: bool,
}

/// What the harness gives a script to read, through its supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Given {
    /// These characters.
    Text(String),
    /// The end of its input.
    End,
    /// These characters, typed at its terminal.
    Typed(String),
    /// It has no terminal any more.
    HungUp,
}

/// What a supervisor tells the harness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Told {
    /// The script runs with this process id, which is its process group's too.
    Started(u32),
    /// The script could not be started.
    Failed(String),
    /// The script ended.
    Ended(End),
    /// The script was stopped.
    Stopped(Exceeded),
    /// The supervisor's last line.
    Left {
        /// What ran when the harness wanted no more of the script.
        left: Vec<LeftRunning>,
        /// What could not be killed.
        remain: Vec<LeftRunning>,
    },
}

/// A shim was called; its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// The name and arguments, invalid UTF-8 replaced.
    pub(crate) argv: Vec<String>,
    pub(crate) cwd: PathBuf,
    pub(crate) pid: u32,
    pub(crate) ppid: u32,
    /// The place that a script in sh gave it.
    pub(crate) at: Option<String>,
}

/// The harness's answer to a [`Call`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The command's number in the journal.
    pub(crate) number: u64,
    pub(crate) action: Action,
}

/// What the shim is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// Run this program with the call's arguments.
    Run {
        program: PathBuf,
        /// Have the program's kubeconfig carry the command's number in its tokens.
        mark_kubeconfig: bool,
        /// What the program's own time limits are to be divided by.
        timeouts: Option<f64>,
        /// Added to the environment.
        environment: Vec<(String, String)>,
    },
    /// Be the ConfigHub client that is compiled in.
    Cub {
        /// Added to the environment.
        environment: Vec<(String, String)>,
    },
    /// Be the `kind` that is compiled in, with this in place of Docker.
    Kind(Box<stagegate_kind_stand_in::Machine>),
    /// Wait for the harness to send [`Woken`].
    Sleep,
    /// Become this program, unrecorded.
    Become {
        program: PathBuf,
        /// Arguments before the call's own.
        before: Vec<String>,
        /// Which of the call's own is another, and what it is.
        changed: Option<(usize, String)>,
    },
    /// Be `timeout`, unrecorded.
    Timeout {
        program: PathBuf,
        /// Which argument is the duration.
        operand: usize,
        /// The duration, in environment time.
        after: std::time::Duration,
    },
}

/// What a shim says while its command runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Said {
    /// It waits for so much environment time to pass, and for [`Woken`].
    Pause(std::time::Duration),
    /// Its last line.
    Report(Report),
}

/// The environment's clock has reached the end of a sleep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Woken;

/// What became of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) end: End,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// With an exit status.
    Status(i32),
    /// By a signal.
    Signal(i32),
}

impl End {
    pub(crate) fn of(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        // A process that has been waited for has one or the other.
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Status)
    }

    pub(crate) fn status(self) -> Option<i32> {
        match self {
            Self::Status(status) => Some(status),
            Self::Signal(_) => None,
        }
    }

    pub(crate) fn signal(self) -> Option<i32> {
        match self {
            Self::Status(_) => None,
            Self::Signal(signal) => Some(signal),
        }
    }
}

/// The harness has written the [`Report`] down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted;

/// `message` as one line.
pub(crate) fn line<T: Serialize>(message: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}
