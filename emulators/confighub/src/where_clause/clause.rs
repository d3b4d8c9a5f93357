//! A clause as parsed: names resolved, values typed, patterns compiled.

use jiff::Timestamp;
use uuid::Uuid;

use super::operator::Operator;
use super::pattern::Pattern;
use super::schema::{Attribute, AttributeType, Schema};

/// A conjunction of comparisons on the entities of one schema; without any it holds for all.
#[derive(Debug, Clone)]
pub struct Clause {
    /// The entity type it was parsed for.
    pub schema: &'static Schema,
    /// All of these must hold.
    pub comparisons: Vec<Comparison>,
}

/// One comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is compared.
    pub left: Left,
    /// How.
    pub operator: Operator,
    /// With what.
    pub right: Right,
}

/// The left side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The value of an attribute.
    Attribute(AttributePath),
    /// `LEN(attribute)`: the number of elements or entries.
    Length(AttributePath),
}

/// The right side of a comparison.
#[derive(Debug, Clone)]
pub enum Right {
    /// A value.
    Literal(Literal),
    /// The value of another attribute of the same entity or a related one.
    Attribute(AttributePath),
    /// The values of `IN` and `NOT IN`.
    List(Vec<Literal>),
    /// The compiled right side of a LIKE or regular expression operator.
    Pattern(Pattern),
}

/// A typed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A UUID.
    Uuid(Uuid),
    /// A point in time.
    Time(Timestamp),
    /// `''` for a UUID or a time: no value.
    Nothing,
}

/// An attribute, the way to it over related entities, and the key within it if it is a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePath {
    /// Related entities to pass, such as `UpstreamUnit`; empty for an attribute of the entity itself.
    pub relations: Vec<&'static str>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The key, for maps.
    pub key: Option<String>,
}

impl AttributePath {
    /// The type of the value it leads to: for a key, that of the map's values.
    pub fn kind(&self) -> AttributeType {
        match (self.attribute.kind, &self.key) {
            (AttributeType::TextMap, Some(_)) => AttributeType::Text,
            (AttributeType::BooleanMap, Some(_)) => AttributeType::Boolean,
            (kind, _) => kind,
        }
    }
}

impl std::fmt::Display for AttributePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for relation in &self.relations {
            write!(f, "{relation}.")?;
        }
        f.write_str(self.attribute.name)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, ".{key}"))
    }
}
