//! A command ended with status 0 although an operation that it set off failed.

use std::collections::BTreeSet;

use stagegate_reports::journal::Finding;

use super::cause;
use super::evidence::Evidence;
use super::observed::Command;
use super::telling;

pub(super) const KIND: &str = "failed-operation";

/// Finds every command that counts a failed operation as a success.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let commands = evidence.scripts_commands();
    let passed = commands.filter(|command| command.finished.exit_status == Some(0));
    let found = passed.filter_map(|command| finding(evidence, command));
    found.filter(|finding| seen.insert((finding.source.clone(), finding.message.clone()))).collect()
}

/// The units whose operation failed and did not work afterwards, with what was said of it.
pub(super) fn failed<'a>(command: &Command<'a>) -> Vec<(&'a str, &'a str)> {
    let mut units: Vec<(&str, &str)> = Vec::new();
    for effect in command.effects.iter().filter(|effect| effect.kind == "Unit") {
        if effect.summary.contains(" Failed: ") {
            units.push((&effect.name, &effect.summary));
        } else if effect.summary.contains(" Completed") {
            units.retain(|(name, _)| *name != effect.name);
        }
    }
    units
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>) -> Option<Finding> {
    let units = failed(command);
    let (unit, summary) = units.first()?;
    let others = match units.len() {
        1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    let message = format!(
        "{} ended with exit status 0 although the operation on unit `{unit}`{others} failed",
        telling::short(command)
    );
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = Some(telling::clipped_line(summary));
    if let Some(cause) = cause::of_operation(&evidence.observed, command) {
        (finding.cause, finding.help) = (Some(cause.cause), cause.help);
    }
    finding.help.get_or_insert_with(|| {
        "look at each unit's live revision afterwards, or apply the units one by one, where a failure gives a status".to_owned()
    });
    Some(finding)
}
