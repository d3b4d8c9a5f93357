//! LIKE patterns and regular expressions, compiled once per clause.

use regex::{Regex, RegexBuilder};

use super::operator::Operator;
use super::posix;

/// What a compiled expression may take in memory, in bytes. The crate's engine is linear in the text,
/// so this bounds the cost of a match too.
const SIZE_LIMIT: usize = 1 << 20;

/// The compiled right side of a LIKE or regular expression operator.
///
/// LIKE looks at the whole value: `%` stands for any text and `_` for any one character. Regular
/// expressions are POSIX ones in the reading of the service's database: they match anywhere, `.`
/// takes line breaks too, and `^` and `$` are the ends of the value. Whether a value matches does
/// not depend on leftmost-longest, which is all that the engines differ in otherwise.
///
/// ```
/// use stagegate_confighub::where_clause::{Operator, Pattern};
///
/// let like = Pattern::compile(Operator::Like, "app-_%").unwrap();
/// assert!(like.holds_for("app-1") && !like.holds_for("app-"));
/// let expression = Pattern::compile(Operator::NotMatches, "^[[:digit:]]{2,3}$").unwrap();
/// assert!(expression.holds_for("1") && !expression.holds_for("12"));
/// assert!(Pattern::compile(Operator::Matches, "(").is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    expression: Regex,
    ignoring_case: bool,
    negated: bool,
}

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(pub(super) String);

impl Pattern {
    /// Compiles the right side of a pattern operator; with any other operator `text` is taken as a
    /// regular expression.
    pub fn compile(operator: Operator, text: &str) -> Result<Self, PatternError> {
        use Operator::{Like, LikeIgnoringCase, MatchesIgnoringCase, NotLike, NotMatches, NotMatchesIgnoringCase};
        let like = matches!(operator, Like | LikeIgnoringCase | NotLike);
        let source = if like { expression_of_like(text) } else { posix::translate(text)? };
        let ignoring_case = matches!(operator, LikeIgnoringCase | MatchesIgnoringCase | NotMatchesIgnoringCase);
        let expression = RegexBuilder::new(&source)
            .case_insensitive(ignoring_case)
            .dot_matches_new_line(true)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| PatternError(reason(&error)))?;
        let negated = matches!(operator, NotLike | NotMatches | NotMatchesIgnoringCase);
        Ok(Self { source: text.to_owned(), expression, ignoring_case, negated })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the comparison with `text` holds.
    pub fn holds_for(&self, text: &str) -> bool {
        self.expression.is_match(text) != self.negated
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.ignoring_case, self.negated) == (&other.source, other.ignoring_case, other.negated)
            && self.expression.as_str() == other.expression.as_str()
    }
}

impl Eq for Pattern {}

/// The engine's own words without its picture of the expression.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes when compiled"),
        other => {
            let text = other.to_string();
            let line = text.lines().last().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

fn expression_of_like(pattern: &str) -> String {
    let mut expression = String::from("^");
    for character in pattern.chars() {
        match character {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    expression
}
