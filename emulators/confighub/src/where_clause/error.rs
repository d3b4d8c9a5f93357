//! Why a clause was refused, and where.

use std::ops::Range;

use super::operator::Operator;
use super::schema::AttributeType;

/// A clause was refused. Its text is the message of the hub's 400 answer.
///
/// ```
/// use stagegate_confighub::where_clause::{Clause, entities};
///
/// let error = Clause::parse("Slug = 'a' AND slug != 'b'", &entities::UNIT).unwrap_err();
/// assert_eq!(error.to_string(), "unrecognized attribute name `slug`");
/// assert_eq!(error.span, 15..19);
/// assert_eq!(error.hint.as_deref(), Some("did you mean `Slug`?"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct WhereError {
    /// What is wrong.
    pub kind: WhereErrorKind,
    /// The place in the clause, in bytes from its beginning.
    pub span: Range<usize>,
    /// What was meant, or how to say it instead, where that can be told. It is ours, for the lint of
    /// scripts; the hub's answers are without it.
    pub hint: Option<String>,
}

/// What is wrong with a clause.
///
/// The first two texts are the hosted service's own, as recorded; the others are ours, in their manner.
///
/// ```
/// use stagegate_confighub::where_clause::{Clause, WhereErrorKind, entities};
///
/// let error = Clause::parse("* AND Slug = 'a'", &entities::UNIT).unwrap_err();
/// assert_eq!(error.kind, WhereErrorKind::InvalidAttribute("* AND Slug = 'a'".to_owned()));
/// assert_eq!(error.to_string(), "invalid attribute name at `* AND Slug = 'a'`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhereErrorKind {
    /// A word stands where an attribute is expected and is none; also `OR`, since no other
    /// conjunction than `AND` exists.
    #[error("unrecognized attribute name `{0}`")]
    UnknownAttribute(String),
    /// Something else than a word stands where an attribute is expected; holds the rest of the clause.
    #[error("invalid attribute name at `{0}`")]
    InvalidAttribute(String),
    /// No operator follows the attribute; holds the rest of the clause.
    #[error("invalid operator at `{0}`")]
    InvalidOperator(String),
    /// No value follows the operator; holds the rest of the clause.
    #[error("invalid literal at `{0}`")]
    InvalidLiteral(String),
    /// A string, a parenthesis or a list is not closed; holds the rest of the clause.
    #[error("expected {expected} at `{rest}`")]
    Expected {
        /// What should stand here.
        expected: &'static str,
        /// What stands there instead.
        rest: String,
    },
    /// A map was compared without a key, or a key given to what is no map.
    #[error("attribute `{attribute}` of type {kind}: {reason}")]
    WrongAccess {
        /// The attribute.
        attribute: String,
        /// Its type.
        kind: AttributeType,
        /// What to do instead.
        reason: &'static str,
    },
    /// The operator does not go with the attribute's type.
    #[error("operator `{operator}` is not supported for attribute `{attribute}` of type {kind}")]
    WrongOperator {
        /// The operator.
        operator: Operator,
        /// The attribute.
        attribute: String,
        /// Its type.
        kind: AttributeType,
    },
    /// The value does not go with the attribute's type.
    #[error("attribute `{attribute}` of type {kind} cannot be compared with {literal}")]
    WrongLiteral {
        /// The value as written.
        literal: String,
        /// The attribute.
        attribute: String,
        /// Its type.
        kind: AttributeType,
    },
    /// The regular expression does not compile.
    #[error("invalid regular expression {literal}: {reason}")]
    InvalidPattern {
        /// The value as written.
        literal: String,
        /// What the compiler said.
        reason: String,
    },
    /// A limit of the language was passed.
    #[error("{what} exceeds {limit} characters")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The most characters it may have.
        limit: usize,
    },
}
