//! A clause as parsed: names resolved, values typed, patterns compiled.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;
use uuid::Uuid;

use super::operator::Operator;
use super::pattern::Pattern;
use super::schema::{Attribute, AttributeType, Schema};

/// A conjunction of comparisons on the entities of one schema; without any it holds for all.
///
/// Clauses are equal when they say the same in the same order, wherever it stands in their texts.
///
/// ```
/// use stagegate_confighub::where_clause::{Clause, entities};
///
/// let clause = Clause::parse("Slug='web' AND Labels.tier IN ('a','b')", &entities::UNIT).unwrap();
/// assert_eq!(clause.comparisons.len(), 2);
/// assert_eq!(clause.comparisons[1].span, 15..39);
/// // Its canonical text is a clause again, and the same one.
/// assert_eq!(clause.to_string(), "Slug = 'web' AND Labels.tier IN ('a', 'b')");
/// assert_eq!(Clause::parse(&clause.to_string(), &entities::UNIT).unwrap(), clause);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The entity type it was parsed for.
    pub schema: &'static Schema,
    /// All of these must hold.
    pub comparisons: Vec<Comparison>,
}

impl Clause {
    /// Every attribute it names, on either side, in order of appearance.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, entities};
    ///
    /// let clause = Clause::parse("HeadRevisionNum > LiveRevisionNum AND Space.Slug = 'a'", &entities::UNIT).unwrap();
    /// let names: Vec<String> = clause.attributes().map(ToString::to_string).collect();
    /// assert_eq!(names, ["HeadRevisionNum", "LiveRevisionNum", "Space.Slug"]);
    /// ```
    pub fn attributes(&self) -> impl Iterator<Item = &AttributePath> {
        self.comparisons.iter().flat_map(Comparison::attributes)
    }

    /// The words that a list operation's `include` must have for all related entities to be there, as
    /// the client sends them with such clauses.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, entities};
    ///
    /// let clause = Clause::parse("UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum", &entities::UNIT).unwrap();
    /// assert_eq!(clause.includes().into_iter().collect::<Vec<_>>(), ["UpstreamUnitID"]);
    /// ```
    pub fn includes(&self) -> BTreeSet<String> {
        self.attributes().filter_map(|path| path.relations.first()).map(|relation| format!("{relation}ID")).collect()
    }

    /// Whether it names an attribute that only late-2025 services have.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, entities};
    ///
    /// assert!(Clause::parse("ChangeSetID != ''", &entities::UNIT).unwrap().is_late());
    /// assert!(!Clause::parse("TargetID != ''", &entities::UNIT).unwrap().is_late());
    /// ```
    pub fn is_late(&self) -> bool {
        self.attributes().any(|path| path.attribute.late || path.relations.contains(&"ChangeSet"))
    }
}

impl std::fmt::Display for Clause {
    /// The canonical text: one blank between tokens, `LIKE` for `~~`, times in UTC.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, comparison) in self.comparisons.iter().enumerate() {
            let conjunction = if index > 0 { " AND " } else { "" };
            write!(f, "{conjunction}{comparison}")?;
        }
        Ok(())
    }
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
    /// Its place in the clause, in bytes from the clause's beginning.
    pub span: Range<usize>,
}

impl Comparison {
    /// The attributes it names: one, or two when both sides are attributes.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, entities};
    ///
    /// let clause = Clause::parse("LEN(ApprovedBy) > 0", &entities::UNIT).unwrap();
    /// assert_eq!(clause.comparisons[0].attributes().count(), 1);
    /// ```
    pub fn attributes(&self) -> impl Iterator<Item = &AttributePath> {
        let right = match &self.right {
            Right::Attribute(path) => Some(path),
            Right::Literal(_) | Right::List(_) | Right::Pattern(_) => None,
        };
        std::iter::once(self.left.path()).chain(right)
    }

    /// The values one of which an attribute of the entity itself must equal for the comparison to
    /// hold; `None` for comparisons that are not of this kind. `key` is that of a map.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, Literal, entities};
    ///
    /// let clause = Clause::parse("Labels.tier IN ('a', 'b') AND Slug != 'c'", &entities::UNIT).unwrap();
    /// let (path, values) = clause.comparisons[0].required().unwrap();
    /// assert_eq!((path.attribute.name, path.key.as_deref()), ("Labels", Some("tier")));
    /// assert_eq!(values, [Literal::Text("a".into()), Literal::Text("b".into())]);
    /// assert!(clause.comparisons[1].required().is_none());
    /// ```
    pub fn required(&self) -> Option<(&AttributePath, &[Literal])> {
        let Left::Attribute(path) = &self.left else { return None };
        let values = match (self.operator, &self.right) {
            (Operator::Equal, Right::Literal(literal)) => std::slice::from_ref(literal),
            (Operator::In, Right::List(literals)) => literals.as_slice(),
            _ => return None,
        };
        path.relations.is_empty().then_some((path, values))
    }
}

impl PartialEq for Comparison {
    /// Wherever they stand.
    fn eq(&self, other: &Self) -> bool {
        self.left == other.left && self.operator == other.operator && self.right == other.right
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.left, self.operator, self.right)
    }
}

/// The left side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The value of an attribute.
    Attribute(AttributePath),
    /// `LEN(attribute)`: the number of elements or entries.
    Length(AttributePath),
}

impl Left {
    /// The attribute, with or without `LEN`.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, entities};
    ///
    /// let clause = Clause::parse("LEN(Labels) = 2", &entities::SPACE).unwrap();
    /// assert_eq!(clause.comparisons[0].left.path().attribute.name, "Labels");
    /// ```
    pub fn path(&self) -> &AttributePath {
        match self {
            Self::Attribute(path) | Self::Length(path) => path,
        }
    }
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Attribute(path) => write!(f, "{path}"),
            Self::Length(path) => write!(f, "LEN({path})"),
        }
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
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

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::Attribute(path) => write!(f, "{path}"),
            Self::Pattern(pattern) => write!(f, "'{}'", pattern.source()),
            Self::List(literals) => {
                let texts: Vec<String> = literals.iter().map(ToString::to_string).collect();
                write!(f, "({})", texts.join(", "))
            }
        }
    }
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

impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Boolean(flag) => write!(f, "{flag}"),
            Self::Uuid(id) => write!(f, "'{id}'"),
            Self::Time(time) => write!(f, "'{time}'"),
            Self::Nothing => f.write_str("''"),
        }
    }
}

/// An attribute, the way to it over related entities, and the key within it if it is a map.
///
/// ```
/// use stagegate_confighub::where_clause::{Clause, entities};
///
/// let clause = Clause::parse("Space.Labels.Environment = 'prod'", &entities::UNIT).unwrap();
/// let path = clause.attributes().next().unwrap();
/// assert_eq!(path.relations, ["Space"]);
/// assert_eq!(path.attribute.name, "Labels");
/// assert_eq!(path.key.as_deref(), Some("Environment"));
/// ```
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
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{AttributeType, Clause, entities};
    ///
    /// let clause = Clause::parse("ApplyGates.guard/no-placeholders = true", &entities::UNIT).unwrap();
    /// assert_eq!(clause.attributes().next().unwrap().kind(), AttributeType::Boolean);
    /// ```
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
