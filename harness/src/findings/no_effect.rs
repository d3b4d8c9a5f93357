//! A command that was to change something changed nothing.

use stagegate_reports::journal::Finding;

use super::evidence::Evidence;
use super::observed::{Command, Observed};
use super::purpose::{self, Purpose};
use super::{false_success, patch, telling};

pub(super) const KIND: &str = "no-effect";

/// Finds every command that ended with status 0 and left all as it was.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = std::collections::BTreeSet::new();
    let commands = evidence.scripts_commands();
    let idle = commands.filter(|command| is_idle(observed, command));
    let first = idle.filter(|command| seen.insert((command.started.source.as_ref(), telling::family(command))));
    first.map(|command| finding(evidence, command)).collect()
}

/// Whether `command` was to change something, says that it worked, and did not.
pub(super) fn is_idle(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    let silent = command.finished.exit_status == Some(0)
        && purpose::of(command) == Purpose::Changes
        && !command.said().trim().is_empty()
        && !false_success::is_help(command)
        && !purpose::says_nothing_found(command);
    silent && command.effects.is_empty() && is_new(observed, command) && !was_so_already(command)
}

/// Whether no such command brought it about before.
fn is_new(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    let same = |other: &&Command<'_>| other.started.argv == command.started.argv && other.number() < command.number();
    observed.commands.iter().filter(same).all(|other| other.effects.is_empty())
}

/// Whether a command of this kind rightly changes nothing where all is as it is to be.
fn was_so_already(command: &Command<'_>) -> bool {
    if command.has_flag("--allow-exists") || command.has_flag("--ignore-not-found") {
        return true;
    }
    match (command.tool_name(), command.words().as_slice()) {
        ("cub", ["unit", "update", ..]) => !patch::is_metadata(command),
        ("cub", ["worker", "install", ..]) | ("kubectl", ["patch", ..]) => false,
        _ => !command.said().to_lowercase().contains("not yet implemented"),
    }
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>) -> Finding {
    let message = format!("{} ended with exit status 0 and changed nothing", telling::short(command));
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = telling::first_lines(&command.said());
    if command.said().to_lowercase().contains("not yet implemented") {
        finding.cause = Some("this version of the client does not do it; it says so and ends with status 0".to_owned());
        if command.words().starts_with(&["worker", "install"]) {
            finding.help =
                Some("write the manifest with `--export --include-secret` and apply it with kubectl".to_owned());
        }
    } else if let Some((cause, help)) = patch::cause(&evidence.observed, command) {
        (finding.cause, finding.help) = (Some(cause), Some(help));
    }
    finding.help.get_or_insert_with(|| "check what the command was to bring about, not its status alone".to_owned());
    finding
}
