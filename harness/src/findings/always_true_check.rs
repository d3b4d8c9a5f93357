//! A check that holds whatever happened.

use std::collections::BTreeSet;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::Finding;

use super::evidence::Evidence;
use super::observed::Command;
use super::{purpose, telling};

pub(super) const KIND: &str = "always-true-check";

/// Finds the checks that were reached and cannot tell good from bad.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, lines) in &evidence.observed.reached {
        let Some(script) = evidence.script(file) else { continue };
        for check in script.constant_checks().into_iter().filter(|check| lines.contains(&check.line)) {
            let at = Location { file: (*file).to_owned(), line: check.line, column: None };
            let message = format!("`{}` cannot tell: {}", check.text, check.why);
            let mut finding = evidence.finding_at(KIND, Some(&at), message);
            finding.help = Some("test what the check is meant to find out".to_owned());
            found.push(finding);
        }
    }
    let mut seen = BTreeSet::new();
    let tables = evidence.scripts_commands().filter(|command| is_empty_table(command));
    found.extend(tables.filter_map(|command| {
        let search = evidence.search_for_anything(command).filter(|_| seen.insert(&command.started.source))?;
        let message = format!(
            "{} prints its header also when there is nothing to list, and `{search}` finds that",
            telling::short(command)
        );
        let mut finding = evidence.finding(KIND, command, message);
        finding.output = telling::first_lines(&command.said());
        finding.help = Some("list with `--names` or `--no-header`".to_owned());
        Some(finding)
    }));
    let commands = evidence.scripts_commands();
    let lists = commands.filter(|command| is_empty_list(command) && evidence.is_tested(command));
    found.extend(lists.filter(|command| seen.insert(&command.started.source)).map(|command| {
        let message = format!(
            "{} is used as a check, but listing succeeds also when there is nothing to list",
            telling::short(command)
        );
        let mut finding = evidence.finding(KIND, command, message);
        finding.output = telling::first_lines(&command.said());
        finding.help = Some("ask for the object by its name, or look whether the list is empty".to_owned());
        finding
    }));
    found
}

/// A table of `cub` that is nothing but its header.
fn is_empty_table(command: &Command<'_>) -> bool {
    let mut lines = command.finished.stdout.text.lines();
    let is_title = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '#' | '-' | '_'));
    command.tool_name() == "cub"
        && command.finished.exit_status == Some(0)
        && command.words().last() == Some(&"list")
        && lines
            .next()
            .is_some_and(|header| header.split_whitespace().count() > 1 && header.split_whitespace().all(is_title))
        && lines.next().is_none()
}

/// `kubectl get KIND` without a name, which found nothing and ended with status 0.
fn is_empty_list(command: &Command<'_>) -> bool {
    command.tool_name() == "kubectl"
        && command.finished.exit_status == Some(0)
        && command.finished.stdout.text.trim().is_empty()
        && matches!(command.words().as_slice(), ["get", kind] if !kind.contains('/'))
        && !command.has_flag("--ignore-not-found")
        && (purpose::says_nothing_found(command) || command.said().trim().is_empty())
}
