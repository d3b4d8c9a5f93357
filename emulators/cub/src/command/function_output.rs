//! What functions gave, and what a function takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::{number, pretty, text, typed};
use crate::table::Table;

/// Prints the answers of an invocation in the form the flags ask for.
pub(super) fn print(cub: &mut Cub<'_, '_>, answers: &[Value]) -> Result<(), Failure> {
    let expression = cub.flags.text("output-jq").to_owned();
    if !cub.has_other_output() && expression.is_empty() {
        for answer in answers {
            print_answer(cub, answer)?;
        }
    }
    cub.print_json_and_jq(&typed("", &Value::Array(answers.to_vec())))?;
    for answer in answers {
        if let Some(output) = output(answer)? {
            let value = || serde_json::from_slice::<Value>(&output).map_err(|error| Failure::failed(error.to_string()));
            if !expression.is_empty() {
                for result in crate::jq::run(&expression, &value()?)? {
                    let line = result.as_str().map_or_else(|| pretty(&result), str::to_owned);
                    cub.streams.line(&line)?;
                }
            }
            if cub.flags.on("output-values-only") {
                for attribute in value()?.as_array().into_iter().flatten() {
                    cub.streams.line(&plain(&attribute["Value"]))?;
                }
            }
        }
    }
    Ok(())
}

fn print_answer(cub: &mut Cub<'_, '_>, answer: &Value) -> Result<(), Failure> {
    let on = |flag: &str| cub.flags.on(flag);
    let (data_only, output_only) = (on("data-only"), on("output-only"));
    let speaks = !on("quiet") && !on("output-values-only");
    if speaks && !data_only && !output_only {
        cub.streams.print(&outcome(answer).render())?;
    }
    let changed =
        !text(answer, "ConfigData").is_empty() && answer["Mutators"].as_array().is_some_and(|all| !all.is_empty());
    if data_only || (speaks && !output_only && changed) {
        if !data_only {
            cub.streams.line("CONFIGDATA\n---------")?;
        }
        super::unit_details::print_data(cub, text(answer, "ConfigData"))?;
    }
    match output(answer)? {
        Some(output) if output_only || (speaks && !data_only) => {
            if !output_only {
                cub.streams.line("OUTPUT\n------")?;
            }
            print_output(cub, text(answer, "OutputType"), &output)
        }
        _ => Ok(()),
    }
}

fn outcome(answer: &Value) -> Table {
    let mut table = Table::new();
    let success = answer["Success"].as_bool().unwrap_or_default();
    table.row(["SUCCESS", &success.to_string()]);
    if !success && answer["Error"].is_object() {
        let details = joined(&answer["Error"]["Details"], "; ");
        let separator = if details.is_empty() { "" } else { ": " };
        table.row(["ERROR", &format!("{}{separator}{details}", text(&answer["Error"], "Message"))]);
    }
    table
}

/// What a function put out; `None` for nothing and for `null`.
fn output(answer: &Value) -> Result<Option<Vec<u8>>, Failure> {
    let bytes = STANDARD
        .decode(text(answer, "Output"))
        .map_err(|error| Failure::failed(format!("{error}: Failed to decode output")))?;
    Ok(Some(bytes).filter(|bytes| !matches!(bytes.trim_ascii(), b"" | b"null")))
}

fn print_output(cub: &mut Cub<'_, '_>, kind: &str, output: &[u8]) -> Result<(), Failure> {
    let raw = String::from_utf8_lossy(output).into_owned();
    let Some(value) = serde_json::from_slice::<Value>(output).ok().filter(|_| !cub.flags.on("output-json")) else {
        return cub.streams.line(&raw);
    };
    let items = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    match kind {
        "YAML" => cub.streams.line(text(&value, "Payload")),
        "AttributeValueList" => items.iter().try_for_each(|item| cub.streams.line(&attribute(item))),
        "ValidationResultList" | "ValidationResult" => {
            items.iter().try_for_each(|item| print_validation(cub, item, value.is_array()))
        }
        "ResourceInfoList" => items.iter().try_for_each(|item| {
            cub.streams.line(&format!("{} {}", text(item, "ResourceName"), text(item, "ResourceType")))
        }),
        "ResourceList" => items.iter().try_for_each(|item| {
            cub.streams.line(&format!("{} {}:", text(item, "ResourceName"), text(item, "ResourceType")))?;
            cub.streams.line(text(item, "ResourceBody"))
        }),
        _ => cub.streams.line(&pretty(&value)),
    }
}

