//! The arguments of an invocation, matched with a function's parameters.

use regex::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

use super::FunctionError;
use super::catalogue::{Function, Parameter, ParameterType};
use crate::configuration::Scalar;

/// An argument as it came: by name or by place, as text or typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Argument {
    #[serde(default)]
    parameter_name: String,
    #[serde(default)]
    value: Json,
}

/// The arguments of one call, in the order of the parameters.
#[derive(Debug)]
pub(crate) struct Arguments(Vec<Scalar>);

impl Arguments {
    /// Matches arguments with parameters; text stands for numbers and booleans too, as clients ask for.
    pub(super) fn bind(function: &Function, given: &[Argument]) -> Result<Self, FunctionError> {
        let parameters = function.parameters;
        let expected = |what: &str, count: usize| {
            let usage: Vec<String> =
                parameters.iter().map(|one| format!(" {} (reqd: {}),", one.name, one.required)).collect();
            FunctionError::Arguments(format!(
                "{what} arguments: got {}, expected {count}:{}",
                given.len(),
                usage.concat()
            ))
        };
        let required = parameters.iter().filter(|parameter| parameter.required).count();
        if given.len() < required {
            return Err(expected("insufficient", required));
        }
        if given.len() > parameters.len() && !function.repeats_last {
            return Err(expected("too many", parameters.len()));
        }
        let mut bound: Vec<Option<Scalar>> = vec![None; given.len().max(parameters.len())];
        for (index, argument) in given.iter().enumerate() {
            let place = match argument.parameter_name.as_str() {
                "" => index,
                name if function.repeats_last
                    && index >= parameters.len()
                    && parameters.last().is_some_and(|last| last.name == name) =>
                {
                    index
                }
                name => parameters
                    .iter()
                    .position(|parameter| parameter.name == name)
                    .ok_or_else(|| FunctionError::Arguments(format!("unknown parameter {name}")))?,
            };
            let parameter = parameters.get(place).or(parameters.last());
            bound[place] = parameter.map(|parameter| parameter.read(&argument.value)).transpose()?;
        }
        if let Some(missing) =
            parameters.iter().zip(&bound).find(|(parameter, value)| parameter.required && value.is_none())
        {
            return Err(FunctionError::Arguments(format!("required parameter '{}' not provided", missing.0.name)));
        }
        Ok(Self(bound.into_iter().flatten().collect()))
    }

    /// The argument at a place, as it is to be written into data.
    pub(super) fn value(&self, place: usize) -> Scalar {
        self.0.get(place).cloned().unwrap_or(Scalar::Null)
    }

    /// The argument at a place as text.
    pub(super) fn text(&self, place: usize) -> String {
        self.0.get(place).map(Scalar::plain_text).unwrap_or_default()
    }

    /// All arguments from a place on, as text.
    pub(super) fn rest(&self, place: usize) -> Vec<String> {
        self.0.iter().skip(place).map(Scalar::plain_text).collect()
    }
}

impl Parameter {
    fn read(&self, value: &Json) -> Result<Scalar, FunctionError> {
        let name = self.name;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let refuse = |reason: String| FunctionError::Arguments(reason);
        let cannot =
            |kind: &str, why: &str| refuse(format!("cannot convert argument {name} value {text} to {kind}: {why}"));
        let scalar = match self.kind {
            ParameterType::Text => Scalar::Text(text.clone()),
            ParameterType::Integer => text
                .parse()
                .map(Scalar::Integer)
                .map_err(|_| cannot("int", &format!("strconv.Atoi: parsing \"{text}\": invalid syntax")))?,
            ParameterType::Boolean => text
                .parse()
                .map(Scalar::Boolean)
                .map_err(|_| cannot("bool", &format!("strconv.ParseBool: parsing \"{text}\": invalid syntax")))?,
        };
        if let (Some(minimum), Scalar::Integer(number)) = (self.minimum, &scalar)
            && *number < minimum
        {
            return Err(refuse(format!("argument {name} value {number} is out of range [{minimum},]")));
        }
        if let Some(pattern) = self.pattern
            && !Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&text))
        {
            return Err(refuse(format!("value {text} for argument {name} failed to match {pattern}")));
        }
        Ok(scalar)
    }
}
