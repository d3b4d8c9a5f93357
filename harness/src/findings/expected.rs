//! Failures that are the answer a script asked for rather than defects.

use stagegate_reports::journal::ChangeVerb;

use super::answer;
use super::evidence::Evidence;
use super::observed::{Command, Observed};

/// Whether the failure is the answer the script asked for.
pub(super) fn is_expected(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    (exists_already(command) && made_otherwise(observed, command).is_none())
        || gone_already(command)
        || told_no(command)
        || denied(command)
        || differs(command)
        || answers(command)
        || later_worked(observed, command)
}

/// It was to create what is there.
pub(super) fn exists_already(command: &Command<'_>) -> bool {
    let words = command.words();
    let creates = words.iter().take(2).any(|word| matches!(*word, "create" | "run" | "expose"));
    creates && refused_only_for(command, &["already exists", "alreadyexists", "duplicate"])
}

/// The command that made what `command` was to create, when it was asked for something else.
pub(super) fn made_otherwise<'o, 'a>(observed: &'o Observed<'a>, command: &Command<'a>) -> Option<&'o Command<'a>> {
    let words = command.words();
    let (kind, name) = match words.as_slice() {
        ["unit", "create", name, ..] => ("Unit", *name),
        ["link", "create", name, ..] => ("Link", *name),
        ["target", "create", name, ..] => ("Target", *name),
        _ => return None,
    };
    let space = command.flag("--space");
    let made = observed.effects.iter().rfind(|effect| {
        effect.verb == ChangeVerb::Created
            && effect.kind == kind
            && effect.name == name
            && effect.scope.as_deref() == space
            && effect.index < command.began
    })?;
    let maker = observed.command(made.command?)?;
    let essential = |command: &Command<'a>| {
        let mut words: Vec<&str> = command.started.argv.iter().map(String::as_str).collect();
        words.retain(|word| !matches!(*word, "--quiet" | "--json" | "--wait" | "--verbose" | "--allow-exists"));
        words.sort_unstable();
        words
    };
    (essential(maker) != essential(command)).then_some(maker)
}

/// It was to delete what is not there, or to wait until it is gone.
fn gone_already(command: &Command<'_>) -> bool {
    let argv = &command.started.argv;
    let waits = command.words().first() == Some(&"wait") && argv.iter().any(|word| word.contains("delete"));
    let deletes = command.words().iter().take(2).any(|word| matches!(*word, "delete" | "destroy" | "uninstall"));
    (deletes || waits) && refused_only_for(command, &["not found", "notfound", "no matching resources found"])
}

/// It asked whether something is allowed, which is not.
fn denied(command: &Command<'_>) -> bool {
    command.words().get(..2) == Some(&["auth", "can-i"])
        && command.finished.exit_status == Some(1)
        && command.finished.stdout.text.trim_start().starts_with("no")
}

/// It says that what it was asked for is not there, or not so.
pub(super) fn is_no(command: &Command<'_>) -> bool {
    denied(command)
        || differs(command)
        || refused_only_for(command, &["not found", "notfound", "no matching resources found", "timed out waiting"])
        || !matches!(command.tool_name(), "cub" | "kubectl")
}

/// It asked, as a test, whether something is there.
fn told_no(command: &Command<'_>) -> bool {
    let asks = command.words().iter().take(2).any(|word| matches!(*word, "get" | "describe"));
    let tests = ["`if`", "`else`", "`if !`", "`!`", "`&&`", "`||", "the end of", "a test of `$?`", "`$?`"];
    let tested = command.discarded_by().is_none_or(|by| tests.iter().any(|test| by.starts_with(test)));
    let ignored = command.discarded_by().is_some_and(|by| by.starts_with("`|| true`") || by.starts_with("`|| :`"));
    asks && tested && !ignored && refused_only_for(command, &["not found", "notfound"])
}

/// It is a tool other than ConfigHub's and the cluster's, whose status was an answer.
fn answers(command: &Command<'_>) -> bool {
    !matches!(command.tool_name(), "cub" | "kubectl" | "sleep")
        && command
            .finished
            .exit_status
            .zip(command.discarded_by())
            .is_some_and(|(status, by)| answer::is_answer(&command.started.argv, status, by))
}

/// `kubectl diff` ends with status 1 when there are differences.
fn differs(command: &Command<'_>) -> bool {
    command.words().first() == Some(&"diff")
        && command.finished.exit_status == Some(1)
        && command.refusals().is_empty()
        && !command.finished.stdout.text.is_empty()
}

/// It was tried again, as a test, until it worked.
fn later_worked(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    let tests = ["`if`", "`&&`", "`|| sleep", "left of a pipe"];
    let tested = command.discarded_by().is_some_and(|by| tests.iter().any(|test| by.starts_with(test)));
    tested && worked_later(observed, command)
}

/// Whether the same command at the same place worked later.
pub(super) fn worked_later(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    observed.later_rounds(command).any(|other| other.finished.exit_status == Some(0))
}

/// Whether its script has it killed.
pub(super) fn killed_on_purpose(evidence: &Evidence<'_>, command: &Command<'_>) -> bool {
    let killed = command.finished.signal == Some(9);
    let kills = |text: &str| {
        text.lines()
            .any(|line| line.split([' ', ';', '&', '(']).any(|word| matches!(word, "kill" | "pkill" | "timeout")))
    };
    killed && command.started.source.as_ref().is_some_and(|at| evidence.text(&at.file).is_some_and(|text| kills(&text)))
}

/// Whether this, and nothing else, is why it failed: its own words or the server's say so, and
/// neither names another reason.
pub(super) fn refused_only_for(command: &Command<'_>, reasons: &[&str]) -> bool {
    let says = |text: &str| {
        let text = text.to_lowercase();
        reasons.iter().any(|reason| text.contains(reason))
    };
    let refusals = command.refusals();
    let for_other_reason = refusals.iter().any(|exchange| match exchange.error.as_deref() {
        Some(error) => !says(error) && exchange.status != 404,
        None => !matches!(exchange.status, 404 | 409),
    });
    // kubectl gives each object of a file that it cannot deal with a line of its own.
    let complains = |line: &&str| {
        let line = line.trim_start().to_lowercase();
        ["error", "unable to", "failed"].iter().any(|word| line.starts_with(word))
    };
    let for_another = command.tool_name() == "kubectl"
        && command
            .finished
            .stderr
            .text
            .lines()
            .filter(complains)
            .any(|line| !says(line) && !line.trim_end().ends_with(':'));
    let said = says(&command.said()) || refusals.iter().filter_map(|exchange| exchange.error.as_deref()).any(says);
    said && !for_other_reason && !for_another
}
