//! Which scenarios are asked for: by tag expression, by name, by line.

use cucumber::tag::Ext as _;
use gherkin::tagexpr::TagOperation;
use regex::Regex;

/// What is asked for. An empty selector asks for everything.
#[derive(Debug, Default)]
pub struct Selector {
    tags: Option<TagOperation>,
    name: Option<Regex>,
}

/// A filter that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum SelectorError {
    /// Not a tag expression.
    #[error("`{expression}` is not a tag expression: {reason}")]
    Tags {
        /// What was given.
        expression: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a regular expression.
    #[error("`{pattern}` is not a regular expression")]
    Name {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        source: regex::Error,
    },
}

impl Selector {
    /// A selector for a tag expression such as `@stage-1 and not @script`, and a pattern for names.
    pub fn new(tags: Option<&str>, name: Option<&str>) -> Result<Self, SelectorError> {
        let tags = tags.map(tag_expression).transpose()?;
        let name = name
            .map(|pattern| {
                Regex::new(pattern).map_err(|source| SelectorError::Name { pattern: pattern.to_owned(), source })
            })
            .transpose()?;
        Ok(Self { tags, name })
    }

    /// Whether a scenario with these tags (with or without `@`) and this name is asked for.
    pub fn wants(&self, tags: &[String], name: &str) -> bool {
        let bare = || tags.iter().map(|tag| tag.trim_start_matches('@'));
        self.tags.as_ref().is_none_or(|expression| expression.eval(bare()))
            && self.name.as_ref().is_none_or(|pattern| pattern.is_match(name))
    }
}

fn tag_expression(expression: &str) -> Result<TagOperation, SelectorError> {
    let fail = |reason: String| SelectorError::Tags { expression: expression.to_owned(), reason };
    if expression.trim().is_empty() {
        return Err(fail("it is empty".to_owned()));
    }
    expression.trim().parse::<TagOperation>().map_err(|error| {
        let expected: Vec<&str> = error.expected.tokens().collect();
        let mut expected = expected;
        expected.sort_unstable();
        fail(format!("at column {}: expected {}", error.location.column, expected.join(" or ")))
    })
}
