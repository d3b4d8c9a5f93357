//! Defects that no assertion asked for, found in the journal.
//!
//! Each detector is a pure function over the records of a scenario's attempt, with the text of the
//! scripts at hand. [`catalogue`] explains them, [`detect`] runs all of them.

mod catalogue;
mod cause;
mod evidence;
mod false_success;
mod likest;
mod masked_failure;
mod observed;
mod policy;
mod sources;
mod telling;
mod usage_error;

use stagegate_reports::journal::{Event, Finding, Record};

pub use catalogue::{Explanation, UNCHECKED_STATUS, catalogue};
pub use cause::Cause;
pub use policy::{KindPolicy, Policies, PolicyError};
pub use sources::{NoSources, Sources};

/// The findings in the records of one attempt at a scenario, by command and then by kind.
///
/// What the records already hold as a finding is not found again, so this may be called after each
/// script as well as at the end. The numbers are left at 0 for the journal to give.
pub fn detect(records: &[Record], sources: &dyn Sources, policies: &Policies) -> Vec<Finding> {
    let evidence = evidence::Evidence { observed: observed::Observed::of(records), sources, policies };
    let found = [masked_failure::detect, false_success::detect, usage_error::detect];
    let mut found: Vec<Finding> = found.iter().flat_map(|detect| detect(&evidence)).collect();
    found.retain(|finding| !records.iter().any(|record| is_known(record, finding)));
    found.sort_by_key(|finding| finding.command);
    found
}

/// Why the command with this number failed, where the records of the attempt make that plain.
pub fn diagnose(records: &[Record], command: u64) -> Option<Cause> {
    let observed = observed::Observed::of(records);
    let command = observed.commands.iter().find(|known| known.number() == command && known.failed())?;
    cause::of(&observed, command)
}

/// Whether a record is this finding already.
fn is_known(record: &Record, finding: &Finding) -> bool {
    let Event::Finding(known) = &record.event else { return false };
    known.kind == finding.kind && known.command == finding.command
}
