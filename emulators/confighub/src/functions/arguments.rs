//! The arguments of an invocation, matched with a function's parameters.
//!
//! What is refused, and in which words, is as in the real executor.

use serde::Deserialize;
use serde_json::Value as Json;
use stagegate_configuration::yaml::Value;

use super::patterns;
use super::signature::{Function, Parameter, ParameterType};

/// An argument as it came: by name or by place, as text or typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Argument {
    pub(crate) parameter_name: String,
    pub(crate) value: Json,
}

/// The arguments of one call, in the order of the parameters.
#[derive(Debug, Default)]
pub(super) struct Arguments(Vec<(&'static str, Value)>);

impl Arguments {
    /// Matches arguments with parameters. With `cast`, text stands for numbers and booleans too.
    pub(super) fn bind(function: &'static Function, given: &[Argument], cast: bool) -> Result<Self, String> {
        check_count(function, given.len())?;
        let mut places: Vec<usize> = Vec::with_capacity(given.len());
        let mut values = Vec::with_capacity(given.len());
        let (mut in_order, mut unnamed) = (true, false);
        for (index, argument) in given.iter().enumerate() {
            let last = function.parameters.len() - 1;
            let mut place = if function.repeats_last { index.min(last) } else { index };
            if argument.parameter_name.is_empty() {
                unnamed = true;
                if in_order && places.contains(&place) && !(function.repeats_last && place == last) {
                    let name = function.parameters[place].name;
                    return Err(format!("argument {name} is not a varargs parameter of function {}", function.name));
                }
            } else {
                place = place_of(function, &argument.parameter_name)?;
                if place != index && !(function.repeats_last && index == last) {
                    in_order = false;
                }
                check_repeated(function, place, &places)?;
            }
            // One that only repeats, or comes after some out of order, is called by no name.
            let nameless = argument.parameter_name.is_empty() && (!in_order || places.contains(&place));
            let name = if nameless { "" } else { function.parameters[place].name };
            values.push(function.parameters[place].read(name, &argument.value, cast)?);
            places.push(place);
        }
        let ordered = in_order_of_parameters(function, in_order, unnamed, &places)?;
        let bind = |index: usize| (function.parameters[places[index]].name, values[index].clone());
        Ok(Self(ordered.into_iter().map(bind).collect()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The argument at a place; `Null` where there is none.
    pub(super) fn value(&self, place: usize) -> Value {
        self.0.get(place).map_or(Value::Null, |(_, value)| value.clone())
    }

    /// The argument of a parameter, if it was given.
    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The argument at a place as text.
    pub(super) fn text(&self, place: usize) -> String {
        self.0.get(place).map(|(_, value)| value.plain()).unwrap_or_default()
    }

    pub(super) fn integer(&self, place: usize) -> i64 {
        if let Value::Integer(number) = self.value(place) { number } else { 0 }
    }

    pub(super) fn flag(&self, place: usize) -> bool {
        self.value(place) == Value::Boolean(true)
    }

    /// All arguments from a place on, as text.
    pub(super) fn rest(&self, place: usize) -> Vec<String> {
        self.0.iter().skip(place).map(|(_, value)| value.plain()).collect()
    }
}

/// The most arguments of a function that takes any number of them.
const MOST_ARGUMENTS: usize = 1000;

fn check_count(function: &Function, given: usize) -> Result<(), String> {
    let refuse = |what: &str, expected: usize| {
        let usage = function.parameters.iter().map(|one| format!(" {} (reqd: {}),", one.name, one.required));
        Err(format!("{what} arguments: got {given}, expected {expected}:{}", usage.collect::<String>()))
    };
    if given > MOST_ARGUMENTS {
        return refuse("too many", MOST_ARGUMENTS);
    }
    if given < function.required() {
        return refuse("insufficient", function.required());
    }
    if given > function.parameters.len() && !function.repeats_last {
        return refuse("too many", function.parameters.len());
    }
    Ok(())
}

fn place_of(function: &Function, name: &str) -> Result<usize, String> {
    let place = function.parameters.iter().position(|parameter| parameter.name == name);
    place.ok_or_else(|| format!("argument {name} is not a valid parameter of function {}", function.name))
}

fn check_repeated(function: &Function, place: usize, places: &[usize]) -> Result<(), String> {
    if !places.contains(&place) {
        return Ok(());
    }
    let (name, of) = (function.parameters[place].name, function.name);
    if !function.repeats_last {
        return Err(format!("argument {name} appears multiple times but function {of} is not varargs"));
    }
    if place + 1 != function.parameters.len() {
        return Err(format!("argument {name} appears multiple times but is not the last argument of function {of}"));
    }
    Ok(())
}

/// Which argument comes at each place.
fn in_order_of_parameters(
    function: &Function,
    in_order: bool,
    unnamed: bool,
    places: &[usize],
) -> Result<Vec<usize>, String> {
    if in_order {
        return Ok((0..places.len()).collect());
    }
    if unnamed {
        return Err(format!("mix of out-of-order named and unnamed arguments for function {}", function.name));
    }
    let mut ordered = Vec::with_capacity(places.len());
    for (place, parameter) in function.parameters.iter().enumerate() {
        match places.iter().position(|taken| *taken == place) {
            Some(index) => ordered.push(index),
            None if parameter.required => {
                return Err(format!("missing required parameter {} for function {}", parameter.name, function.name));
            }
            None => {}
        }
    }
    ordered.extend(ordered.len()..places.len());
    Ok(ordered)
}

impl Parameter {
    /// Reads an argument; `name` is how messages call it.
    fn read(&self, name: &str, value: &Json, cast: bool) -> Result<Value, String> {
        let kind = self.kind.name();
        match (value, self.kind) {
            (Json::String(text), ParameterType::Integer) if cast => {
                let number = text.parse().map_err(|error: std::num::ParseIntError| {
                    let problem = atoi_problem(&error);
                    format!(
                        "cannot convert argument {name} value {text} to int: strconv.Atoi: parsing {text:?}: {problem}"
                    )
                })?;
                self.within_range(name, number)
            }
            (Json::String(text), ParameterType::Boolean) if cast => match text.as_str() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Boolean(true)),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Boolean(false)),
                _ => Err(format!(
                    "cannot convert argument {name} value {text} to bool: strconv.ParseBool: parsing {text:?}: invalid syntax"
                )),
            },
            (Json::String(_), ParameterType::Integer | ParameterType::Boolean) => {
                Err(format!("argument {name} data type {kind} is not of a string type"))
            }
            (Json::String(text), _) => self.check_text(name, text).map(|()| Value::Text(text.clone())),
            (Json::Number(number), ParameterType::Integer) => {
                self.within_range(name, truncated(number.as_f64().unwrap_or_default()))
            }
            (Json::Number(_), _) => Err(format!("argument {name} data type {kind} is not of type int")),
            (Json::Bool(flag), ParameterType::Boolean) => Ok(Value::Boolean(*flag)),
            (Json::Bool(_), _) => Err(format!("argument {name} data type {kind} is not of type bool")),
            (other, _) => {
                let found = match other {
                    Json::Array(_) => "[]interface {}",
                    Json::Object(_) => "map[string]interface {}",
                    _ => "<nil>",
                };
                Err(format!("argument {name} type {found} is not of a supported type"))
            }
        }
    }

    fn check_text(&self, name: &str, text: &str) -> Result<(), String> {
        if let Some(pattern) = self.pattern
            && !patterns::matches(pattern, text)
        {
            return Err(format!("value {text} for argument {name} failed to match {pattern}"));
        }
        if !self.choices.is_empty() && !self.choices.contains(&text) {
            let choices = self.choices.join(" ");
            return Err(format!("value {text} for argument {name} is not in enum values [{choices}]"));
        }
        Ok(())
    }

    fn within_range(&self, name: &str, number: i64) -> Result<Value, String> {
        let outside = self.minimum.is_some_and(|minimum| number < minimum)
            || self.maximum.is_some_and(|maximum| number > maximum);
        if outside {
            let text = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
            let (minimum, maximum) = (text(self.minimum), text(self.maximum));
            return Err(format!("argument {name} value {number} is out of range [{minimum},{maximum}]"));
        }
        Ok(Value::Integer(number))
    }
}

fn atoi_problem(error: &std::num::ParseIntError) -> &'static str {
    match error.kind() {
        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "value out of range",
        _ => "invalid syntax",
    }
}

#[expect(clippy::cast_possible_truncation, reason = "numbers lose their fraction, as in the executor")]
fn truncated(number: f64) -> i64 {
    number as i64
}
