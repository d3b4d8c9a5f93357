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
    let creation = cause::failed_creation(observed, command).map(|(creation, _)| creation.number());
    let because_of = |earlier: &Command<'_>| {
        let is_before = earlier.ended < command.began;
        is_before && (creation == Some(earlier.number()) || is_as_hopeless(earlier, command))
    };
    let origin = told.iter().find(|(number, _)| observed.command(*number).is_some_and(because_of));
    origin.map(|(_, place)| place.clone())
}

/// Whether both failed for the same thing outside of the script.
fn is_as_hopeless(earlier: &Command<'_>, command: &Command<'_>) -> bool {
    cause::is_outside(earlier)
        && cause::is_outside(command)
        && earlier.exchanges.iter().map(|exchange| exchange.status).max()
            == command.exchanges.iter().map(|exchange| exchange.status).max()
}
