//! Rules as text: a YAML list, or a single rule.

use serde_saphyr::{Location, Spanned};

use super::error::FaultFileError;
use super::rule::FaultRule;

/// A rule, and the line and column, from 1, where it begins in its text.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedRule {
    /// What it says.
    pub rule: FaultRule,
    /// Where it begins.
    pub at: Option<(usize, usize)>,
}

/// Reads a YAML (or JSON) list of rules, or a single one, and checks each.
///
/// # Errors
///
/// [`FaultFileError`] with the place of the first thing that cannot be read, or of the first rule that cannot be
/// taken.
pub fn parse_fault_rules(text: &str) -> Result<Vec<FaultRule>, FaultFileError> {
    Ok(parse_placed_fault_rules(text)?.into_iter().map(|placed| placed.rule).collect())
}

/// The same, for those who check the rules further.
///
/// # Errors
///
/// As [`parse_fault_rules`].
pub fn parse_placed_fault_rules(text: &str) -> Result<Vec<PlacedRule>, FaultFileError> {
    // First without types: it tells a list from a single rule.
    let rules: Vec<Spanned<FaultRule>> =
        match serde_saphyr::from_str::<serde_json::Value>(text).map_err(|error| unreadable(&error))? {
            serde_json::Value::Null => Vec::new(),
            serde_json::Value::Array(_) => serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?,
            _ => vec![serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?],
        };
    let placed = (1..).zip(rules).map(|(number, spanned)| {
        let placed = PlacedRule { at: place(&spanned.referenced), rule: spanned.value };
        placed.rule.check().map_err(|error| FaultFileError::of_rule(number, placed.at, &error))?;
        Ok(placed)
    });
    placed.collect()
}

fn place(location: &Location) -> Option<(usize, usize)> {
    Some((usize::try_from(location.line()).ok()?, usize::try_from(location.column()).ok()?))
}

fn unreadable(error: &serde_saphyr::Error) -> FaultFileError {
    FaultFileError {
        at: error.location().as_ref().and_then(place),
        reason: error.without_snippet().to_string(),
        help: "a rule has `effect`, and may have `match` and `label`, as in `- effect: {latency: 2s}`".to_owned(),
    }
}
