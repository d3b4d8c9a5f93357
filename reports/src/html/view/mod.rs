//! What the page shows, in the words and the order in which it shows it.

mod activity;
mod diagnostic;
mod finding;
mod scenario;

use std::collections::BTreeSet;

use serde::Serialize;

use self::diagnostic::DiagnosticView;
use self::finding::FindingView;
use self::scenario::ScenarioView;
use super::budget::Budget;
use crate::duration;
use crate::model::{Defect, Run, RunEnd};
use crate::plural::{count, count_verdict};
use crate::verdict::Verdict;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct PageView<'a> {
    run: &'a str,
    verdict: String,
    class: &'static str,
    exit_status: u8,
    exit_meaning: &'static str,
    ending: Option<String>,
    emulated: bool,
    claim: &'static str,
    lane: String,
    /// A real hub.
    hub: Option<String>,
    /// What stays on real ends.
    kept: Vec<String>,
    /// Real clusters, a line each.
    clusters: Vec<String>,
    totals: String,
    time: String,
    counts: Vec<CountView>,
    facts: Vec<(&'a str, String)>,
    findings: Vec<FindingView<'a>>,
    finding_count: usize,
    findings_left_out: usize,
    defect_count: usize,
    against: usize,
    defects_against: usize,
    diagnostics: Vec<DiagnosticView<'a>>,
    leftovers: &'a [String],
    tags: BTreeSet<&'a str>,
    scenarios: Vec<ScenarioView<'a>>,
    /// How many scenarios are shown as one line, and how many not at all.
    compact: usize,
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct CountView {
    class: &'static str,
    word: String,
    number: usize,
    /// Number and word.
    text: String,
}

/// Makes the page of a run.
pub(super) fn page(run: &Run) -> PageView<'_> {
    let mut ordered: Vec<_> = run.scenarios.iter().collect();
    ordered.sort_by_key(|scenario| std::cmp::Reverse(urgency(scenario.verdict)));
    let lines = ordered.iter().map(|scenario| scenario::line_cost(scenario)).sum();
    let mut budget = Budget::new(lines, ordered.iter().map(|scenario| scenario::outline_cost(scenario)).sum());
    let mut findings: Vec<_> = run.findings.iter().collect();
    findings.sort_by_key(|finding| (!finding.held_against, finding.expected_by.is_some(), finding.policy as u8));
    let against = findings.iter().filter(|finding| finding.held_against).count();
    let diagnostics = run.diagnostics.iter().map(|found| diagnostic::view(found, &mut budget)).collect();
    let defects = Defect::all(&findings);
    let shown: Vec<_> = defects.iter().map_while(|defect| finding::view(run, defect, &mut budget)).collect();
    let scenarios: Vec<_> =
        ordered.into_iter().map_while(|scenario| scenario::view(run, scenario, &mut budget)).collect();
    PageView {
        run: &run.run_id,
        verdict: run.verdict.to_string(),
        class: class(run.verdict),
        exit_status: run.exit_status,
        exit_meaning: exit_meaning(run.exit_status, &run.end),
        ending: ending(&run.end),
        emulated: run.is_emulated(),
        claim: run.claim(),
        lane: run.lane.to_string(),
        hub: run.hub.as_ref().map(ToString::to_string),
        kept: run.kept.clone(),
        clusters: run.clusters.iter().map(ToString::to_string).collect(),
        totals: format!("{}, {}", count(run.counts.total, "scenario"), count(run.step_counts.total, "step")),
        time: duration::with_wall(run.duration_ms, run.wall_ms),
        counts: counts(run),
        facts: facts(run),
        against,
        defects_against: Defect::held_against(run).len(),
        finding_count: run.findings.len(),
        findings_left_out: run.findings.len() - shown.iter().map(FindingView::count).sum::<usize>(),
        defect_count: defects.len(),
        findings: shown,
        diagnostics,
        leftovers: &run.leftovers,
        tags: run.scenarios.iter().flat_map(|scenario| scenario.tags.iter().map(String::as_str)).collect(),
        compact: scenarios.iter().filter(|scenario| scenario.compact).count(),
        left_out: run.scenarios.len() - scenarios.len(),
        scenarios,
    }
}

/// What needs a reader's eye most comes first; `skipped` explains itself and comes after what passed oddly.
fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Error => 5,
        Verdict::Failed => 4,
        Verdict::NotRun => 3,
        Verdict::Flaky => 2,
        Verdict::Skipped => 1,
        Verdict::Passed => 0,
    }
}

/// The verdict's class in the style sheet.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Skipped => "skipped",
        Verdict::Flaky => "flaky",
        Verdict::NotRun => "not-run",
        Verdict::Failed => "failed",
        Verdict::Error => "error",
    }
}

fn counts(run: &Run) -> Vec<CountView> {
    let view = |(verdict, number): (Verdict, usize)| CountView {
        class: class(verdict),
        word: verdict.to_string(),
        number,
        text: count_verdict(number, verdict),
    };
    run.counts.worst_first().map(view).collect()
}

fn facts(run: &Run) -> Vec<(&str, String)> {
    let selection = &run.selection;
    let mut facts = vec![
        ("command", run.arguments.join(" ")),
        ("started", run.started.to_string()),
        ("stagegate", run.version.clone()),
        ("seed", run.seed.to_string()),
        ("features", selection.features.join(", ")),
    ];
    let given = [("tags", &selection.tags), ("name", &selection.name), ("tutorial", &selection.tutorial)];
    facts.extend(given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    facts.extend(run.machine.iter().map(|(name, value)| (name.as_str(), value.clone())));
    facts.extend(run.images.iter().map(|pulled| (pulled.image.as_str(), pulled.digest.clone())));
    facts
}

fn ending(end: &RunEnd) -> Option<String> {
    match end {
        RunEnd::Finished => None,
        RunEnd::Interrupted { signal } => Some(format!("The run was interrupted by {signal}.")),
        RunEnd::BudgetExceeded { budget_ms } => {
            Some(format!("The time budget of {} was used up.", duration::humane(*budget_ms)))
        }
        RunEnd::Unfinished => {
            Some("The journal stops before the end of the run: it was killed, or it is still going on.".to_owned())
        }
    }
}

fn exit_meaning(status: u8, end: &RunEnd) -> &'static str {
    match status {
        3 if *end == RunEnd::Unfinished => "the run did not come to its end",
        0 => "every selected scenario passed and no finding is denied",
        1 => "a scenario failed, or a finding is denied",
        2 => "usage, configuration or feature error",
        3 => "the environment could not be made or was lost",
        4 => "nothing was run",
        5 => "the time budget was used up",
        6 => "clean-up left something behind",
        130 | 143 => "interrupted",
        _ => "the run ended abnormally",
    }
}
