//! Which findings follow from another one.
//!
//! A tutorial that cannot create its space fails at every line that uses it. Each of these lines is a finding of
//! its own, since each passes over its failure; what has to be mended first is the creation.

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::Finding;

use super::cause;
use super::evidence::Evidence;
use super::observed::{Command, Observed};

/// A failed command that a finding is about.
struct Told<'a> {
    command: &'a Command<'a>,
    place: Location,
    hopeless: Option<Hopeless>,
}

/// What a command failed of that lies outside of the script: the greatest status that it was answered.
type Hopeless = Option<u16>;

/// Notes for each finding about a failed command which earlier one it follows from, where the records bear that out.
pub(super) fn mark(evidence: &Evidence<'_>, found: &mut [Finding]) {
    let observed = &evidence.observed;
    let told: Vec<Told<'_>> = found
        .iter()
        .filter_map(|finding| {
            let command = observed.command(finding.command?).filter(|command| command.failed())?;
            Some(Told { command, place: finding.source.clone()?, hopeless: hopeless(command) })
        })
        .collect();
    for finding in found.iter_mut() {
        if finding.follows.is_none() {
            let failed = finding.command.and_then(|number| observed.command(number)).filter(|command| command.failed());
            finding.follows = failed.and_then(|command| origin(observed, command, &told));
        }
        // None follows from itself.
        finding.follows.take_if(|place| finding.source.as_ref() == Some(place));
    }
}

/// The place of the first failure that `command` failed because of, among those that are told.
fn origin(observed: &Observed<'_>, command: &Command<'_>, told: &[Told<'_>]) -> Option<Location> {
    let creation = cause::failed_creation(observed, command).map(|(creation, _)| creation.number());
    let hopeless = hopeless(command);
    let because_of = |earlier: &&Told<'_>| {
        earlier.command.ended < command.began
            && (creation == Some(earlier.command.number()) || (hopeless.is_some() && hopeless == earlier.hopeless))
    };
    told.iter().find(because_of).map(|earlier| earlier.place.clone())
}

fn hopeless(command: &Command<'_>) -> Option<Hopeless> {
    cause::is_outside(command).then(|| command.exchanges.iter().map(|exchange| exchange.status).max())
}
