//! A command failed and nothing ever saw it.

use std::collections::BTreeMap;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{CommandFate, Finding};

use super::evidence::Evidence;
use super::observed::{Command, Observed};
use super::telling;

pub(super) const KIND: &str = "masked-failure";

/// One command line of one script that failed at one place in one way, however often.
type Group<'a> = (Option<u64>, Option<&'a Location>, &'a [String], Option<i32>);

/// Finds each masked failure once, with how often it happened.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut groups: BTreeMap<Group<'_>, Vec<&Command<'_>>> = BTreeMap::new();
    for command in observed.commands.iter().filter(|command| command.failed() && is_masked(observed, command)) {
        if !is_expected(observed, command) {
            let started = command.started;
            let group = (started.parent, started.source.as_ref(), &started.argv[..], command.finished.exit_status);
            groups.entry(group).or_default().push(command);
        }
    }
    let mut found: Vec<Finding> = groups.into_values().filter_map(|times| finding(evidence, &times)).collect();
    found.sort_by_key(|finding| finding.command);
    found
}

/// Whether nothing saw the status. Where the script's text does not tell, or says that the failure
/// ends the script, a script that ended with success has passed over it all the same.
fn is_masked(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    match command.finished.fate {
        Some(CommandFate::Discarded { .. }) => true,
        Some(CommandFate::Handled { .. }) => false,
        Some(CommandFate::Propagated) | None => observed.script_succeeded(command),
    }
}

fn finding(evidence: &Evidence<'_>, times: &[&Command<'_>]) -> Option<Finding> {
    let command = times.first()?;
    let how = match (command.finished.exit_status, command.finished.signal) {
        (Some(status), _) => format!("failed with exit status {status}"),
        (None, signal) => format!("was ended by signal {}", signal.unwrap_or_default()),
    };
    let often = if times.len() > 1 { format!(", {} times,", times.len()) } else { String::new() };
    let fate = match command.discarded_by() {
        Some(by) => format!("and nothing saw it: {by}"),
        None => "and the script that called it ended with success".to_owned(),
    };
    let silenced = evidence.thrown_away(command).map(|thrown| format!("; {thrown}")).unwrap_or_default();
    let message = format!("{} {how}{often} {fate}{silenced}", telling::short(command));
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = telling::telling_lines(&command.said());
    finding.help.get_or_insert_with(|| match command.discarded_by() {
        Some(by) if by.contains("pipe") => "use `set -o pipefail`, or run the command before the pipe".to_owned(),
        Some(by) if by.contains("||") => {
            "let the failure end the script, or test for the one failure that is expected".to_owned()
        }
        Some(by) if by.contains("without `set -e`") => "use `set -e`".to_owned(),
        _ => "look at the exit status and end the script when it is not 0".to_owned(),
    });
    Some(finding)
}

/// Whether the failure is the answer the script asked for rather than a defect.
fn is_expected(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    exists_already(command) || gone_already(command) || told_no(command) || later_worked(observed, command)
}

/// It was to create what is there.
fn exists_already(command: &Command<'_>) -> bool {
    let words = command.words();
    let creates = words.iter().take(2).any(|word| matches!(*word, "create" | "run" | "expose"));
    creates && refused_only_for(command, &["already exists", "alreadyexists", "duplicate"])
}

/// It was to delete what is not there.
fn gone_already(command: &Command<'_>) -> bool {
    command.words().iter().take(2).any(|word| matches!(*word, "delete" | "destroy" | "uninstall"))
        && refused_only_for(command, &["not found", "notfound"])
}

/// It asked, as a test, whether something is there.
fn told_no(command: &Command<'_>) -> bool {
    let asks = command.words().iter().take(2).any(|word| matches!(*word, "get" | "describe"));
    let tests = ["`if`", "`else`", "`if !`", "`&&`", "`||"];
    let tested = command.discarded_by().is_none_or(|by| tests.iter().any(|test| by.starts_with(test)));
    let ignored = command.discarded_by().is_some_and(|by| by == "`|| true`" || by == "`|| :`");
    asks && tested && !ignored && refused_only_for(command, &["not found", "notfound"])
}

/// It was tried again, as a test, until it worked.
fn later_worked(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    let tested = command.discarded_by().is_some_and(|by| by.starts_with("`if`") || by.starts_with("`&&`"));
    let again = |other: &&Command<'_>| {
        other.number() > command.number()
            && other.started.source == command.started.source
            && other.started.argv == command.started.argv
    };
    let worked = |other: &Command<'_>| other.finished.exit_status == Some(0);
    tested && observed.commands.iter().filter(again).any(worked)
}

/// Whether this, and nothing else, is why it failed: its own words or the server's say so, and the
/// server refused nothing for another reason.
fn refused_only_for(command: &Command<'_>, reasons: &[&str]) -> bool {
    let says = |text: &str| {
        let text = text.to_lowercase();
        reasons.iter().any(|reason| text.contains(reason))
    };
    let refusals = command.refusals();
    let for_other_reason = refusals.iter().any(|exchange| match exchange.error.as_deref() {
        Some(error) => !says(error) && exchange.status != 404,
        None => !matches!(exchange.status, 404 | 409),
    });
    let said = says(&command.said()) || refusals.iter().filter_map(|exchange| exchange.error.as_deref()).any(says);
    said && !for_other_reason
}
