//! Rules that cannot be taken.

/// A rule that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}; {help}")]
pub struct FaultError {
    /// The field, such as `match.probability`.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
    /// How to mend it.
    pub help: &'static str,
}

impl FaultError {
    pub(super) fn new(field: &'static str, reason: String, help: &'static str) -> Self {
        Self { field, reason, help }
    }
}

/// A text of rules that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", .at.map(|(line, column)| format!("line {line}, column {column}: ")).unwrap_or_default())]
pub struct FaultFileError {
    /// Line and column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub reason: String,
    /// How to mend it.
    pub help: String,
}

impl FaultFileError {
    /// The error of a rule that can be read but not taken: its number in the text, from 1, and where it begins.
    pub fn of_rule(number: usize, at: Option<(usize, usize)>, error: &FaultError) -> Self {
        let FaultError { field, reason, help } = error;
        Self { at, reason: format!("rule {number}: {field}: {reason}"), help: (*help).to_owned() }
    }
}
