//! What a cluster's answers can go wrong with.

use serde_json::Value;

/// A request to the Kubernetes API failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Error {
    /// The server answered with a Status object; `Display` is its message.
    #[error("{message}")]
    Status { code: u16, reason: String, message: String },
    /// The server knows no such kind (client-go's words).
    #[error("no matches for kind \"{kind}\" in version \"{version}\"")]
    NoMatch { kind: String, version: String },
    /// No answer, or none that can be read.
    #[error("{0}")]
    Transport(String),
}

impl Error {
    /// Reads the Status of an answer of 400 and above.
    pub(crate) fn of_answer(code: u16, body: &[u8]) -> Self {
        let status: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |field: &str| status[field].as_str().unwrap_or_default().to_owned();
        let message = match text("message") {
            none if none.is_empty() => format!("the server answered {code}: {}", String::from_utf8_lossy(body).trim()),
            message => message,
        };
        Self::Status { code, reason: text("reason"), message }
    }

    /// Whether the object, its namespace or its kind does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { code: 404, .. })
    }

    fn reason(&self) -> &str {
        match self {
            Self::Status { reason, .. } if reason != "Unknown" => reason,
            _ => "",
        }
    }
}

/// Server-side apply of one object failed. The texts are the real worker's (recorded runs 5, 6c-6j).
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApplyError {
    #[error("{}", dry_run_text(object, cause))]
    DryRun { object: String, cause: Error },
    #[error("{object} apply failed: {cause}")]
    Apply { object: String, cause: Error },
    #[error("{0}")]
    NotReady(String),
}

fn dry_run_text(object: &str, cause: &Error) -> String {
    match cause.reason() {
        _ if cause.is_not_found() => format!("{object} not found: {cause}"),
        "" => format!("{object} dry-run failed: {cause}"),
        reason => format!("{object} dry-run failed ({reason}): {cause}"),
    }
}

/// Some objects could not be deleted (recorded run 9g).
#[derive(Debug, Clone, thiserror::Error)]
#[error("delete failed, errors: {0}")]
pub(crate) struct DeleteError(pub(crate) String);
