//! `compute-mutations`: what changed from one version of data to the next.

use serde_json::json;
use stagegate_configuration::mutation::compute_mutations;
use stagegate_configuration::yaml;

use super::call::{Call, Output, Returned};

/// `compute-mutations`
pub(super) fn compute(call: &mut Call<'_>) -> Returned {
    let previous = match yaml::documents(&call.arguments.text(0)) {
        Ok(previous) => previous,
        Err(error) => return Returned::failed(error.to_string()),
    };
    match compute_mutations(&previous, call.data, call.arguments.integer(1)) {
        Ok(mutations) => Returned::with(Output::Mutations(json!(mutations))),
        Err(error) => Returned::told(Some(Output::Mutations(serde_json::Value::Null)), vec![error]),
    }
}
