//! Why configuration data could not be read or changed.

/// Configuration data, or a path into it, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigurationError {
    #[error("line {line}: {message}")]
    Syntax { line: usize, message: String },
    #[error("line {line}: nested too deeply")]
    TooDeep { line: usize },
    /// Worded as the library of the executor and the workers words it.
    #[error("line {line}: document contains excessive aliasing")]
    ExcessiveAliasing { line: usize },
    #[error("line {line}: anchor value contains itself")]
    CircularAnchor { line: usize },
    /// Each of them takes reading all of the data anew.
    #[error("too many changes of data of this size; take them over in several steps")]
    TooManyChanges,
    #[error("not UTF-8")]
    NotText,
    #[error("invalid path `{0}`")]
    InvalidPath(String),
    /// The path leads through, or to, something that has no such place.
    #[error("cannot change `{0}`: {1}")]
    NoSuchPlace(String, &'static str),
}
