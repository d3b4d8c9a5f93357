//! A scenario on the page.

use std::borrow::Cow;

use serde::Serialize;

use super::super::budget::{Budget, ROW_MARKUP, STEP_MARKUP, cost, shorten};
use super::activity::{self, ActivityView};
use super::class;
use crate::diagnostic::Diagnostic;
use crate::duration;
use crate::model::{AttemptReport, FindingReport, Run, ScenarioReport, Skip, StepReport};
use crate::verdict::{StepVerdict, Verdict};

/// How much of one field of a diagnostic is shown, in bytes.
const FIELD_LIMIT: usize = 8_000;

#[derive(Debug, Serialize)]
pub(super) struct ScenarioView<'a> {
    number: usize,
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

#[derive(Debug, Serialize)]
pub(super) struct DiagnosticView<'a> {
    what: &'a str,
    place: Option<String>,
    source_line: Option<&'a str>,
    /// Blanks up to the column.
    caret: Option<String>,
    fields: Vec<(&'static str, Cow<'a, str>)>,
}

/// What the steps of a scenario take in the page at least.
pub(super) fn steps_cost(scenario: &ScenarioReport) -> usize {
    let attempts = scenario.all_attempts().map(|(_, attempt)| attempt.steps.iter().map(step_cost).sum::<usize>());
    ROW_MARKUP * 3 + attempts.sum::<usize>()
}

fn step_cost(step: &StepReport) -> usize {
    STEP_MARKUP + cost(&step.text) + step.argument.as_deref().map_or(0, |text| cost(text).min(FIELD_LIMIT))
}

pub(super) fn view<'a>(run: &'a Run, scenario: &'a ScenarioReport, budget: &mut Budget) -> ScenarioView<'a> {
    let attempts = scenario.all_attempts().map(|(number, report)| {
        let last = number == scenario.earlier_attempts.len() + 1;
        attempt(run, (number, last), report, budget)
    });
    ScenarioView {
        number: scenario.number,
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
    }
}

fn attempt<'a>(
    run: &'a Run,
    (number, last): (usize, bool),
    report: &'a AttemptReport,
    budget: &mut Budget,
) -> AttemptView<'a> {
    let affordable = |step: &&StepReport| budget.take_step(step_cost(step));
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
        diagnostics: report.diagnostics.iter().map(diagnostic).collect(),
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
        argument: step.argument.as_deref().map(|text| shorten(text, FIELD_LIMIT)),
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
        diagnostic: step.diagnostic.as_ref().map(diagnostic),
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

pub(super) fn diagnostic(found: &Diagnostic) -> DiagnosticView<'_> {
    let field = |name: &'static str, text: &Option<String>| {
        text.as_ref().map(|text| (name, Cow::Owned(shorten(text, FIELD_LIMIT).into_owned())))
    };
    let causes = found.causes.iter().map(|text| ("caused by", shorten(text, FIELD_LIMIT)));
    let fields = field("expected", &found.expected).into_iter().chain(field("actual", &found.actual));
    DiagnosticView {
        what: &found.what,
        place: found.at.as_ref().map(ToString::to_string),
        source_line: found.source_line.as_deref(),
        caret: found.at.as_ref().and_then(|at| at.column).map(|column| caret(found, column)),
        fields: fields.chain(causes).chain(field("help", &found.help)).collect(),
    }
}

/// What stands before the caret: a blank for each character before the column, and tabs as they are.
fn caret(found: &Diagnostic, column: usize) -> String {
    let line = found.source_line.as_deref().unwrap_or_default();
    line.chars().take(column.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}
