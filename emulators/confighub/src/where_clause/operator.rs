//! The comparison operators.

use super::schema::AttributeType;

/// A comparison operator.
///
/// ```
/// use stagegate_confighub::where_clause::{AttributeType, Operator};
///
/// let like = Operator::of_spelling("~~").unwrap();
/// assert_eq!(like.to_string(), "LIKE");
/// assert!(like.takes_pattern() && like.applies_to(AttributeType::Text));
/// assert!(!Operator::Less.applies_to(AttributeType::Uuid));
/// assert!(Operator::of_spelling("CONTAINS").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `LIKE` and `~~`
    Like,
    /// `!~~`
    NotLike,
    /// `ILIKE`
    LikeIgnoringCase,
    /// `~`
    Matches,
    /// `~*`
    MatchesIgnoringCase,
    /// `!~`
    NotMatches,
    /// `!~*`
    NotMatchesIgnoringCase,
    /// `IN`
    In,
    /// `NOT IN`
    NotIn,
    /// `?`, membership of an array
    Contains,
}

impl Operator {
    /// Every operator with its spelling; `LIKE` stands before its other form `~~`.
    pub const SPELLINGS: [(&'static str, Self); 17] = [
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("LIKE", Self::Like),
        ("~~", Self::Like),
        ("!~~", Self::NotLike),
        ("ILIKE", Self::LikeIgnoringCase),
        ("~", Self::Matches),
        ("~*", Self::MatchesIgnoringCase),
        ("!~", Self::NotMatches),
        ("!~*", Self::NotMatchesIgnoringCase),
        ("IN", Self::In),
        ("NOT IN", Self::NotIn),
        ("?", Self::Contains),
    ];

    /// The operator of this spelling; `NOT IN` with one space.
    pub fn of_spelling(spelling: &str) -> Option<Self> {
        Self::SPELLINGS.iter().find(|(known, _)| *known == spelling).map(|(_, operator)| *operator)
    }

    /// Whether its right side is a LIKE pattern or a regular expression.
    pub fn takes_pattern(self) -> bool {
        use Operator::{
            Like, LikeIgnoringCase, Matches, MatchesIgnoringCase, NotLike, NotMatches, NotMatchesIgnoringCase,
        };
        matches!(
            self,
            Like | NotLike | LikeIgnoringCase | Matches | MatchesIgnoringCase | NotMatches | NotMatchesIgnoringCase
        )
    }

    /// Whether it can be used on attributes of this type.
    pub fn applies_to(self, kind: AttributeType) -> bool {
        use AttributeType::{Boolean, Integer, Text, Time, Uuid, UuidList};
        match self {
            Self::Equal | Self::NotEqual => matches!(kind, Text | Integer | Boolean | Uuid | Time),
            Self::Less | Self::Greater | Self::LessOrEqual | Self::GreaterOrEqual => {
                matches!(kind, Text | Integer | Time)
            }
            Self::In | Self::NotIn => matches!(kind, Text | Integer),
            Self::Contains => kind == UuidList,
            pattern => pattern.takes_pattern() && kind == Text,
        }
    }
}

impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let spelling = Self::SPELLINGS.iter().find(|(_, operator)| operator == self).map_or("", |(known, _)| known);
        f.write_str(spelling)
    }
}
