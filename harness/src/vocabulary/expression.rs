//! Cucumber expressions as regular expressions.

use std::collections::HashMap;

use cucumber_expressions::Expression;
use regex::Regex;

/// A sentence that is not a Cucumber expression, or uses a parameter type that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ExpressionError(String);

/// What `{duration}` stands for; see [`super::parse_duration`].
const DURATION: &str = r"\d+(?:\.\d+)? ?(?:ms|s|m|h)";

/// Compiles an expression whose parameters are `{string}`, `{int}`, `{word}` and `{duration}`.
pub(super) fn compile(expression: &str) -> Result<Regex, ExpressionError> {
    let parameters = HashMap::from([("duration", DURATION)]);
    Expression::regex_with_parameters(expression, &parameters).map_err(|error| ExpressionError(error.to_string()))
}

/// The parameters' values in `text`, strings without their quotes.
pub(super) fn values(regex: &Regex, text: &str) -> Vec<String> {
    let Some(captures) = regex.captures(text) else { return Vec::new() };
    let mut values: Vec<(String, Option<String>)> = Vec::new();
    for (index, name) in regex.capture_names().enumerate().skip(1) {
        // A quoted string has one group for each kind of quote, named `__PARAMETER_GROUP`.
        let parameter = name.map_or_else(|| index.to_string(), |name| parameter_of(name).to_owned());
        let value = captures.get(index).map(|capture| capture.as_str().to_owned());
        match values.last_mut() {
            Some((last, found)) if *last == parameter => {
                if found.is_none() {
                    *found = value;
                }
            }
            _ => values.push((parameter, value)),
        }
    }
    values.into_iter().map(|(_, value)| value.unwrap_or_default()).collect()
}

fn parameter_of(group: &str) -> &str {
    group.rsplit_once('_').map_or(group, |(parameter, _)| parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values_of(expression: &str, text: &str) -> Vec<String> {
        values(&compile(expression).expect("a valid expression"), text)
    }

    #[test]
    fn strings_lose_either_kind_of_quotes() {
        assert_eq!(values_of("unit {string} in space {string}", r#"unit "a" in space 'b c'"#), ["a", "b c"]);
    }

    #[test]
    fn an_empty_string_is_a_value() {
        assert_eq!(values_of("unit {string} has {int} replica(s)", r#"unit "" has 3 replicas"#), ["", "3"]);
    }

    #[test]
    fn durations_and_words_are_values() {
        assert_eq!(
            values_of("target {string} registers within {duration}", r#"target "t" registers within 30 s"#),
            ["t", "30 s"]
        );
        assert_eq!(values_of("a {word} finding", "a masked-failure finding"), ["masked-failure"]);
    }

    #[test]
    fn an_unknown_parameter_type_is_an_error() {
        assert!(compile("I wait {fortnight}").is_err());
    }
}
