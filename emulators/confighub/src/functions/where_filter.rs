//! Clauses on configuration data: `spec.replicas > 1 AND spec.template.spec.containers.*.image ~ ':v2$'`.
//!
//! What is accepted, and how it is refused, is as in the real executor's `where-filter`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Document, Value, documents, segments, value};

use super::attributes::{Wanted, get_path};
use super::call::{Call, Output, Returned, Validation};
use super::registry;
use super::visit::visit;

/// A parsed clause on configuration data.
#[derive(Debug, Clone)]
pub(crate) struct DataClause {
    /// The type that the resource must have, such as `apps/v1/Deployment`, or `*`.
    resource_type: String,
    comparisons: Vec<Comparison>,
}

/// Why a clause is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClauseError {
    #[error("invalid path at `{0}`")]
    Path(String),
    #[error("invalid operator at `{0}`")]
    Operator(String),
    #[error("no operand found at `{0}`")]
    Operand(String),
    #[error("invalid IN clause at `{0}`")]
    List(String),
    #[error("invalid boolean operator `{0}`")]
    BooleanOperator(String),
    #[error("{0}")]
    Pattern(String),
}

#[derive(Debug, Clone)]
struct Comparison {
    path: String,
    /// What comes after `.|` in the path: what is before must be there, this may be missing.
    optional: Option<String>,
    operator: String,
    literal: Literal,
    /// Of an operator that compares with one; the real executor finds out that it cannot be read when it
    /// compares.
    pattern: Option<Result<Regex, String>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    Text(String),
    Integer(Option<i64>),
    Boolean(bool),
    List(Vec<String>),
}

const KEY: &str = r"(?:[A-Za-z](?:[A-Za-z0-9/_\-]|(?:\~[12])){0,127})";
const NAME: &str = r"(?:[A-Za-z][A-Za-z0-9_\-]{0,127})";

struct Grammar {
    path: Regex,
    operator: Regex,
    integer: Regex,
    boolean: Regex,
    text: Regex,
    list: Regex,
}

