//! Whether a clause holds for an entity.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::clause::{AttributePath, Clause, Comparison, Left, Literal, Right};
use super::operator::Operator;

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Not set: an absent key, a null id, a related entity that is not there.
    Nothing,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A UUID.
    Uuid(Uuid),
    /// A point in time.
    Time(Timestamp),
    /// Keys with text values.
    TextMap(&'a BTreeMap<String, String>),
    /// Keys with boolean values.
    BooleanMap(&'a BTreeMap<String, bool>),
    /// A list of UUIDs.
    UuidList(&'a [Uuid]),
}

/// An entity that clauses can be evaluated on.
pub trait Row {
    /// The value of one of its schema's attributes, reached over `relations`.
    fn value(&self, relations: &[&'static str], attribute: &'static str) -> Value<'_>;
}

impl Clause {
    /// Whether all comparisons hold for `row`.
    ///
    /// As in SQL a comparison with an unset value does not hold, whatever the operator, except that
    /// unset equals `''`.
    pub fn holds_for(&self, row: &dyn Row) -> bool {
        self.comparisons.iter().all(|comparison| comparison.holds_for(row))
    }

    /// The value that an attribute of the entity itself must equal for the clause to hold, if it says so.
    pub fn required_text(&self, attribute: &str) -> Option<&str> {
        self.comparisons.iter().find_map(|comparison| match comparison {
            Comparison {
                left: Left::Attribute(path),
                operator: Operator::Equal,
                right: Right::Literal(Literal::Text(text)),
            } if path.relations.is_empty() && path.attribute.name == attribute && path.key.is_none() => {
                Some(text.as_str())
            }
            _ => None,
        })
    }
}

impl Comparison {
    fn holds_for(&self, row: &dyn Row) -> bool {
        let left = match &self.left {
            Left::Attribute(path) => value(row, path),
            Left::Length(path) => length(value(row, path)),
        };
        match &self.right {
            Right::Literal(literal) if self.operator == Operator::Contains => contains(left, literal),
            Right::Literal(literal) => compare(left, self.operator, literal.value()),
            Right::Attribute(path) => compare(left, self.operator, value(row, path)),
            Right::List(literals) => match left {
                Value::Nothing => false,
                present => {
                    let among = literals.iter().any(|literal| literal.value() == present);
                    among == (self.operator == Operator::In)
                }
            },
            Right::Pattern(pattern) => matches!(left, Value::Text(text) if pattern.holds_for(text)),
        }
    }
}

impl Literal {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Boolean(flag) => Value::Boolean(*flag),
            Self::Uuid(id) => Value::Uuid(*id),
            Self::Time(time) => Value::Time(*time),
            Self::Nothing => Value::Nothing,
        }
    }
}

fn value<'a>(row: &'a dyn Row, path: &AttributePath) -> Value<'a> {
    let whole = row.value(&path.relations, path.attribute.name);
    let Some(key) = &path.key else { return whole };
    match whole {
        Value::TextMap(map) => map.get(key).map_or(Value::Nothing, |text| Value::Text(text)),
        Value::BooleanMap(map) => map.get(key).map_or(Value::Nothing, |flag| Value::Boolean(*flag)),
        _ => Value::Nothing,
    }
}

fn length(value: Value<'_>) -> Value<'_> {
    let count = match value {
        Value::TextMap(map) => map.len(),
        Value::BooleanMap(map) => map.len(),
        Value::UuidList(list) => list.len(),
        _ => return Value::Nothing,
    };
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn contains(list: Value<'_>, literal: &Literal) -> bool {
    matches!((list, literal), (Value::UuidList(list), Literal::Uuid(id)) if list.contains(id))
}

fn compare(left: Value<'_>, operator: Operator, right: Value<'_>) -> bool {
    let unset = |value| matches!(value, Value::Nothing | Value::Text(""));
    let ordering = match (left, right) {
        (left, right) if unset(left) && unset(right) => Some(Ordering::Equal),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(&right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(&right)),
        (Value::Uuid(left), Value::Uuid(right)) => Some(left.cmp(&right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(&right)),
        // Set, compared with `''`: they differ.
        (present, Value::Nothing) if present != Value::Nothing => return operator == Operator::NotEqual,
        _ => None,
    };
    let Some(ordering) = ordering else { return false };
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::Greater => ordering.is_gt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        _ => false,
    }
}
