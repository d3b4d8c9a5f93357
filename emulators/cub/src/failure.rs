//! How a command fails.

/// A command failed; each kind has its exit status.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// `Failed: …` on standard error, exit status 1.
    #[error("{0}")]
    Failed(String),
    /// The command is in the contract but not done here, and why.
    #[error("stagegate cub: \"cub {command}\" is not supported: {reason}")]
    NotSupported { command: String, reason: &'static str },
    /// Where the real client crashes: its exit status, and what it would have fallen over.
    #[error("stagegate cub: the client of this era crashes here: {0}")]
    Crash(String),
    /// The reader of standard output has gone, or output cannot be written.
    #[error("stagegate cub: cannot write output: {0}")]
    Output(#[from] std::io::Error),
}

/// Exit status of a command that is in the contract but not done (EX_SOFTWARE of sysexits.h).
pub(crate) const NOT_SUPPORTED: u8 = 70;

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    pub(crate) fn not_supported(command: impl Into<String>, reason: &'static str) -> Self {
        Self::NotSupported { command: command.into(), reason }
    }

    /// Whether the reader of the output has gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Output(_) => 1,
            Self::Crash(_) => 2,
            Self::NotSupported { .. } => NOT_SUPPORTED,
        }
    }
}
