//! A check of `$?` that `set -e` makes dead.

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::Finding;

use super::evidence::Evidence;

pub(super) const KIND: &str = "unreachable-check";

/// Finds the checks that were reached and can only ever see success.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, lines) in &evidence.observed.reached {
        let Some(script) = evidence.script(file) else { continue };
        for check in script.unreachable_checks().into_iter().filter(|check| lines.contains(&check.line)) {
            let at = Location { file: (*file).to_owned(), line: check.line, column: None };
            let message = format!("`{}` never sees a failure: {}", check.text, check.why);
            let mut finding = evidence.finding_at(KIND, Some(&at), message);
            finding.help = Some("test the command itself: `if ! command; then … fi`".to_owned());
            found.push(finding);
        }
    }
    found
}
