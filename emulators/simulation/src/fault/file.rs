//! Rules as text: a YAML list, or a single rule.

use super::error::FaultFileError;
use super::rule::FaultRule;

/// Reads a YAML (or JSON) list of rules, or a single one, and checks each.
///
/// # Errors
///
/// [`FaultFileError`] with the place of the first thing that cannot be read.
pub fn parse_fault_rules(text: &str) -> Result<Vec<FaultRule>, FaultFileError> {
    // First without types: it tells a list from a single rule.
    let rules = match serde_saphyr::from_str::<serde_json::Value>(text).map_err(|error| unreadable(&error))? {
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::Array(_) => serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?,
        _ => vec![serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?],
    };
    for (index, rule) in rules.iter().enumerate() {
        FaultRule::check(rule).map_err(|error| FaultFileError {
            at: None,
            reason: format!("rule {}: {}: {}", index + 1, error.field, error.reason),
            help: error.help.to_owned(),
        })?;
    }
    Ok(rules)
}

fn unreadable(error: &serde_saphyr::Error) -> FaultFileError {
    let at = error
        .location()
        .and_then(|location| Some((usize::try_from(location.line()).ok()?, usize::try_from(location.column()).ok()?)));
    FaultFileError {
        at,
        reason: error.without_snippet().to_string(),
        help: "a rule has `effect`, and may have `match` and `label`, as in `- effect: {latency: 2s}`".to_owned(),
    }
}
