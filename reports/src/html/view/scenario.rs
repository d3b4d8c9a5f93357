//! A scenario on the page.

use std::borrow::Cow;

use serde::Serialize;

use super::super::budget::{ATTEMPT_MARKUP, Budget, COMPACT_MARKUP, SCENARIO_MARKUP, STEP_MARKUP, cost, shorten};
use super::activity::{self, ActivityView};
use super::class;
use super::diagnostic::{self, DiagnosticView};
use crate::duration;
use crate::model::{AttemptReport, FindingReport, Run, ScenarioReport, Skip, StepReport};
use crate::verdict::{StepVerdict, Verdict};

/// How much of a doc string or table is shown, in bytes.
const ARGUMENT_LIMIT: usize = 8_000;

#[derive(Debug, Serialize)]
pub(super) struct ScenarioView<'a> {
    number: usize,
    /// Whether it is only one line.
    pub(super) compact: bool,
    name: &'a str,
    place: String,
    feature_name: &'a str,
    rule: Option<&'a str>,
    description: Option<&'a str>,
    tags: &'a [String],
    verdict: String,
    class: &'static str,
    open: bool,
    time: String,
    skip: Option<&'a Skip>,
    attempts: Vec<AttemptView<'a>>,
}

#[derive(Debug, Serialize)]
struct AttemptView<'a> {
    number: usize,
    last: bool,
    verdict: String,
    class: &'static str,
    time: String,
    environment: Option<String>,
    diagnostics: Vec<DiagnosticView<'a>>,
    findings: Vec<(u64, &'a str)>,
    leftovers: &'a [String],
    steps: Vec<StepView<'a>>,
    steps_left_out: usize,
    outside: Option<ActivityView<'a>>,
}

#[derive(Debug, Serialize)]
struct StepView<'a> {
    keyword: &'a str,
    text: &'a str,
    argument: Option<Cow<'a, str>>,
    class: &'static str,
    note: Option<&'static str>,
    at: Option<String>,
    time: Option<String>,
    /// Beginning and length in percent of the attempt's environment time, for the bar.
    bar: Option<(u8, u8)>,
    diagnostic: Option<DiagnosticView<'a>>,
    activity: Option<ActivityView<'a>>,
}

/// What a scenario takes as one line.
pub(super) fn line_cost(scenario: &ScenarioReport) -> usize {
    let tags: usize = scenario.tags.iter().map(|tag| 1 + cost(tag)).sum();
    COMPACT_MARKUP + tags + cost(&scenario.name) + cost(&scenario.feature)
}

/// What a scenario and its steps take in the page at least.
pub(super) fn outline_cost(scenario: &ScenarioReport) -> usize {
    let attempts = scenario.all_attempts().map(|(_, attempt)| attempt.steps.iter().map(step_cost).sum::<usize>());
    frame_cost(scenario) + attempts.sum::<usize>()
}

/// What a scenario takes without its steps.
fn frame_cost(scenario: &ScenarioReport) -> usize {
    let ScenarioReport { name, feature, feature_name, rule, description, tags, .. } = scenario;
    let texts = [name, feature, feature_name].into_iter().chain(rule).chain(description);
    let tags: usize = tags.iter().map(|tag| 30 + 2 * cost(tag)).sum();
    SCENARIO_MARKUP + ATTEMPT_MARKUP * scenario.attempts + tags + texts.map(|text| cost(text)).sum::<usize>()
}

fn step_cost(step: &StepReport) -> usize {
    let argument = step.argument.as_deref().map_or(0, |text| cost(&shorten(text, ARGUMENT_LIMIT)));
    STEP_MARKUP + cost(&step.text) + argument + step.diagnostic.as_ref().map_or(0, diagnostic::least_cost)
}

