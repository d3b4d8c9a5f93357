//! Functions on configuration data: what there is, and carrying it out.
//!
//! What each function does, also that most setters change only what is there already, is that of the
//! real executor. Signatures carry the same names and types; descriptions are ours.

mod arguments;
mod catalogue;
mod metadata;
mod paths;
mod placeholders;
mod visit;
mod workload;

pub(crate) use arguments::{Argument, Arguments};
pub(crate) use catalogue::signatures;

use serde_json::Value as Json;

use crate::configuration::{ConfigurationError, normalized};

/// A function failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FunctionError {
    #[error("invoke {0}: function does not exist")]
    Unknown(String),
    #[error("{0}")]
    Arguments(String),
    /// What is to be replaced is not there.
    #[error("embedded field {field} not found at path {path}")]
    NoField {
        /// What was looked for in the value.
        field: &'static str,
        /// Where.
        path: String,
    },
    #[error("{0}")]
    Configuration(#[from] ConfigurationError),
}

/// What a function gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Done {
    /// The data, changed or not.
    Data(String),
    /// An answer about the data, with its `OutputType`.
    Output(Json, &'static str),
}

/// Carries out a function by name.
pub(crate) fn run(name: &str, arguments: &[Argument], data: &str) -> Result<Done, FunctionError> {
    let function = catalogue::find(name).ok_or_else(|| FunctionError::Unknown(name.to_owned()))?;
    let arguments = Arguments::bind(function, arguments)?;
    Ok(match (function.run)(&arguments, data)? {
        Done::Data(data) => Done::Data(normalized(&data)?),
        output @ Done::Output(..) => output,
    })
}

/// Whether a function says if data is valid.
pub(crate) fn is_validating(name: &str) -> bool {
    catalogue::find(name).is_some_and(catalogue::Function::is_validating)
}

/// Whether a function changes data.
pub(crate) fn is_mutating(name: &str) -> bool {
    catalogue::find(name).is_some_and(|function| function.output.is_none())
}

/// Whether a function is known to leave data as it is.
pub(crate) fn only_reads(name: &str) -> bool {
    catalogue::find(name).is_some_and(|function| function.output.is_some())
}
