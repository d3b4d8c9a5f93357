//! A check ended its script by accident.

use stagegate_reports::journal::{CommandFate, Finding, ShellStep};

use super::claim;
use super::evidence::Evidence;
use super::observed::Placed;
use super::telling;

pub(super) const KIND: &str = "aborted-check";

/// Finds scripts that `set -e` ended at something that did not fail.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let lasts =
        evidence.observed.steps.iter().filter(|step| step.last && step.exit_status.is_some_and(|status| status != 0));
    lasts.filter_map(|step| finding(evidence, step)).collect()
}

fn finding(evidence: &Evidence<'_>, step: &Placed<'_, ShellStep>) -> Option<Finding> {
    if evidence.observed.lines.get(&step.script).is_some_and(|line| line.source.is_some()) {
        return None;
    }
    let line = step.source.as_ref().and_then(|at| evidence.line(at)).unwrap_or_default();
    let name = step.argv.first().map(String::as_str)?;
    let ended = !matches!(step.fate, Some(CommandFate::Discarded { .. } | CommandFate::Handled { .. }));
    let (what, help) = match name {
        "((" | "let" if ended => (
            format!(
                "`{}` ended the script: its value was 0, which is status 1, and `set -e` is on",
                telling::clipped_line(&step.argv.join(" "))
            ),
            "write `x=$((x + 1))`, or put `|| true` behind it",
        ),
        "local" if step.exit_status == Some(1) && step.argv.iter().skip(1).all(|word| word.contains('=')) => (
            "`local` ended the script: it can only be used in a function".to_owned(),
            "assign the variable without `local`, or put the code in a function",
        ),
        "return" => (
            format!(
                "the script said “{}” and then ended: the function returns a failure, and `set -e` is on",
                says_it_goes_on(evidence, step)?
            ),
            "return 0 where the script is to go on, or say that it ends",
        ),
        _ if counts(name, &line) && ended => (
            "an assignment ended the script: the search in it found nothing, which is status 1, and `set -e` is on"
                .to_owned(),
            "put `|| true` behind the search in the substitution",
        ),
        _ => return None,
    };
    let mut finding = evidence.finding_of_step(KIND, step.what, what);
    finding.help = Some(help.to_owned());
    Some(finding)
}

/// Whether an entry is an assignment from a search.
fn counts(word: &str, line: &str) -> bool {
    let assigns = word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    assigns && line.contains("grep") && line.contains("$(")
}

/// The last thing the script said before, when that is that it goes on.
fn says_it_goes_on(evidence: &Evidence<'_>, last: &Placed<'_, ShellStep>) -> Option<String> {
    let before = evidence
        .observed
        .steps
        .iter()
        .rfind(|step| step.index < last.index && step.script == last.script && step.exit_status.is_none())?;
    let text = claim::text(before);
    let goes_on =
        ["continuing", "anyway", "skipping", "ignoring"].iter().any(|word| text.to_lowercase().contains(word));
    goes_on.then(|| telling::clipped_line(text.trim()))
}
