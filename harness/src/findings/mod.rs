//! Defects that no assertion asked for, found in the journal.
//!
//! Each detector is a pure function over the records of a scenario's attempt, with the text of the
//! scripts at hand. [`catalogue`] explains them, [`detect`] runs all of them.

mod aborted_check;
mod always_true_check;
mod answer;
mod applied;
mod catalogue;
mod cause;
mod claim;
mod claim_count;
mod consequence;
mod drift_by_hand;
mod empty_selection;
mod ending;
mod evidence;
mod expected;
mod failed_operation;
mod false_success;
mod image_unavailable;
mod leftover;
mod likest;
mod masked_failure;
mod no_effect;
mod non_portable_command;
mod observed;
mod out_of_scope;
mod patch;
mod pod_trouble;
mod policy;
mod poll_given_up;
mod printed_command;
mod purpose;
mod secret_overwritten;
mod shared_object;
mod sources;
mod telling;
mod temporary_file_left;
mod unanswered_prompt;
mod unreachable_check;
mod unresolved_placeholder;
mod unset_variable;
mod untraced_command;
mod usage_error;
mod wait_too_short;
mod workload_failing;
mod wrong_namespace;

use stagegate_reports::journal::{Event, Finding, Record};

use evidence::Evidence;

pub use catalogue::{Explanation, UNCHECKED_STATUS, catalogue};
pub use cause::Cause;
pub use ending::{Ending, ending};
pub(crate) use observed::ENVIRONMENT;
pub use policy::{KindPolicy, Policies, PolicyError};
pub use printed_command::{PrintedCommand, printed_commands};
pub use sources::{NoSources, Sources};
pub(crate) use telling::last_lines;

/// The findings in the records of one attempt at a scenario, by command and then by kind.
///
/// What the records already hold as a finding is not found again, so this may be called after each
/// script as well as at the end. The numbers are left at 0 for the journal to give.
pub fn detect(records: &[Record], sources: &dyn Sources, policies: &Policies) -> Vec<Finding> {
    let evidence = Evidence::new(observed::Observed::of(records), sources, policies);
    let found = [
        masked_failure::detect,
        false_success::detect,
        usage_error::detect,
        failed_operation::detect,
        no_effect::detect,
        empty_selection::detect,
        unresolved_placeholder::detect,
        wrong_namespace::detect,
        shared_object::detect,
        image_unavailable::detect,
        workload_failing::detect,
        wait_too_short::detect,
        poll_given_up::detect,
        out_of_scope::detect,
        leftover::detect,
        claim::detect,
        claim_count::detect,
        unreachable_check::detect,
        always_true_check::detect,
        aborted_check::detect,
        unset_variable::detect,
        printed_command::detect,
        non_portable_command::detect,
        secret_overwritten::detect,
        drift_by_hand::detect,
        unanswered_prompt::detect,
        untraced_command::detect,
        temporary_file_left::detect,
    ];
    let mut found: Vec<Finding> = found.iter().flat_map(|detect| detect(&evidence)).collect();
    one_for_each_defect(&mut found);
    one_for_all_rounds(&mut found);
    consequence::mark(&evidence, &mut found);
    found.retain(|finding| !records.iter().any(|record| is_known(record, finding)));
    // What a command did comes before what the script made of it.
    found.sort_by_key(|finding| (finding.command.is_none(), finding.command));
    found
}

/// Takes out what another finding about the same command tells better.
fn one_for_each_defect(found: &mut Vec<Finding>) {
    let better = [
        (unresolved_placeholder::KIND, failed_operation::KIND),
        (image_unavailable::KIND, failed_operation::KIND),
        (image_unavailable::KIND, workload_failing::KIND),
        (false_success::KIND, empty_selection::KIND),
        (always_true_check::KIND, empty_selection::KIND),
        (wrong_namespace::KIND, empty_selection::KIND),
    ];
    let told: Vec<(String, Option<u64>)> =
        found.iter().map(|finding| (finding.kind.clone(), finding.command)).collect();
    found.retain(|finding| {
        let is_told = |kind: &str| told.iter().any(|(other, command)| other == kind && *command == finding.command);
        finding.command.is_none() || !better.iter().any(|(by, kind)| finding.kind == *kind && is_told(by))
    });
}

/// Makes one finding of those that a loop gives at one place.
fn one_for_all_rounds(found: &mut Vec<Finding>) {
    const MERGED: [&str; 5] = [
        failed_operation::KIND,
        wrong_namespace::KIND,
        unresolved_placeholder::KIND,
        workload_failing::KIND,
        drift_by_hand::KIND,
    ];
    let mut kept: Vec<Finding> = Vec::new();
    for finding in std::mem::take(found) {
        let is_same = |known: &&mut Finding| {
            known.kind == finding.kind && known.source == finding.source && known.source.is_some()
        };
        match kept.iter_mut().find(is_same).filter(|known| MERGED.contains(&known.kind.as_str())) {
            Some(known) => {
                let more = format!("also: {}", finding.message);
                known.output =
                    Some(known.output.take().map_or_else(|| more.clone(), |output| format!("{output}\n{more}")));
            }
            None => kept.push(finding),
        }
    }
    *found = kept;
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
    known.kind == finding.kind && known.command == finding.command && known.source == finding.source
}
