//! A loop asked until it gave up, and its script went on.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use stagegate_reports::journal::Finding;

use super::evidence::Evidence;
use super::observed::Command;
use super::purpose::{self, Purpose};
use super::{masked_failure, telling, wait_too_short};
use crate::script::LEFT;
use crate::shell::{Poll, leaves};

/// Finds each such loop once for each question.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let told = LazyCell::new(|| -> BTreeSet<u64> {
        masked_failure::masked(evidence).into_iter().map(Command::number).collect()
    });
    let mut found = Vec::new();
    for (file, questions) in questions(evidence) {
        if !any_again(&questions) || !is_for_bash(evidence, file) {
            continue;
        }
        let Some(script) = evidence.script(file) else { continue };
        for poll in script.polls() {
            let is_asked = |line: usize| poll.asks.iter().any(|lines| lines.contains(&line));
            let rounds = questions.iter().filter(|(line, _)| is_asked(*line));
            let rounds: Vec<&Command<'_>> = rounds.map(|(_, command)| *command).collect();
            // What follows on another question, or another script's, is another loop.
            let runs: Vec<_> = rounds.chunk_by(|one, next| is_again(one, next)).collect();
            let next = |at: usize| runs.get(at + 1).map_or(usize::MAX, |next| next[0].began);
            let given_up = runs.iter().enumerate().find(|(at, run)| {
                gave_up(evidence, (file, &poll), run, next(*at))
                    && run.iter().all(|command| !told.contains(&command.number()))
            });
            found.extend(given_up.map(|(_, run)| finding(evidence, run)));
        }
    }
    found
}

/// What scripts asked, by file, each with its line.
fn questions<'e, 'a>(evidence: &'e Evidence<'a>) -> BTreeMap<&'e str, Vec<(usize, &'e Command<'a>)>> {
    let mut questions: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for command in evidence.scripts_commands() {
        let asks = matches!(command.tool_name(), "cub" | "kubectl") && purpose::of(command) == Purpose::Asks;
        if let Some(at) = command.started.source.as_ref().filter(|at| asks && is_reached(evidence, &at.file)) {
            questions.entry(&at.file).or_default().push((at.line, command));
        }
    }
    questions
}

fn is_reached(evidence: &Evidence<'_>, file: &str) -> bool {
    evidence.observed.reached.contains_key(file)
}

/// Whether anything was asked again: without that there was no loop that asks.
fn any_again(questions: &[(usize, &Command<'_>)]) -> bool {
    let mut seen = BTreeSet::new();
    questions.iter().any(|(_, command)| !seen.insert(&command.started.argv))
}

fn is_again(one: &Command<'_>, next: &Command<'_>) -> bool {
    one.started.argv == next.started.argv && one.started.parent == next.started.parent
}

/// Only bash tells how a loop was left.
fn is_for_bash(evidence: &Evidence<'_>, file: &str) -> bool {
    let text = evidence.text(file).unwrap_or_default();
    let first = text.lines().next().unwrap_or_default();
    !first.starts_with("#!") || first.contains("bash")
}

/// Whether the loop of these rounds was left without its answer, and the script ended with success all the same.
/// `next` is the place among the records where it was run again.
fn gave_up(evidence: &Evidence<'_>, (file, poll): (&str, &Poll), rounds: &[&Command<'_>], next: usize) -> bool {
    let [first, .., last] = rounds else { return false };
    if !evidence.observed.script_succeeded(last) {
        return false;
    }
    let leaves = evidence.observed.steps.iter().filter_map(|step| {
        let at = step.source.as_ref().filter(|at| at.file == file)?;
        step.argv.first().is_some_and(|name| leaves(name)).then_some((step.index, at.line))
    });
    let leaves = leaves.filter(|(_, line)| poll.done.contains(line) || poll.gives_up.contains(line));
    let leaves: Vec<(usize, usize)> = leaves.collect();
    // What comes after so many is not told, and so not known.
    if leaves.len() >= LEFT {
        return false;
    }
    let left_at = |lines: &BTreeSet<usize>, behind: &Command<'_>| {
        leaves.iter().any(|(index, line)| (behind.began..next).contains(index) && lines.contains(line))
    };
    if poll.by_test && poll.gives_up.is_empty() {
        last.finished.exit_status != Some(0)
    } else if poll.done.is_empty() {
        left_at(&poll.gives_up, last)
    } else {
        !left_at(&poll.done, first)
    }
}

fn finding(evidence: &Evidence<'_>, rounds: &[&Command<'_>]) -> Finding {
    let last = rounds[rounds.len() - 1];
    let message = format!(
        "{} was asked {} times without the answer that its loop waits for, and the script went on",
        telling::short(last),
        rounds.len()
    );
    let mut finding = evidence.finding(wait_too_short::KIND, last, message);
    finding.output = telling::telling_lines(&last.said());
    finding.help =
        Some("have the script fail where the loop ends without its answer: test behind `done` how it ended".to_owned());
    finding
}
