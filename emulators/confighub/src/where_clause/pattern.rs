//! LIKE patterns and regular expressions, compiled once per clause.

use regex::{Regex, RegexBuilder};

use super::operator::Operator;

/// The compiled right side of a LIKE or regular expression operator.
#[derive(Debug, Clone)]
pub struct Pattern {
    expression: Regex,
    negated: bool,
}

impl Pattern {
    /// Compiles the right side of a pattern operator.
    pub(crate) fn compile(operator: Operator, text: &str) -> Result<Self, regex::Error> {
        use Operator::{Like, LikeIgnoringCase, MatchesIgnoringCase, NotLike, NotMatches, NotMatchesIgnoringCase};
        let like = matches!(operator, Like | LikeIgnoringCase | NotLike);
        let source = if like { expression_of_like(text) } else { text.to_owned() };
        let ignoring_case = matches!(operator, LikeIgnoringCase | MatchesIgnoringCase | NotMatchesIgnoringCase);
        let expression =
            RegexBuilder::new(&source).case_insensitive(ignoring_case).dot_matches_new_line(like).build()?;
        Ok(Self { expression, negated: matches!(operator, NotLike | NotMatches | NotMatchesIgnoringCase) })
    }

    /// Whether the comparison with `text` holds.
    pub fn holds_for(&self, text: &str) -> bool {
        self.expression.is_match(text) != self.negated
    }
}

/// `%` stands for any text and `_` for any one character, over the whole value.
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
