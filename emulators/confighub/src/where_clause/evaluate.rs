//! Whether a clause holds for an entity.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::clause::{AttributePath, Clause, Comparison, Left, Literal, Right};
use super::operator::Operator;

/// The value of an attribute, as a [`Row`] gives it.
///
/// ```
/// use stagegate_confighub::where_clause::Value;
///
/// assert_ne!(Value::Text(""), Value::Nothing, "rows tell empty from not set; comparisons with '' do not");
/// ```
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
///
/// ```
/// use stagegate_confighub::where_clause::{Clause, Row, Value, entities};
///
/// struct Space(&'static str);
///
/// impl Row for Space {
///     fn value(&self, relations: &[&'static str], attribute: &'static str) -> Value<'_> {
///         match (relations, attribute) {
///             ([], "Slug") => Value::Text(self.0),
///             _ => Value::Nothing,
///         }
///     }
/// }
///
/// let clause = Clause::parse("Slug LIKE '%prod%'", &entities::SPACE).unwrap();
/// assert!(clause.holds_for(&Space("acme-prod")));
/// assert!(!clause.holds_for(&Space("acme-dev")));
/// ```
pub trait Row {
    /// The value of one of its schema's attributes, reached over `relations`.
    fn value(&self, relations: &[&'static str], attribute: &'static str) -> Value<'_>;
}

impl Clause {
    /// Whether all comparisons hold for `row`.
    ///
    /// As in SQL a comparison with an unset value does not hold, whatever the operator, except that
    /// unset equals `''`; see [the module](super).
    pub fn holds_for(&self, row: &dyn Row) -> bool {
        self.comparisons.iter().all(|comparison| comparison.holds_for(row))
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
            Right::Literal(literal) => compare_with_literal(left, self.operator, literal),
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

fn compare_with_literal(left: Value<'_>, operator: Operator, literal: &Literal) -> bool {
    let empty = *literal == Literal::Nothing || matches!(literal, Literal::Text(text) if text.is_empty());
    match (left, literal) {
        (Value::Nothing, _) => empty && operator == Operator::Equal,
        (_, Literal::Nothing) => operator == Operator::NotEqual,
        (present, literal) => compare(present, operator, literal.value()),
    }
}

/// Compares two values of one type; with one that is not set nothing compares.
fn compare(left: Value<'_>, operator: Operator, right: Value<'_>) -> bool {
    let ordering = match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(&right),
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(&right),
        (Value::Uuid(left), Value::Uuid(right)) => left.cmp(&right),
        (Value::Time(left), Value::Time(right)) => left.cmp(&right),
        _ => return false,
    };
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
