//! Differences that have a reason.

use regex::Regex;
use serde::Deserialize;

use super::difference::Difference;

/// A difference that is known, and why it is none to mend.
#[derive(Debug, Clone)]
pub struct Explanation {
    scenario: Option<Regex>,
    difference: Regex,
    /// One sentence.
    pub reason: String,
}

/// The file with explanations cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ExplanationError {
    /// It is no list of explanations.
    #[error("it is no list of explanations: {0}")]
    Parse(#[from] Box<serde_saphyr::Error>),
    /// A regular expression cannot be understood.
    #[error("the regular expression `{expression}` cannot be understood")]
    Expression {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        source: regex::Error,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    scenario: Option<String>,
    difference: String,
    reason: String,
}

/// All explanations, in order.
#[derive(Debug, Clone, Default)]
pub struct Explanations(Vec<Explanation>);

impl Explanations {
    /// Reads a YAML list of `difference`, a regular expression that its line must match, `reason`, and perhaps
    /// `scenario`, one that the scenario's name must match.
    pub fn parse(text: &str) -> Result<Self, ExplanationError> {
        let entries: Vec<Entry> = serde_saphyr::from_str(text).map_err(Box::new)?;
        let compile = |expression: String| {
            Regex::new(&expression).map_err(|source| ExplanationError::Expression { expression, source })
        };
        let explanation = |entry: Entry| {
            let scenario = entry.scenario.map(compile).transpose()?;
            Ok(Explanation { scenario, difference: compile(entry.difference)?, reason: entry.reason })
        };
        entries.into_iter().map(explanation).collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// The first one of a difference.
    pub fn of(&self, difference: &Difference) -> Option<&Explanation> {
        let line = difference.what.to_string();
        let fits = |explanation: &&Explanation| {
            explanation.scenario.as_ref().is_none_or(|scenario| scenario.is_match(&difference.name))
                && explanation.difference.is_match(&line)
        };
        self.0.iter().find(fits)
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test says what it expects")]
mod tests {
    use super::super::What;
    use super::*;
    use crate::diagnostic::Location;

    #[test]
    fn the_first_that_fits_scenario_and_difference_explains_it() {
        let text = "- {scenario: '^Stage 2', difference: Lease, reason: other}\n- {difference: 'created Lease', reason: it comes and goes}\n";
        let explanations = Explanations::parse(text).expect("a list");
        let difference = |name: &str, effect: &str| Difference {
            scenario: Location { file: "a.feature".to_owned(), line: 1, column: None },
            name: name.to_owned(),
            what: What::Effect(true, effect.to_owned()),
        };
        let reason = |name, effect| explanations.of(&difference(name, effect)).map(|found| found.reason.clone());
        assert_eq!(reason("Stage 1", "created Lease x"), Some("it comes and goes".to_owned()));
        assert_eq!(reason("Stage 2", "deleted Lease x"), Some("other".to_owned()));
        assert_eq!(reason("Stage 1", "deleted Lease x"), None);
    }

    #[test]
    fn what_is_no_list_of_explanations_is_refused() {
        assert!(matches!(Explanations::parse("- {difference: a}"), Err(ExplanationError::Parse(_))));
        let broken = Explanations::parse("- {difference: '(', reason: b}");
        assert!(matches!(broken, Err(ExplanationError::Expression { .. })));
    }
}
