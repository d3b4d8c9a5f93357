//! A command failed and nothing ever saw it.

use std::collections::{BTreeMap, BTreeSet};

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{CommandFate, Finding, ShellStep};

use super::answer;
use super::empty_selection;
use super::evidence::Evidence;
use super::expected;
use super::observed::{Command, Observed, Placed};
use super::purpose::{self, Purpose};
use super::telling;
use crate::shell::{EXPECTED, LEAVING, TESTED};

pub(super) const KIND: &str = "masked-failure";

/// One command line of one script that failed at one place in one way, however often.
type Group<'a> = (Option<u64>, Option<&'a Location>, &'a [String], Option<i32>);

/// Finds each masked failure once, with how often it happened.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<Group<'_>, Vec<&Command<'_>>> = BTreeMap::new();
    for command in masked(evidence) {
        let started = command.started;
        let group = (started.parent, started.source.as_ref(), &started.argv[..], command.finished.exit_status);
        groups.entry(group).or_default().push(command);
    }
    let mut found: Vec<Finding> = groups.values().filter_map(|times| finding(evidence, times)).collect();
    found.sort_by_key(|finding| finding.command);
    found.extend(masked_steps(evidence).into_iter().map(|step| finding_of_step(evidence, step.what)));
    found
}

/// The commands without a shim whose failure nothing saw, each place once.
pub(super) fn masked_steps<'e, 'a>(evidence: &'e Evidence<'a>) -> Vec<&'e Placed<'a, ShellStep>> {
    let observed = &evidence.observed;
    let masked: BTreeSet<u64> = masked(evidence).into_iter().map(Command::number).collect();
    let mut places = BTreeSet::new();
    let steps = observed.steps.iter().filter(|step| {
        is_masked_step(evidence, step, &masked) || (is_taken_for_no(observed, step) && !evidence.is_in_loop(step))
    });
    steps.filter(|step| places.insert((&step.what.source, &step.what.argv[..1]))).collect()
}

/// The traced commands whose failure nothing saw.
pub(super) fn masked<'e, 'a>(evidence: &'e Evidence<'a>) -> Vec<&'e Command<'a>> {
    let observed = &evidence.observed;
    let failed = evidence.scripts_commands().filter(|command| command.failed());
    failed
        .filter(|command| !expected::killed_on_purpose(evidence, command))
        .filter(|command| is_masked(observed, command) && !expected::is_expected(observed, command))
        .collect()
}

/// Whether nothing saw the status. Where the script's text does not tell, or says that the failure
/// ends the script, a script that ended with success has passed over it all the same.
fn is_masked(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    match &command.finished.fate {
        // The value of a command that failed without a word is tested as an empty one. It tells nothing when the
        // server would not answer.
        Some(CommandFate::Discarded { by }) if by.contains(TESTED) => {
            !command.finished.stdout.text.trim().is_empty()
                || could_not_read(command)
                || command.refusals().iter().any(|exchange| exchange.status != 404)
        }
        Some(CommandFate::Discarded { .. }) => true,
        // What tries again until it gives up.
        Some(CommandFate::Handled { by })
            if by.starts_with("`until") || by.starts_with("`while") || by.starts_with(LEAVING) =>
        {
            observed.script_succeeded(command) && !expected::worked_later(observed, command)
        }
        // A question that could not be asked has no answer.
        Some(CommandFate::Handled { by }) if by == EXPECTED && purpose::of(command) == Purpose::Asks => {
            observed.script_succeeded(command) && !expected::is_no(command)
        }
        Some(CommandFate::Handled { .. }) => false,
        Some(CommandFate::Propagated) | None => observed.script_succeeded(command),
    }
}

/// `jq` found something else than JSON: an empty value is no answer then.
fn could_not_read(command: &Command<'_>) -> bool {
    command.tool_name() == "jq" && !command.finished.stderr.text.trim().is_empty()
}

/// Whether a test could not be made, and a script that ended with success took that for no. In a loop it may be made
/// once there is something to compare.
fn is_taken_for_no(observed: &Observed<'_>, step: &ShellStep) -> bool {
    let is_test = matches!(step.argv.first().map(String::as_str), Some("[" | "[[" | "test"));
    let Some(CommandFate::Handled { by }) = &step.fate else { return false };
    is_test
        && step.exit_status.is_some_and(|status| status > 1)
        && !by.starts_with("`while")
        && !by.starts_with("`until")
        && observed.status_of(step.script) == Some(0)
}

