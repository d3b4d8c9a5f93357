//! What a function is given, and what it gives back.

use serde_json::{Value as Json, json};
use stagegate_configuration::yaml::Document;
use uuid::Uuid;

use super::arguments::Arguments;
use super::signature::Function;

/// What functions know of the unit whose data they work on (`FunctionContext` of the worker protocol).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) unit_id: Uuid,
    pub(crate) unit_slug: String,
    pub(crate) space_id: Uuid,
    pub(crate) space_slug: String,
    /// Nil unless the data is that of a revision.
    pub(crate) revision_id: Uuid,
    /// The hash of the data that the approvals are for.
    pub(crate) previous_content_hash: i32,
    pub(crate) approved_by: Vec<String>,
}

impl Context {
    /// How messages name the unit.
    pub(super) fn instance(&self) -> String {
        if self.revision_id.is_nil() {
            self.unit_id.to_string()
        } else {
            format!("{}: {}", self.unit_id, self.revision_id)
        }
    }
}

/// One call of a function. Data that it changed before it failed stays changed.
pub(super) struct Call<'a> {
    pub(super) function: &'static Function,
    pub(super) context: &'a Context,
    pub(super) data: &'a mut Vec<Document>,
    pub(super) arguments: &'a Arguments,
    pub(super) live_state: &'a str,
}

/// What a function gives back besides the data.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Returned {
    pub(super) output: Option<Output>,
    pub(super) errors: Vec<String>,
    /// What was asked for that this engine does not do, if it was; nothing else counts then.
    pub(super) unsupported: Option<String>,
}

impl Returned {
    /// Of a function that only changes data.
    pub(super) fn changed(errors: Vec<String>) -> Self {
        Self { errors, ..Self::default() }
    }

    pub(super) fn failed(error: impl Into<String>) -> Self {
        Self::changed(vec![error.into()])
    }

    /// Of a function that answers, and says what was wrong, if anything was.
    pub(super) fn told(output: Option<Output>, errors: Vec<String>) -> Self {
        Self { output, errors, unsupported: None }
    }

    /// Of a function that was asked for something that this engine does not do.
    pub(super) fn unsupported(what: String) -> Self {
        Self { unsupported: Some(what), ..Self::default() }
    }

    pub(super) fn with_validation(passed: bool) -> Self {
        Self::with(Output::Validation(Validation::of(passed)))
    }

    pub(super) fn with(output: Output) -> Self {
        Self { output: Some(output), ..Self::default() }
    }
}

/// An answer about data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Output {
    AttributeValues(Vec<Json>),
    /// Names of resources.
    ResourceInfos(Vec<Json>),
    /// Resources with their bodies.
    Resources(Vec<Json>),
    Validation(Validation),
    Mutations(Json),
    Yaml(String),
}

/// Whether data is valid.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Validation {
    pub(super) passed: bool,
    /// The place of the function among those invoked.
    pub(super) index: usize,
    pub(super) details: Vec<String>,
    pub(super) failed_attributes: Vec<Json>,
}

impl Validation {
    pub(super) fn of(passed: bool) -> Self {
        Self { passed, ..Self::default() }
    }

    pub(super) fn json(&self) -> Json {
        let mut result = json!({"Passed": self.passed, "Index": self.index});
        if !self.details.is_empty() {
            result["Details"] = json!(self.details);
        }
        if !self.failed_attributes.is_empty() {
            result["FailedAttributes"] = json!(self.failed_attributes);
        }
        result
    }
}
