//! Why text is not YAML.

/// YAML that cannot be read, worded as the executor's library words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text breaks the grammar on a line, counted from 1.
    #[error("yaml: line {line}: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// What is wrong has no line of its own.
    #[error("yaml: {0}")]
    Whole(String),
    /// More levels than this emulator goes down; the real executor goes to 10,000.
    #[error("yaml: line {line}: nested more than {limit} levels deep", limit = super::MAX_DEPTH)]
    TooDeep {
        /// The line, from 1, where the last level that is read begins.
        line: usize,
    },
}
