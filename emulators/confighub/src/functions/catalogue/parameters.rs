//! Parameters and kinds of functions that recur.
#![expect(clippy::needless_pass_by_value, reason = "each takes a parameter and gives it back with one more trait")]

use super::super::call::{Call, Returned};
use super::super::patterns;
use super::super::signature::{Answer, Function, Parameter, ParameterType, VALIDATION};

pub(super) const ANY: &[&str] = &["*"];
pub(super) const WORKLOADS: &[&str] = &[
    "apps/v1/Deployment",
    "apps/v1/ReplicaSet",
    "apps/v1/DaemonSet",
    "apps/v1/StatefulSet",
    "batch/v1/Job",
    "batch/v1/CronJob",
    "v1/Pod",
];
const PATH_VISITOR: &str = "PathVisitor";
const CUSTOM: &str = "Custom";

type Run = fn(&mut Call<'_>) -> Returned;

pub(super) const fn text(name: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        kind: ParameterType::Text,
        required: true,
        example: "",
        pattern: None,
        minimum: None,
        maximum: None,
        choices: &[],
        description,
    }
}

pub(super) const fn integer(name: &'static str, description: &'static str) -> Parameter {
    Parameter { kind: ParameterType::Integer, ..text(name, description) }
}

pub(super) const fn boolean(name: &'static str, description: &'static str) -> Parameter {
    Parameter { kind: ParameterType::Boolean, ..text(name, description) }
}

/// Text of another language, or of a list.
pub(super) const fn structured(name: &'static str, kind: &'static str, description: &'static str) -> Parameter {
    Parameter { kind: ParameterType::Structured(kind), ..text(name, description) }
}

pub(super) const fn optional(parameter: Parameter) -> Parameter {
    Parameter { required: false, ..parameter }
}

pub(super) const fn like(parameter: Parameter, example: &'static str) -> Parameter {
    Parameter { example, ..parameter }
}

pub(super) const fn matching(parameter: Parameter, pattern: &'static str) -> Parameter {
    Parameter { pattern: Some(pattern), ..parameter }
}

pub(super) const fn one_of(parameter: Parameter, choices: &'static [&'static str]) -> Parameter {
    Parameter { kind: ParameterType::Choice, choices, ..parameter }
}

/// A container by name.
pub(super) const fn container(example: &'static str) -> Parameter {
    let parameter = text("container-name", "The container, or * for all of them");
    matching(like(parameter, example), patterns::CONTAINER)
}

pub(super) const RESOURCE_TYPE: Parameter = text("resource-type", "API version and kind, such as apps/v1/Deployment");
pub(super) const RESOURCE_NAME: Parameter = text("resource-name", "The resource's name");

pub(super) const fn answer(name: &'static str, kind: &'static str, description: &'static str) -> Answer {
    Answer { name, kind, description }
}

/// A function of its own kind.
pub(super) const fn custom(name: &'static str, parameters: &'static [Parameter], run: Run) -> Function {
    Function {
        name,
        description: "",
        parameters,
        repeats_last: false,
        output: None,
        mutating: false,
        idempotent: true,
        kind: CUSTOM,
        attribute: "",
        types: ANY,
        run,
    }
}

/// One that changes data.
pub(super) const fn changing(
    name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    run: Run,
) -> Function {
    Function { description, mutating: true, ..custom(name, parameters, run) }
}

/// One that answers.
pub(super) const fn answering(
    name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    output: Answer,
    run: Run,
) -> Function {
    Function { description, output: Some(output), ..custom(name, parameters, run) }
}

/// One that says whether data is valid.
pub(super) const fn checking(
    name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    output: &'static str,
    run: Run,
) -> Function {
    answering(name, description, parameters, answer(output, VALIDATION, "Whether that is so"), run)
}

/// One that gets a registered attribute.
pub(super) const fn getting(
    name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    value: &'static str,
    attribute: &'static str,
    types: &'static [&'static str],
) -> Function {
    let output = answer(value, "AttributeValueList", "The values found");
    let function = answering(name, description, parameters, output, super::super::attributes::get);
    Function { kind: PATH_VISITOR, attribute, types, ..function }
}

/// One that sets a registered attribute; the last parameter is the value.
pub(super) const fn setting(
    name: &'static str,
    description: &'static str,
    parameters: &'static [Parameter],
    attribute: &'static str,
    types: &'static [&'static str],
) -> Function {
    let function = changing(name, description, parameters, super::super::attributes::set_attribute);
    Function { kind: PATH_VISITOR, attribute, types, ..function }
}
