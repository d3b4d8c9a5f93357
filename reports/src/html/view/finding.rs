//! A finding on the page.

use std::borrow::Cow;

use serde::Serialize;

use super::super::budget::{Budget, FINDING_MARKUP, ROW_MARKUP, cost, shorten};
use crate::journal::Policy;
use crate::model::{Defect, FindingReport, Run, ScenarioReport};

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
    follows: Option<String>,
    expected_by: Option<String>,
    /// The anchors and names of the scenarios that met it, and in which attempts.
    scenarios: Vec<(usize, Cow<'a, str>, usize)>,
    /// The numbers of the later ones at the same place, which lead here.
    again: Vec<u64>,
    /// What follows from it: the numbers of the findings, their kind, place and message.
    following: Vec<(Vec<u64>, &'a str, Option<String>, &'a str)>,
    /// How many findings it stands for.
    count: usize,
}

impl FindingView<'_> {
    /// How many findings it stands for.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

/// The defect, if the budget has room for it.
pub(super) fn view<'a>(run: &'a Run, defect: &Defect<'a>, budget: &mut Budget) -> Option<FindingView<'a>> {
    let finding = defect.first;
    let followed: usize = defect.following.iter().map(|one| frame_cost(one.first)).sum();
    if !budget.take_detail(frame_cost(finding) + followed + defect.again.len() * ROW_MARKUP) {
        return None;
    }
    let (class, word) = match (finding.policy, finding.expected_by.is_some(), finding.held_against) {
        (_, true, _) => ("expected", "expected"),
        (Policy::Deny, false, true) => ("deny", "denied"),
        (Policy::Deny, false, false) => ("warn", "denied, in an earlier attempt"),
        (Policy::Warn, false, _) => ("warn", "warning"),
        (Policy::Allow, false, _) => ("allow", "allowed"),
    };
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
        follows: finding.follows.as_ref().map(ToString::to_string),
        expected_by: finding.expected_by.as_ref().map(ToString::to_string),
        scenarios: scenarios(run, defect),
        again: defect.again.iter().map(|finding| finding.number).collect(),
        following: defect
            .following
            .iter()
            .map(|one| (numbers(one), one.first.kind.as_str(), one.first.place(), one.first.message.as_str()))
            .collect(),
        count: defect.findings().count() + defect.following.iter().map(|one| one.findings().count()).sum::<usize>(),
    })
}

fn numbers(defect: &Defect<'_>) -> Vec<u64> {
    defect.findings().map(|finding| finding.number).collect()
}

/// Each scenario and attempt once; those of one name with their features.
fn scenarios<'a>(run: &'a Run, defect: &Defect<'a>) -> Vec<(usize, Cow<'a, str>, usize)> {
    let mut met: Vec<(&ScenarioReport, usize)> = Vec::new();
    for finding in defect.findings() {
        let scenario = finding.scenario.and_then(|number| run.scenarios.iter().find(|one| one.number == number));
        let Some(scenario) = scenario else { continue };
        let attempt = finding.attempt.unwrap_or(1);
        if !met.iter().any(|(known, other)| known.number == scenario.number && *other == attempt) {
            met.push((scenario, attempt));
        }
    }
    let names_another =
        |one: &ScenarioReport| met.iter().any(|(other, _)| other.number != one.number && other.name == one.name);
    met.iter()
        .map(|(scenario, attempt)| {
            let name = if names_another(scenario) {
                Cow::Owned(format!("{} ({})", scenario.name, scenario.feature_name))
            } else {
                Cow::Borrowed(scenario.name.as_str())
            };
            (scenario.number, name, *attempt)
        })
        .collect()
}

/// What a finding takes without the output.
fn frame_cost(finding: &FindingReport) -> usize {
    let FindingReport { kind, message, file, source_line, command, cause, help, .. } = finding;
    let texts = [kind, message].into_iter().chain(file).chain(source_line).chain(command).chain(cause).chain(help);
    FINDING_MARKUP + texts.map(|text| cost(text)).sum::<usize>()
}
