//! Functions on configuration data: what there is, and carrying it out.
//!
//! What each function does, answers and refuses, and how it leaves data, is that of the real executor of
//! August 2025, mistakes included; the corpus in `tests/functions` keeps it so. Descriptions are ours.

mod arguments;
mod attributes;
mod call;
mod catalogue;
mod cel;
mod compute_mutations;
mod container_resources;
mod context;
mod environment;
mod error;
mod images;
mod invocation;
mod json_text;
mod namespaces;
mod needs;
mod patch_mutations;
mod patterns;
mod placeholders;
mod places;
mod pod_defaults;
mod quantity;
mod references;
mod registry;
mod resource_list;
mod schema;
mod set_attributes;
mod signature;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says what it expects"
)]
mod tests;
mod visit;
mod where_filter;
mod yq;

pub(crate) use arguments::Argument;
pub(crate) use call::Context;
pub(crate) use catalogue::signatures;
pub(crate) use error::{FunctionError, InvocationError};
pub(crate) use invocation::{Named, Request, Response, invoke};
pub(crate) use references::{provides_its_name, references};
pub(crate) use where_filter::DataClause;

use serde_json::Value as Json;

/// Whether a function says if data is valid.
pub(crate) fn is_validating(name: &str) -> bool {
    catalogue::find(name).is_some_and(signature::Function::is_validating)
}

/// Whether a function changes data.
pub(crate) fn is_mutating(name: &str) -> bool {
    catalogue::find(name).is_some_and(|function| function.mutating)
}

/// `echo`: leaves data as it is, but for the way it is written.
fn echo(_call: &mut call::Call<'_>) -> call::Returned {
    call::Returned::default()
}

/// Whether a function is known to leave data as it is.
pub(crate) fn only_reads(name: &str) -> bool {
    catalogue::find(name).is_some_and(|function| !function.mutating)
}

/// What one function gives, as triggers ask for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Done {
    /// The data, changed or not.
    Data(String),
    /// An answer about the data, with its `OutputType`.
    Output(Json, &'static str),
}

/// Carries out a single function on the data of a unit, given with what else is known of the unit.
pub(crate) fn run(function: Named, unit: Request<'_>) -> Result<Done, FunctionError> {
    let answers = catalogue::find(&function.name).is_some_and(|function| !function.mutating);
    let functions = [function];
    let response = invoke(&Request { cast_arguments: true, stop_on_error: true, functions: &functions, ..unit })?;
    if !response.success {
        return Err(FunctionError::Failed(response.messages.join("\n")));
    }
    Ok(if answers { Done::Output(response.output, response.output_type) } else { Done::Data(response.data) })
}