fn print_validation(cub: &mut Cub<'_, '_>, result: &Value, numbered: bool) -> Result<(), Failure> {
    let passed = result["Passed"].as_bool().unwrap_or_default();
    let index = if numbered { format!(" {}", number(result, "Index")) } else { String::new() };
    let details = joined(&result["Details"], ", ");
    let details = if details.is_empty() { details } else { format!(" {details}") };
    cub.streams.line(&format!("{passed}{index}{details}"))?;
    cub.streams.line("Attributes:")?;
    for failed in result["FailedAttributes"].as_array().into_iter().flatten() {
        cub.streams.line(&attribute(failed))?;
    }
    Ok(())
}

fn attribute(item: &Value) -> String {
    let words = [plain(&item["Value"])].into_iter();
    let rest = ["DataType", "Path", "ResourceName", "ResourceType"].map(|field| text(item, field).to_owned());
    words.chain(rest).collect::<Vec<_>>().join(" ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn joined(list: &Value, separator: &str) -> String {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(separator)
}

/// Prints what a function takes and does.
pub(super) fn explain(cub: &mut Cub<'_, '_>, toolchain: &str, name: &str, function: &Value) -> Result<(), Failure> {
    let parameters = function["Parameters"].as_array().cloned().unwrap_or_default();
    let usage: String = parameters
        .iter()
        .map(|parameter| {
            let name = text(parameter, "ParameterName");
            let is_required = parameter["Required"] == true;
            if is_required { format!(" <{name}>") } else { format!(" [--{name}={}]", text(parameter, "DataType")) }
        })
        .collect();
    let more = if function["VarArgs"] == true { " ..." } else { "" };
    cub.streams.line(&format!("Usage: cub function do -- {name}{usage}{more}"))?;
    cub.streams.line("")?;
    cub.streams.print(&properties(toolchain, name, function).render())?;
    let header = ["Parameter", "Name", "Data-Type", "Required", "Description", "Example", "Constraint"];
    let mut table = Table::with_header(&header, true);
    for (position, parameter) in parameters.iter().enumerate() {
        let required = if parameter["Required"] == true { "required" } else { "optional" };
        table.row([
            &position.to_string(),
            text(parameter, "ParameterName"),
            text(parameter, "DataType"),
            required,
            text(parameter, "Description"),
            text(parameter, "Example"),
            text(parameter, "Regexp"),
        ]);
    }
    cub.streams.print(&table.render())
}

fn properties(toolchain: &str, name: &str, function: &Value) -> Table {
    let mut table = Table::new();
    table.row(["Toolchain Type", toolchain]);
    table.row(["Function Name", name]);
    table.row(["Description", text(function, "Description")]);
    table.row(["Required Parameters", &number(function, "RequiredParameters").to_string()]);
    for (title, field) in [
        ("Varargs", "VarArgs"),
        ("Mutating", "Mutating"),
        ("Validating", "Validating"),
        ("Hermetic", "Hermetic"),
        ("Idempotent", "Idempotent"),
    ] {
        table.row([title, if function[field] == true { "true" } else { "false" }]);
    }
    for (title, field) in [("Function Type", "FunctionType"), ("Attribute Name", "AttributeName")] {
        if !text(function, field).is_empty() {
            table.row([title, text(function, field)]);
        }
    }
    let affected = joined(&function["AffectedResourceTypes"], ", ");
    if !affected.is_empty() {
        table.row(["Affected Resource Types", &affected]);
    }
    table
}
