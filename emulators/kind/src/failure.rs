//! Why a command line was not carried out.

/// Why a command line was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// What kind itself says.
    #[error("ERROR: {0}")]
    Failed(String),
    /// kind can do it, and the stand-in cannot.
    #[error("stagegate kind: not supported: {0}")]
    NotSupported(String),
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    pub(crate) fn not_supported(what: impl Into<String>) -> Self {
        Self::NotSupported(what.into())
    }

    /// `EX_SOFTWARE` of sysexits.h for what the stand-in cannot do.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::NotSupported(_) => 70,
        }
    }
}
