//! Which findings follow from another one.
//!
//! A tutorial that cannot create its space fails at every line that uses it. Each of these lines is a finding of
//! its own, since each passes over its failure; what has to be mended first is the creation.

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::Finding;

use super::cause;
use super::evidence::Evidence;
use super::observed::{Command, Observed};

/// Notes for each finding about a failed command which earlier one it follows from, where the records bear that out.
pub(super) fn mark(evidence: &Evidence<'_>, found: &mut [Finding]) {
    let observed = &evidence.observed;
    let told: Vec<(u64, Location)> = found
        .iter()
        .filter_map(|finding| Some((finding.command?, finding.source.clone()?)))
        .filter(|(number, _)| observed.command(*number).is_some_and(Command::failed))
        .collect();
    for finding in found.iter_mut().filter(|finding| finding.follows.is_none()) {
        let Some(command) = finding.command.and_then(|number| observed.command(number)) else { continue };
        finding.follows = origin(observed, command, &told);
    }
    for finding in found {
        let follows = finding.follows.take_if(|place| finding.source.as_ref() != Some(place));
        finding.follows = follows;
    }
}

/// The place of the first failure that `command` failed because of, among those that are told.
fn origin(observed: &Observed<'_>, command: &Command<'_>, told: &[(u64, Location)]) -> Option<Location> {
    if !command.failed() {
        return None;
    }
    let because_of = |earlier: &Command<'_>| {
        earlier.ended < command.began && (is_missed(earlier, command) || is_as_hopeless(earlier, command))
    };
    let origin = told.iter().find(|(number, _)| observed.command(*number).is_some_and(because_of));
    origin.map(|(_, place)| place.clone())
}

/// Whether `command` did not find what `creation` was to create.
fn is_missed(creation: &Command<'_>, command: &Command<'_>) -> bool {
    let words = creation.words();
    let at = words.iter().take(2).position(|word| *word == "create");
    let Some(name) = at.and_then(|at| words[at + 1..].last()).filter(|name| !name.is_empty()) else { return false };
    let said = command.said();
    let missing = ["not found", "notfound", "does not exist"].iter().any(|sign| said.to_lowercase().contains(sign));
    let named = said.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).any(|word| word == *name);
    missing && named
}

/// Whether both failed for the same thing outside of the script.
fn is_as_hopeless(earlier: &Command<'_>, command: &Command<'_>) -> bool {
    cause::is_outside(earlier)
        && cause::is_outside(command)
        && earlier.exchanges.iter().map(|exchange| exchange.status).max()
            == command.exchanges.iter().map(|exchange| exchange.status).max()
}