fn finding(evidence: &Evidence<'_>, times: &[&Command<'_>]) -> Option<Finding> {
    let command = times.first()?;
    let how = match (command.finished.exit_status, command.finished.signal) {
        (Some(status), _) => format!("failed with exit status {status}"),
        (None, signal) => format!("was ended by signal {}", signal.unwrap_or_default()),
    };
    let often = if times.len() > 1 { format!(", {} times,", times.len()) } else { String::new() };
    let fate = match &command.finished.fate {
        Some(CommandFate::Discarded { by }) => format!("and nothing saw it: {by}"),
        Some(CommandFate::Handled { by }) if by == EXPECTED => "and its check took that for the answer".to_owned(),
        Some(CommandFate::Handled { by }) if !by.starts_with(LEAVING) => format!("and nothing saw it: {by} gave up"),
        _ => "and the script that called it ended with success".to_owned(),
    };
    let silenced = evidence.thrown_away(command).map(|thrown| format!("; {thrown}")).unwrap_or_default();
    let message = format!("{} {how}{often} {fate}{silenced}", telling::short(command));
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = telling::telling_lines(&command.said());
    let seen = help(command.discarded_by());
    finding.help = Some(match finding.help.take() {
        // Also once it works, the next failure would go unseen.
        Some(why) => format!("{why}; and {seen}"),
        None => seen,
    });
    Some(finding)
}

fn help(discarded_by: Option<&str>) -> String {
    match discarded_by {
        Some(by) if by.contains("pipe") => "use `set -o pipefail`, or run the command before the pipe".to_owned(),
        Some(by) if by.contains("||") => {
            "let the failure end the script, or test for the one failure that is expected".to_owned()
        }
        Some(by) if by.contains("without `set -e`") => "use `set -e`".to_owned(),
        _ => "look at the exit status and end the script when it is not 0".to_owned(),
    }
}

/// Whether a command without a shim failed and nothing saw it.
fn is_masked_step(evidence: &Evidence<'_>, step: &ShellStep, masked: &BTreeSet<u64>) -> bool {
    let observed = &evidence.observed;
    let (Some(status), Some(CommandFate::Discarded { by })) = (step.exit_status, &step.fate) else { return false };
    if step.last || observed.lines.get(&step.script).is_some_and(|line| line.source.is_some()) {
        return false;
    }
    // A function fails because of what it runs, and so does what runs another command.
    let name = step.argv.first().map(String::as_str).unwrap_or_default();
    let same = |command: &Command<'_>| {
        command.discarded_by() == Some(by)
            && masked.contains(&command.number())
            && (command.started.source == step.source || evidence.is_function(name))
    };
    let told = step.after.and_then(|number| observed.command(number)).is_some_and(same);
    !told && !answer::is_answer(&step.argv, status, by) && !empty_selection::tells_of(evidence, step)
}

fn finding_of_step(evidence: &Evidence<'_>, step: &ShellStep) -> Finding {
    let name = step.argv.first().map(String::as_str).unwrap_or_default();
    let (status, by) = match (&step.fate, step.exit_status) {
        (Some(CommandFate::Discarded { by } | CommandFate::Handled { by }), status) => {
            (status.unwrap_or_default(), by.as_str())
        }
        (_, status) => (status.unwrap_or_default(), ""),
    };
    let line = telling::clipped_line(&step.argv.join(" ").replace('\n', "⏎"));
    let message = match (name, status) {
        ("[" | "[[" | "test", 2..) => {
            format!("the test `{line}` could not be evaluated, and nothing saw it: {by}")
        }
        (_, 127) => format!("`{name}` was not found, and nothing saw it: {by}"),
        _ => format!("`{line}` failed with exit status {status} and nothing saw it: {by}"),
    };
    let mut finding = evidence.finding_of_step(KIND, step, message);
    finding.help = Some(match (name, status) {
        ("[" | "[[" | "test", 2..) => {
            "make sure that what is compared is one value of the right kind, also when its command failed".to_owned()
        }
        _ => help(Some(by)),
    });
    finding
}
