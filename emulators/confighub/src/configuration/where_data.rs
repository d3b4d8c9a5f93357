//! Clauses on configuration data: `spec.replicas > 1 AND spec.template.spec.containers.*.image ~ ':v2$'`.
//!
//! The shape is that of WHERE clauses, with paths in the place of attributes. All comparisons must
//! hold for one and the same resource.

use std::cmp::Ordering;

use regex::Regex;

use super::difference::leaves;
use super::error::ConfigurationError;
use super::path::Path;
use super::resource::{Resource, resources};
use super::scalar::Scalar;
use crate::where_clause::{Operator, Pattern};

/// A parsed clause on configuration data.
#[derive(Debug)]
pub(crate) struct DataClause {
    /// The type that the resource must have, such as `apps/v1/Deployment`; any when empty.
    resource_type: String,
    comparisons: Vec<Comparison>,
}

#[derive(Debug)]
struct Comparison {
    path: Path,
    /// A `|` in the path: the value may be left out, and then differs from everything.
    may_be_absent: bool,
    operator: Operator,
    right: Right,
}

#[derive(Debug)]
enum Right {
    Values(Vec<Scalar>),
    Pattern(Pattern),
}

const PATH: &str = r"(?:\|?\?[^\s=.]+=(?:[^\s=.!<>~]|~1)+|(?:[^\s=.!<>~]|~1)+)";
const OPERATOR: &str = r"<=|>=|!=|!~~|!~\*|!~|~~|~\*|=|<|>|~|LIKE\b|ILIKE\b|NOT IN\b|IN\b";
const LITERAL: &str = r#"'[^'"\\]*'|-?[0-9]{1,10}|true|false"#;

impl DataClause {
    /// Parses a clause; an empty one holds for every resource of the type.
    pub(crate) fn parse(text: &str, resource_type: &str) -> Result<Self, ConfigurationError> {
        let pattern = format!(
            r"^\s*({PATH}(?:\.{PATH})*)\s*({OPERATOR})\s*({LITERAL}|\(\s*(?:{LITERAL})(?:\s*,\s*(?:{LITERAL}))*\s*\))\s*(AND\s|$)"
        );
        let invalid = |rest: &str| ConfigurationError::InvalidClause(rest.to_owned());
        let comparison = Regex::new(&pattern).map_err(|_| invalid(text))?;
        let mut comparisons = Vec::new();
        let mut rest = text;
        let mut more = !text.trim().is_empty();
        while more {
            let found = comparison.captures(rest).ok_or_else(|| invalid(rest))?;
            let operator = Operator::of_spelling(&found[2]).ok_or_else(|| invalid(rest))?;
            let right = right(operator, &found[3]).ok_or_else(|| invalid(rest))?;
            let path = &found[1];
            comparisons.push(Comparison {
                path: Path::parse(path)?,
                may_be_absent: path.contains('|'),
                operator,
                right,
            });
            more = found[4].starts_with("AND");
            rest = &rest[found[0].len()..];
        }
        Ok(Self { resource_type: resource_type.to_owned(), comparisons })
    }

    /// Whether it holds for one of the resources of this data; never for data that cannot be read.
    pub(crate) fn holds_for(&self, data: &str) -> bool {
        let of_type =
            |resource: &Resource| self.resource_type.is_empty() || resource.resource_type() == self.resource_type;
        let holds = |resource: &Resource| self.comparisons.iter().all(|comparison| comparison.holds_for(resource));
        resources(data).is_ok_and(|all| all.iter().any(|resource| of_type(resource) && holds(resource)))
    }
}

fn right(operator: Operator, text: &str) -> Option<Right> {
    let is_list = text.starts_with('(');
    if is_list != matches!(operator, Operator::In | Operator::NotIn) {
        return None;
    }
    if operator.takes_pattern() {
        let pattern = text.strip_prefix('\'')?.strip_suffix('\'')?;
        return Pattern::compile(operator, pattern).ok().map(Right::Pattern);
    }
    let literals = Regex::new(LITERAL).ok()?;
    let values = literals.find_iter(text).map(|literal| match literal.as_str() {
        "true" => Scalar::Boolean(true),
        "false" => Scalar::Boolean(false),
        quoted if quoted.starts_with('\'') => Scalar::Text(quoted.trim_matches('\'').to_owned()),
        number => number.parse().map_or_else(|_| Scalar::Text(number.to_owned()), Scalar::Integer),
    });
    Some(Right::Values(values.collect()))
}

impl Comparison {
    fn holds_for(&self, resource: &Resource) -> bool {
        let leaves = leaves(&resource.root);
        let places = self.path.places(&resource.root, false);
        let mut present = places.iter().filter_map(|place| leaves.get(place)).peekable();
        if present.peek().is_none() {
            return self.may_be_absent && matches!(self.operator, Operator::NotEqual | Operator::NotIn);
        }
        present.any(|value| self.holds_for_value(value))
    }

    fn holds_for_value(&self, value: &Scalar) -> bool {
        let values = match &self.right {
            Right::Pattern(pattern) => return matches!(value, Scalar::Text(text) if pattern.holds_for(text)),
            Right::Values(values) => values,
        };
        let ordering = values.first().and_then(|right| compare(value, right));
        match self.operator {
            Operator::In => values.contains(value),
            Operator::NotIn => !values.contains(value),
            Operator::Equal => ordering == Some(Ordering::Equal),
            Operator::NotEqual => ordering != Some(Ordering::Equal),
            Operator::Less => ordering == Some(Ordering::Less),
            Operator::Greater => ordering == Some(Ordering::Greater),
            Operator::LessOrEqual => ordering.is_some_and(Ordering::is_le),
            Operator::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
            _ => false,
        }
    }
}

/// How two values of one type are ordered; values of different types are not.
fn compare(left: &Scalar, right: &Scalar) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        (Scalar::Integer(left), Scalar::Integer(right)) => Some(left.cmp(right)),
        (Scalar::Boolean(left), Scalar::Boolean(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
