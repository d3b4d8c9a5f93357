//! A loop asked until it gave up, and its script went on.

use std::collections::BTreeSet;

use stagegate_reports::journal::{Finding, ShellStep};

use super::evidence::Evidence;
use super::observed::Command;
use super::purpose::{self, Purpose};
use super::{masked_failure, telling, wait_too_short};
use crate::script::LEFT;
use crate::shell::Poll;

/// Finds each such loop once for each question.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let told: BTreeSet<u64> = masked_failure::masked(evidence).into_iter().map(Command::number).collect();
    let mut found = Vec::new();
    for file in evidence.observed.reached.keys().filter(|file| is_for_bash(evidence, file)) {
        let Some(script) = evidence.script(file) else { continue };
        for poll in script.polls() {
            let rounds: Vec<&Command<'_>> = asked(evidence, file, &poll).collect();
            // What follows on another question, or another script's, is another loop.
            let runs = rounds.chunk_by(|one, next| {
                one.started.argv == next.started.argv && one.started.parent == next.started.parent
            });
            let unknown = |run: &&[&Command<'_>]| run.iter().all(|command| !told.contains(&command.number()));
            let runs: Vec<_> = runs.collect();
            let next = |at: usize| runs.get(at + 1).map_or(usize::MAX, |next| next[0].began);
            let mut given_up = runs.iter().enumerate().filter(|(_, run)| unknown(run));
            let given_up = given_up.find(|(at, run)| gave_up(evidence, (file, &poll), run, next(*at)));
            found.extend(given_up.map(|(_, run)| finding(evidence, run)));
        }
    }
    found
}

/// Only bash tells how a loop was left.
fn is_for_bash(evidence: &Evidence<'_>, file: &str) -> bool {
    let text = evidence.text(file).unwrap_or_default();
    let first = text.lines().next().unwrap_or_default();
    !first.starts_with("#!") || first.contains("bash")
}

/// What the rounds of the loop asked.
fn asked<'e, 'a>(evidence: &'e Evidence<'a>, file: &'e str, poll: &'e Poll) -> impl Iterator<Item = &'e Command<'a>> {
    evidence.scripts_commands().filter(move |command| {
        matches!(command.tool_name(), "cub" | "kubectl")
            && purpose::of(command) == Purpose::Asks
            && command
                .started
                .source
                .as_ref()
                .is_some_and(|at| at.file == file && poll.asks.iter().any(|lines| lines.contains(&at.line)))
    })
}

/// Whether the loop of these rounds was left without its answer, and the script ended with success all the same.
/// `next` is the place among the records where it was run again.
fn gave_up(evidence: &Evidence<'_>, (file, poll): (&str, &Poll), rounds: &[&Command<'_>], next: usize) -> bool {
    let [first, .., last] = rounds else { return false };
    let is_leave = |step: &ShellStep| {
        matches!(step.argv.first().map(String::as_str), Some("break" | "return" | "exit"))
            && step
                .source
                .as_ref()
                .is_some_and(|at| at.file == file && (poll.done.contains(&at.line) || poll.gives_up.contains(&at.line)))
    };
    // What comes after so many is not told, and so not known.
    if evidence.observed.steps.iter().filter(|step| is_leave(step)).count() >= LEFT {
        return false;
    }
    let left_at = |lines: &BTreeSet<usize>, behind: &Command<'_>| {
        evidence.observed.steps.iter().any(|step| {
            (behind.began..next).contains(&step.index)
                && is_leave(step)
                && step.source.as_ref().is_some_and(|at| lines.contains(&at.line))
        })
    };
    let failed = last.finished.exit_status != Some(0);
    let without = match () {
        () if poll.by_test && poll.gives_up.is_empty() => failed,
        () if poll.done.is_empty() => left_at(&poll.gives_up, last),
        () => !left_at(&poll.done, first),
    };
    without && evidence.observed.script_succeeded(last)
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