static GRAMMAR: LazyLock<Option<Grammar>> = LazyLock::new(|| {
    let plain = format!(r"(?:{KEY}|(?:@{KEY}\:{NAME})|(?:[0-9][0-9]{{0,9}}))");
    let wildcard = format!(r"\*(?:(?:\?{KEY}(?:\:{NAME})?)|(?:@\:{NAME}))?");
    let matching = format!(r"\?{KEY}(?:\:{NAME})?=[^.][^.]*");
    let segment = format!(r"(?:{KEY}|(?:@{KEY}\:{NAME})|(?:[0-9][0-9]{{0,9}})|{wildcard}|{matching})");
    let path = format!(r"^{segment}(?:\.{segment})*(?:\.\|{plain}(?:\.{plain})*)?(?:#{KEY})?");
    let operator = r"^(<=|>=|<|>|=|\!=|LIKE|ILIKE|~~|!~~|~\*|!~\*|~|!~|IN|NOT IN)";
    Some(Grammar {
        path: Regex::new(&path).ok()?,
        operator: Regex::new(operator).ok()?,
        integer: Regex::new(r"^[0-9][0-9]{0,9}").ok()?,
        boolean: Regex::new(r"^(true|false)").ok()?,
        text: Regex::new(r#"^'[^'"\\]*'"#).ok()?,
        list: Regex::new(r"^\((?:[^)]+)\)").ok()?,
    })
});

impl DataClause {
    /// Parses a clause; an empty one holds for every resource of the type, and an empty type is any.
    pub(crate) fn parse(text: &str, resource_type: &str) -> Result<Self, ClauseError> {
        let mut comparisons = Vec::new();
        let mut rest = skip_blanks(text);
        while !rest.is_empty() {
            let (comparison, after) = comparison(rest)?;
            comparisons.push(comparison);
            rest = skip_blanks(after);
            rest = rest.strip_prefix("AND").map_or(rest, skip_blanks);
        }
        let resource_type = if resource_type.is_empty() { registry::ANY } else { resource_type };
        Ok(Self { resource_type: resource_type.to_owned(), comparisons })
    }

    /// The same, for a clause that is kept or selects: patterns that cannot be read are refused.
    pub(crate) fn parse_whole(text: &str, resource_type: &str) -> Result<Self, ClauseError> {
        let clause = Self::parse(text, resource_type)?;
        let mut broken = clause.comparisons.iter().filter_map(|comparison| comparison.pattern.as_ref()?.as_ref().err());
        match broken.next() {
            Some(error) => Err(ClauseError::Pattern(error.clone())),
            None => Ok(clause),
        }
    }

    /// Whether it holds for one of the resources of this data; never for data that cannot be read. An
    /// error says what in the data cannot be compared.
    pub(crate) fn holds_for(&self, data: &str) -> Result<bool, String> {
        documents(data).map_or(Ok(false), |mut data| self.matches(&mut data).map_err(|errors| errors.join("; ")))
    }

    fn matches(&self, data: &mut [Document]) -> Result<bool, Vec<String>> {
        if self.comparisons.is_empty() {
            let resources: Result<Vec<ResourceInfo>, String> = data.iter().map(ResourceInfo::of).collect();
            let of_type =
                |one: &ResourceInfo| self.resource_type == registry::ANY || one.resource_type == self.resource_type;
            return resources.map(|all| all.iter().any(of_type)).map_err(|error| vec![error]);
        }
        let mut matching: Option<BTreeSet<String>> = None;
        let mut errors = Vec::new();
        for comparison in &self.comparisons {
            match comparison.matching(data, &self.resource_type) {
                Ok((found, mut failed)) => {
                    errors.append(&mut failed);
                    matching = Some(match matching {
                        Some(before) => before.intersection(&found).cloned().collect(),
                        None => found,
                    });
                }
                Err(mut failed) => {
                    errors.append(&mut failed);
                    break;
                }
            }
        }
        if errors.is_empty() { Ok(matching.is_some_and(|matching| !matching.is_empty())) } else { Err(errors) }
    }
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

fn comparison(text: &str) -> Result<(Comparison, &str), ClauseError> {
    let Some(grammar) = GRAMMAR.as_ref() else { return Err(ClauseError::Path(text.to_owned())) };
    let found = grammar.path.find(text).ok_or_else(|| ClauseError::Path(text.to_owned()))?;
    let (whole, text) = (found.as_str(), skip_blanks(&text[found.end()..]));
    let (path, optional) = match whole.split_once(".|") {
        Some((path, optional)) => (path, Some(optional.to_owned())),
        None => (whole, None),
    };
    let found = grammar.operator.find(text).ok_or_else(|| ClauseError::Operator(text.to_owned()))?;
    let (operator, text) = (found.as_str().to_owned(), skip_blanks(&text[found.end()..]));
    let (literal, text) = literal(grammar, &operator, text)?;
    let pattern = pattern(&operator, &literal);
    Ok((Comparison { path: path.to_owned(), optional, operator, literal, pattern }, text))
}

/// The pattern that an operator compares with, if it does.
fn pattern(operator: &str, literal: &Literal) -> Option<Result<Regex, String>> {
    let Literal::Text(wanted) = literal else { return None };
    let regex = |flags: &str| {
        Regex::new(&format!("{flags}{wanted}")).map_err(|error| format!("invalid regular expression: {error}"))
    };
    match operator {
        "LIKE" | "~~" | "!~~" => Some(like(wanted, "")),
        "ILIKE" => Some(like(wanted, "(?i)")),
        "~" | "!~" => Some(regex("")),
        "~*" | "!~*" => Some(regex("(?i)")),
        _ => None,
    }
}

fn literal<'t>(grammar: &Grammar, operator: &str, text: &'t str) -> Result<(Literal, &'t str), ClauseError> {
    if matches!(operator, "IN" | "NOT IN") {
        let found = grammar.list.find(text).ok_or_else(|| ClauseError::List(text.to_owned()))?;
        let values = found.as_str().trim_matches(['(', ')']).split(',');
        let values = values.map(|value| value.trim().trim_matches('\'').to_owned()).filter(|value| !value.is_empty());
        return Ok((Literal::List(values.collect()), &text[found.end()..]));
    }
    if let Some(found) = grammar.integer.find(text) {
        return Ok((Literal::Integer(found.as_str().parse().ok()), &text[found.end()..]));
    }
    if let Some(found) = grammar.boolean.find(text) {
        if !matches!(operator, "=" | "!=") {
            return Err(ClauseError::BooleanOperator(operator.to_owned()));
        }
        return Ok((Literal::Boolean(found.as_str() == "true"), &text[found.end()..]));
    }
    let found = grammar.text.find(text).ok_or_else(|| ClauseError::Operand(text.to_owned()))?;
    Ok((Literal::Text(found.as_str().trim_matches('\'').to_owned()), &text[found.end()..]))
}

impl Comparison {
    /// The names of the resources that it holds for, and what could not be compared.
    fn matching(
        &self,
        data: &mut [Document],
        resource_type: &str,
    ) -> Result<(BTreeSet<String>, Vec<String>), Vec<String>> {
        if let Some(optional) = &self.optional {
            return self.matching_optional(data, resource_type, optional);
        }
        let wanted = match self.literal {
            Literal::Text(_) | Literal::List(_) => Wanted::Text,
            Literal::Integer(_) => Wanted::Integer,
            Literal::Boolean(_) => Wanted::Boolean,
        };
        let found = get_path(data, resource_type, &self.path, wanted);
        if !found.errors.is_empty() {
            return Err(vec![found.errors.join("\n")]);
        }
        let Some(Output::AttributeValues(entries)) = found.output else { return Ok(Default::default()) };
        let mut names = BTreeSet::new();
        let mut errors = Vec::new();
        for entry in entries {
            let present = match &entry["Value"] {
                serde_json::Value::String(text) => Value::Text(text.clone()),
                serde_json::Value::Bool(flag) => Value::Boolean(*flag),
                other => Value::Integer(other.as_i64().unwrap_or_default()),
            };
            match self.holds_for(&present) {
                Ok(true) => drop(names.insert(entry["ResourceName"].as_str().unwrap_or_default().to_owned())),
                Ok(false) => {}
                Err(error) => errors.push(error),
            }
        }
        Ok((names, errors))
    }

    fn matching_optional(
        &self,
        data: &mut [Document],
        resource_type: &str,
        optional: &str,
    ) -> Result<(BTreeSet<String>, Vec<String>), Vec<String>> {
        let mut names = BTreeSet::new();
        let optional = segments(optional);
        let errors = visit(data, &registry::at_path(resource_type, &self.path), &[], false, |document, place| {
            let present = place.node(document).and_then(|node| node.get(&optional));
            let holds = match present {
                None => self.operator == "!=",
                Some(node) => self.holds_for(&value(node, &document.root).unwrap_or(Value::Null))?,
            };
            if holds {
                names.insert(place.resource.resource_name.clone());
            }
            Ok(())
        });
        if errors.is_empty() { Ok((names, Vec::new())) } else { Err(vec![errors.join("\n")]) }
    }

    fn holds_for(&self, present: &Value) -> Result<bool, String> {
        let expected = |kind: &str| format!("internal error: expected {kind} but got {}", present.type_name());
        match &self.literal {
            Literal::List(values) => {
                let text = match present {
                    Value::Text(_) | Value::Integer(_) | Value::Boolean(_) => present.plain(),
                    Value::Float(number) => format!("{:.0}", number.trunc()),
                    other => return Err(format!("unsupported value type for IN operation: {}", other.type_name())),
                };
                Ok(values.contains(&text) == (self.operator == "IN"))
            }
            Literal::Text(wanted) => match present {
                Value::Text(present) => self.holds_for_text(present, wanted),
                _ => Err(expected("string")),
            },
            Literal::Integer(wanted) => match (present, wanted) {
                (Value::Integer(present), Some(wanted)) => Ok(self.holds_for_ordered(present, wanted)),
                (Value::Float(present), Some(wanted)) => {
                    Ok(self.holds_for_ordered(&present.trunc(), &as_float(*wanted)))
                }
                _ => Err(expected("number")),
            },
            Literal::Boolean(wanted) => match present {
                Value::Boolean(present) => Ok((present == wanted) == (self.operator == "=")),
                _ => Err(expected("bool")),
            },
        }
    }

    fn holds_for_text(&self, present: &str, wanted: &str) -> Result<bool, String> {
        match &self.pattern {
            None => Ok(self.holds_for_ordered(&present, &wanted)),
            Some(Ok(pattern)) => Ok(pattern.is_match(present) != self.operator.starts_with('!')),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    fn holds_for_ordered<T: PartialOrd>(&self, present: &T, wanted: &T) -> bool {
        match self.operator.as_str() {
            "=" => present == wanted,
            "!=" => present != wanted,
            "<" => present < wanted,
            "<=" => present <= wanted,
            ">" => present > wanted,
            ">=" => present >= wanted,
            _ => false,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "literals have at most ten digits")]
fn as_float(number: i64) -> f64 {
    number as f64
}

/// An SQL pattern: `%` is anything, `_` is one character.
fn like(pattern: &str, flags: &str) -> Result<Regex, String> {
    let mut regex = format!("{flags}^");
    for character in pattern.chars() {
        match character {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    Regex::new(&regex).map_err(|error| format!("invalid LIKE pattern: {error}"))
}

/// `where-filter`
pub(super) fn where_filter(call: &mut Call<'_>) -> Returned {
    let answer = |passed| Some(Output::Validation(Validation::of(passed)));
    let resource_type = call.arguments.text(0);
    let clause = match DataClause::parse(&call.arguments.text(1), &resource_type) {
        // Here an empty type is none.
        Ok(clause) => DataClause { resource_type, ..clause },
        Err(error) => return Returned::told(answer(false), vec![error.to_string()]),
    };
    match clause.matches(call.data) {
        Ok(passed) => Returned::told(answer(passed), Vec::new()),
        Err(errors) => Returned::told(answer(false), errors),
    }
}
