//! A script asked its reader something and got no answer.

use stagegate_reports::journal::{Event, Finding};

use super::evidence::Evidence;
use super::telling;

pub(super) const KIND: &str = "unanswered-prompt";

/// Finds each question that no answer was declared for, each place once.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut seen = std::collections::BTreeSet::new();
    let asked = evidence.observed.remarks.iter().filter_map(|event| match event {
        Event::Prompt { text, source, answered: false, .. } => Some((text.trim(), source.as_ref())),
        _ => None,
    });
    let found = asked.filter(|asked| seen.insert(*asked)).map(|(text, source)| {
        let line = telling::clipped_line(&text.replace('\n', "⏎"));
        let what = if line.is_empty() { "without a word".to_owned() } else { format!("`{line}`") };
        let message = format!("the script asked {what} and waited for input, but no answer is declared");
        let mut finding = evidence.finding_at(KIND, source, message);
        let example = if line.is_empty() { "=yes".to_owned() } else { format!("{line}=yes") };
        let option = telling::command_line(&["--answer".to_owned(), example]);
        finding.help = Some(format!("declare one: `{option}`"));
        finding
    });
    found.collect()
}
