//! A script called a tool past the tracer.

use stagegate_reports::journal::{Event, Finding};

use super::evidence::Evidence;
use super::telling;

pub(super) const KIND: &str = "untraced-command";

/// Finds each call that only bash's own trace shows.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let calls = evidence.observed.remarks.iter().filter_map(|event| match event {
        Event::UntracedCommand { argv, source, why, .. } => Some((argv, source.as_ref(), why)),
        _ => None,
    });
    let found = calls.map(|(argv, source, why)| {
        let line = telling::clipped_line(&argv.join(" ").replace('\n', "⏎"));
        let message = format!("`{line}` ran past the tracer, so what it said and did is not known: {why}");
        let mut finding = evidence.finding_at(KIND, source, message);
        finding.command_line = Some(telling::command_line(argv));
        finding.help = Some("call the tool by its name, with the PATH that the script was started with".to_owned());
        finding
    });
    found.collect()
}