/// The scenario, as one line when the budget has no room for its steps; `None` when it has no room at all.
pub(super) fn view<'a>(run: &'a Run, scenario: &'a ScenarioReport, budget: &mut Budget) -> Option<ScenarioView<'a>> {
    let compact = !budget.take_outline(frame_cost(scenario));
    if compact && !budget.take_line(line_cost(scenario)) {
        return None;
    }
    let attempts = scenario.all_attempts().filter(|_| !compact).map(|(number, report)| {
        let last = number == scenario.earlier_attempts.len() + 1;
        attempt(run, (number, last), report, budget)
    });
    Some(ScenarioView {
        number: scenario.number,
        compact,
        name: &scenario.name,
        place: scenario.location().to_string(),
        feature_name: &scenario.feature_name,
        rule: scenario.rule.as_deref(),
        description: scenario.description.as_deref(),
        tags: &scenario.tags,
        verdict: scenario.verdict.to_string(),
        class: class(scenario.verdict),
        open: matches!(scenario.verdict, Verdict::Failed | Verdict::Error),
        time: if scenario.attempts == 0 {
            String::new()
        } else {
            duration::with_wall(scenario.last.duration_ms, scenario.last.wall_ms)
        },
        skip: scenario.skipped.as_ref(),
        attempts: attempts.collect(),
    })
}

fn attempt<'a>(
    run: &'a Run,
    (number, last): (usize, bool),
    report: &'a AttemptReport,
    budget: &mut Budget,
) -> AttemptView<'a> {
    let affordable = |step: &&StepReport| budget.take_outline(step_cost(step));
    let shown = report.steps.iter().take_while(affordable).count();
    let environment = report.environment.as_ref();
    let findings: Vec<_> = run.findings_of(&report.findings).collect();
    AttemptView {
        number,
        last,
        verdict: report.attempt_verdict.to_string(),
        class: class(report.attempt_verdict),
        time: duration::with_wall(report.duration_ms, report.wall_ms),
        environment: environment.map(|environment| {
            let took = duration::humane(environment.took_ms);
            format!("hub {}, cluster {}, ready after {took}", environment.hub, environment.cluster)
        }),
        diagnostics: report.diagnostics.iter().map(|found| diagnostic::view(found, budget)).collect(),
        findings: findings.iter().map(|found| (found.number, found.kind.as_str())).collect(),
        leftovers: &report.leftovers,
        steps: report.steps[..shown].iter().map(|one| step(one, report.duration_ms, &findings, budget)).collect(),
        steps_left_out: report.steps.len() - shown,
        outside: activity::view(&report.outside_steps, &findings, budget),
    }
}

fn step<'a>(
    step: &'a StepReport,
    attempt_ms: f64,
    findings: &[&'a FindingReport],
    budget: &mut Budget,
) -> StepView<'a> {
    let ran = step.verdict != StepVerdict::NotRun;
    StepView {
        keyword: step.keyword.trim_end(),
        text: &step.text,
        argument: step.argument.as_deref().map(|text| shorten(text, ARGUMENT_LIMIT)),
        class: match step.verdict {
            StepVerdict::Passed => "p",
            StepVerdict::Failed | StepVerdict::Error => "f",
            StepVerdict::NotRun => "n",
        },
        note: match (step.verdict, step.unfinished) {
            (StepVerdict::Passed, _) => None,
            (StepVerdict::Failed, _) => Some("failed"),
            (StepVerdict::Error, _) => Some("error"),
            (StepVerdict::NotRun, true) => Some("did not end"),
            (StepVerdict::NotRun, false) => Some("not run"),
        },
        at: activity::at(step.at_ms),
        time: ran.then(|| duration::humane(step.duration_ms)),
        bar: step.at_ms.filter(|_| ran).and_then(|at_ms| bar(at_ms, step.duration_ms, attempt_ms)),
        diagnostic: step.diagnostic.as_ref().map(|found| diagnostic::view(found, budget).beside(step)),
        activity: activity::view(&step.activity, findings, budget),
    }
}

/// Where a step lies in its attempt, in percent; nothing for what is too short to see.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are clamped to 0..=100")]
fn bar(at_ms: f64, duration_ms: f64, attempt_ms: f64) -> Option<(u8, u8)> {
    let percent = |value: f64| (value / attempt_ms * 100.0).clamp(0.0, 100.0).round() as u8;
    let (begin, length) = (percent(at_ms), percent(duration_ms));
    (attempt_ms > 0.0 && length > 0).then_some((begin, length.min(100 - begin.min(99))))
}
