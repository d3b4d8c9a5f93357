//! A command that a script or document tells its reader to type does not work.

use std::collections::BTreeSet;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{Finding, Record};

use super::evidence::Evidence;
use super::observed::{Command, Observed};
use super::{
    claim, empty_selection, failed_operation, false_success, no_effect, telling, unresolved_placeholder, usage_error,
};

pub(super) const KIND: &str = "printed-command-broken";

/// A command line that a script printed for its reader to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedCommand {
    /// Where the script prints its first line.
    pub at: Location,
    /// The command line, continued lines joined.
    pub line: String,
}

/// The command lines that the scripts of these records printed, each once, in order.
pub fn printed_commands(records: &[Record]) -> Vec<PrintedCommand> {
    let observed = Observed::of(records);
    let mut seen = BTreeSet::new();
    let mut found: Vec<PrintedCommand> = Vec::new();
    let mut open: Option<PrintedCommand> = None;
    for step in observed.steps.iter().filter(|step| step.exit_status.is_none() && !step.last) {
        let Some(at) = &step.source else { continue };
        for text in claim::text(step).replace("\\n", "\n").lines() {
            let text = text.trim();
            let text = match &open {
                Some(command) if command.at.file == at.file => text,
                _ => typed(text),
            };
            match &mut open {
                Some(command) if command.at.file == at.file => {
                    command.line.push(' ');
                    command.line.push_str(text);
                }
                _ if is_command(text) => open = Some(PrintedCommand { at: at.clone(), line: text.to_owned() }),
                _ => continue,
            }
            let goes_on = open.as_mut().is_some_and(|command| match command.line.strip_suffix('\\') {
                Some(rest) => {
                    command.line = rest.trim_end().to_owned();
                    true
                }
                None => command.line.ends_with('|'),
            });
            if let Some(command) = open.take_if(|_| !goes_on)
                && seen.insert(command.line.clone())
            {
                found.push(command);
            }
        }
    }
    found
}

/// What of a printed line is to be typed: without a prompt, a number, or words before it.
fn typed(text: &str) -> &str {
    let text = text.trim_start_matches("$ ").trim_start_matches("> ").trim_matches('`');
    // `Check worker pod: kubectl get pods`
    let after = text.split_once(": ").map(|(_, after)| after.trim()).filter(|after| is_command(after));
    let numbered = text
        .split_once(". ")
        .filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit()))
        .map(|(_, after)| after.trim());
    after.or_else(|| numbered.filter(|after| is_command(after))).unwrap_or(text)
}

/// Whether a line begins as a command does.
fn is_command(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let sub_command = second.starts_with(|c: char| c.is_ascii_lowercase())
        && second.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    match first {
        "cub" | "kubectl" => sub_command,
        "echo" => text.contains("| cub") || text.contains("| kubectl") || text.trim_end().ends_with(['|', '\\']),
        _ => false,
    }
}

/// Finds every printed command that was run as a step and did not do what it is printed for.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut found = Vec::new();
    for (number, line) in &observed.lines {
        let Some(at) = &line.source else { continue };
        let own: Vec<&Command<'_>> =
            observed.commands.iter().filter(|command| command.started.parent == Some(*number)).collect();
        let status = observed.status_of(*number);
        let Some((command, why)) = own.iter().find_map(|command| Some((*command, why(evidence, command)?))) else {
            if status.is_some_and(|status| status != 0) {
                let message = format!(
                    "the printed command `{}` ends with exit status {}",
                    shown(line.argv.last()),
                    status.unwrap_or_default()
                );
                let mut finding = evidence.finding_at(KIND, Some(at), message);
                finding.command = Some(*number);
                finding.command_line = line.argv.last().cloned();
                found.push(finding);
            }
            continue;
        };
        let message = format!("the printed command `{}` does not work: {why}", shown(line.argv.last()));
        let mut finding = evidence.finding(KIND, command, message);
        finding.source = Some(at.clone());
        finding.source_line = evidence.line(at);
        finding.output = telling::telling_lines(&command.said());
        finding
            .help
            .get_or_insert_with(|| "print what works with this version, and run what is printed in a test".to_owned());
        found.push(finding);
    }
    found
}

fn shown(line: Option<&String>) -> String {
    telling::clipped_line(line.map(String::as_str).unwrap_or_default())
}

/// Why a printed command is of no use.
fn why(evidence: &Evidence<'_>, command: &Command<'_>) -> Option<String> {
    let observed = &evidence.observed;
    if let Some(complaint) = usage_error::complaint(&command.said()).filter(|_| command.failed()) {
        return Some(format!("it is refused as written: {complaint}"));
    }
    if false_success::is_help(command) {
        return Some("it prints help and does nothing, with exit status 0".to_owned());
    }
    if command.failed() {
        return Some(format!("it fails with exit status {}", command.finished.exit_status.unwrap_or_default()));
    }
    if command.finished.exit_status != Some(0) {
        return None;
    }
    if !failed_operation::failed(command).is_empty() {
        return Some("the operation that it sets off fails".to_owned());
    }
    if empty_selection::is_empty(evidence, command) {
        return Some("it matches nothing".to_owned());
    }
    if no_effect::is_idle(observed, command) {
        return Some("it changes nothing".to_owned());
    }
    unresolved_placeholder::in_words(command).map(|word| format!("`{word}` is a placeholder"))
}
