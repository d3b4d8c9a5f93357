//! A finding on the page.

use std::borrow::Cow;

use serde::Serialize;

use super::super::budget::{Budget, FINDING_MARKUP, cost, shorten};
use crate::journal::Policy;
use crate::model::{FindingReport, Run};

const OUTPUT_LIMIT: usize = 4_000;

#[derive(Debug, Serialize)]
pub(super) struct FindingView<'a> {
    number: u64,
    kind: &'a str,
    message: &'a str,
    class: &'static str,
    word: &'static str,
    place: Option<String>,
    source_line: Option<&'a str>,
    command: Option<&'a str>,
    exit_status: Option<i32>,
    output: Option<Cow<'a, str>>,
    cause: Option<&'a str>,
    help: Option<&'a str>,
    expected_by: Option<String>,
    /// The scenario's anchor and name.
    scenario: Option<(usize, &'a str)>,
    attempt: Option<usize>,
}

/// The finding, if the budget has room for it.
pub(super) fn view<'a>(run: &'a Run, finding: &'a FindingReport, budget: &mut Budget) -> Option<FindingView<'a>> {
    if !budget.take_detail(frame_cost(finding)) {
        return None;
    }
    let (class, word) = match (finding.policy, finding.expected_by.is_some(), finding.held_against) {
        (_, true, _) => ("expected", "expected"),
        (Policy::Deny, false, true) => ("deny", "denied"),
        (Policy::Deny, false, false) => ("warn", "denied, in an earlier attempt"),
        (Policy::Warn, false, _) => ("warn", "warning"),
        (Policy::Allow, false, _) => ("allow", "allowed"),
    };
    let scenario = finding.scenario.and_then(|number| run.scenarios.iter().find(|one| one.number == number));
    let output = finding.output.as_deref().map(|output| shorten(output, OUTPUT_LIMIT));
    let output = output.filter(|output| budget.take_detail(cost(output)));
    Some(FindingView {
        number: finding.number,
        kind: &finding.kind,
        message: &finding.message,
        class,
        word,
        place: finding.place(),
        source_line: finding.source_line.as_deref().map(str::trim),
        command: finding.command.as_deref(),
        exit_status: finding.exit_status,
        output,
        cause: finding.cause.as_deref(),
        help: finding.help.as_deref(),
        expected_by: finding.expected_by.as_ref().map(ToString::to_string),
        scenario: scenario.map(|scenario| (scenario.number, scenario.name.as_str())),
        attempt: finding.attempt,
    })
}

/// What a finding takes without the output.
fn frame_cost(finding: &FindingReport) -> usize {
    let FindingReport { kind, message, file, source_line, command, cause, help, .. } = finding;
    let texts = [kind, message].into_iter().chain(file).chain(source_line).chain(command).chain(cause).chain(help);
    FINDING_MARKUP + texts.map(|text| cost(text)).sum::<usize>()
}
