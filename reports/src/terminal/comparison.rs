//! Where two runs differ, for people.

use std::fmt::Write as _;

use super::paint::{BOLD, Paint};
use crate::compare::{Comparison, Explanations};
use crate::plural::count;
use crate::printable::printable;

/// The differences by scenario, each with its reason where there is one, and how many have none.
pub fn render_comparison(comparison: &Comparison, explanations: &Explanations, color: bool) -> (String, usize) {
    let paint = Paint { color };
    let (mut text, mut explained, mut last) = (String::new(), 0, None);
    for difference in &comparison.differences {
        if last != Some(&difference.scenario) {
            let place = difference.scenario.to_string();
            let _ = writeln!(text, "{}  {}", paint.with(BOLD, &printable(&difference.name)), printable(&place));
            last = Some(&difference.scenario);
        }
        let _ = writeln!(text, "  {}", printable(&difference.what.to_string()));
        if let Some(explanation) = explanations.of(difference) {
            explained += 1;
            let _ = writeln!(text, "    explained: {}", printable(&explanation.reason));
        }
    }
    let open = comparison.differences.len() - explained;
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} compared, {}, {explained} explained",
        count(comparison.compared, "scenario"),
        count(open, "difference")
    );
    if comparison.alone > 0 {
        let _ = writeln!(text, "{} ran in one of the runs only", count(comparison.alone, "scenario"));
    }
    (text, open)
}
