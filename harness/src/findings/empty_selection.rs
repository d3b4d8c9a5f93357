//! A command chose what to work on and nothing was chosen.

use stagegate_reports::journal::Finding;

use super::evidence::Evidence;
use super::observed::{Command, Observed};
use super::purpose::{self, Purpose};
use super::telling;

pub(super) const KIND: &str = "empty-selection";

/// Finds every command that matched nothing and ended with status 0 all the same.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = std::collections::BTreeSet::new();
    let commands = evidence.scripts_commands();
    let empty = commands.filter(|command| is_empty(evidence, command) && !found_later(observed, command));
    let first = empty.filter(|command| seen.insert((command.started.source.as_ref(), telling::family(command))));
    first.map(|command| finding(evidence, command)).collect()
}

/// Whether `command` matched nothing, and nobody asked whether it would.
pub(super) fn is_empty(evidence: &Evidence<'_>, command: &Command<'_>) -> bool {
    if command.finished.exit_status != Some(0)
        || !command.effects.is_empty()
        || command.has_flag("--ignore-not-found")
        || !purpose::says_nothing_found(command)
    {
        return false;
    }
    match purpose::of(command) {
        Purpose::Changes => purpose::selects(command) || command.has_flag("--all") || is_bulk(command),
        // What is captured or piped is looked at by something else.
        Purpose::Asks => purpose::selects(command) && !evidence.is_read(command),
    }
}

/// `cub unit apply --space S` without a unit takes those it finds.
fn is_bulk(command: &Command<'_>) -> bool {
    command.tool_name() == "cub" && command.words().len() == 2
}

/// Whether a later round of a poll found something.
fn found_later(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    observed.later_rounds(command).any(|other| !purpose::says_nothing_found(other))
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>) -> Finding {
    let message = format!("{} matched nothing, with exit status 0", telling::short(command));
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = telling::first_lines(&command.said());
    finding.cause = cause(&evidence.observed, command);
    finding.help = Some(
        "check the selector and the namespace or space, and have the script fail when nothing is found".to_owned(),
    );
    finding
}

/// A namespace or space in which there is nothing, while there is something elsewhere.
fn cause(observed: &Observed<'_>, command: &Command<'_>) -> Option<String> {
    let namespace = command.flag("-n").or_else(|| command.flag("--namespace"))?;
    let in_it = observed.effects.iter().any(|effect| {
        effect.system == "kubernetes"
            && (effect.scope.as_deref() == Some(namespace) || (effect.kind == "Namespace" && effect.name == namespace))
    });
    (!in_it).then(|| format!("nothing has been made in namespace `{namespace}`"))
}
