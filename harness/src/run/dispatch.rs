//! The one function behind every step.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use cucumber::step::Context;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use stagegate_reports::StepVerdict;
use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{Event, PlannedScenario, StepFinished};
use tracing::Instrument as _;

use super::logged;
use super::scenario::Scenario;
use crate::failure::{Blame, Failure, StepResult};
use crate::vocabulary::{Arguments, DocString, Meaning, Sentence};

/// What ends a scenario early; the engine knows no other way than an unwinding one.
struct StepStopped;

/// Scenarios with this tag go on after a check that failed, so that one run tells of every check.
const EVERY_CHECK: &str = "@every-check";

/// Carries out one step and writes what became of it.
pub(super) fn dispatch(scenario: &mut Scenario, context: Context) -> LocalBoxFuture<'_, ()> {
    async move {
        let verdict = step(scenario, &context).await;
        scenario.some_check_failed |= verdict == StepVerdict::Failed;
        if verdict != StepVerdict::Passed && !goes_on(scenario, &context, verdict) || ends_failed(scenario) {
            // Not `panic!`: nothing went wrong in the harness, so nothing is said on standard error.
            std::panic::resume_unwind(Box::new(StepStopped));
        }
    }
    .boxed_local()
}

/// Whether the steps behind one that did not pass are to be carried out. What a `Given` or `When` did not bring
/// about, nothing behind it can be judged by.
fn goes_on(scenario: &Scenario, context: &Context, verdict: StepVerdict) -> bool {
    matches!(verdict, StepVerdict::Failed | StepVerdict::NotRun)
        && context.step.ty == gherkin::StepType::Then
        && planned(scenario).is_some_and(|planned| planned.tags.iter().any(|tag| tag == EVERY_CHECK))
}

/// Whether a check names what an earlier one that failed was to give: nothing can be said of it then.
fn lacks_what_failed(scenario: &Scenario, context: &Context) -> bool {
    let step = &context.step;
    let cells = step.table.iter().flat_map(|table| table.rows.iter().flatten());
    let mut texts = std::iter::once(&step.value).chain(&step.docstring).chain(cells);
    scenario.some_check_failed && step.ty == gherkin::StepType::Then && texts.any(|text| scenario.fill(text).is_err())
}

/// Whether this was the last step of a scenario in which a check failed: the engine must hear of it.
fn ends_failed(scenario: &Scenario) -> bool {
    let last = planned(scenario).is_some_and(|planned| scenario.steps_begun >= planned.steps.len());
    scenario.some_check_failed && last
}

fn planned(scenario: &Scenario) -> Option<&PlannedScenario> {
    let attempt = scenario.attempt().ok()?;
    attempt.shared.plan.scenarios.get(attempt.scenario)
}

async fn step(scenario: &mut Scenario, context: &Context) -> StepVerdict {
    let index = scenario.steps_begun;
    scenario.steps_begun += 1;
    let Ok(scribe) = scenario.scribe().cloned() else { return StepVerdict::Error };
    if lacks_what_failed(scenario, context) {
        return StepVerdict::NotRun;
    }
    scribe.set_step(Some(index));
    scribe.write(Event::StepStarted);
    let (wall, clock) = (Instant::now(), scribe.clock());
    let began = clock.as_ref().map(stagegate_simulation::Clock::now);
    let outcome = perform(scenario, context).await;
    // An environment made during the step has no earlier time: then the wall's is the step's.
    let duration = match (clock, began) {
        (Some(clock), Some(began)) => clock.since(began),
        _ => scribe.clock().map_or_else(|| wall.elapsed(), |clock| clock.elapsed()),
    };
    let (verdict, diagnostic) = match outcome {
        Ok(()) => (StepVerdict::Passed, None),
        Err(failure) => {
            let verdict = if failure.blame == Blame::System { StepVerdict::Failed } else { StepVerdict::Error };
            (verdict, Some(located(scenario, context, index, failure)))
        }
    };
    let wall_ms = milliseconds(wall.elapsed());
    scribe.write(Event::StepFinished(StepFinished {
        verdict,
        duration_ms: milliseconds(duration),
        wall_ms,
        diagnostic,
    }));
    scribe.set_step(None);
    verdict
}

async fn perform(scenario: &mut Scenario, context: &Context) -> StepResult {
    let shared = std::sync::Arc::clone(&scenario.attempt()?.shared);
    let text = context.step.value.as_str();
    let Meaning::Sentence(sentence, values) = shared.vocabulary.meaning(text) else {
        return Err(Failure::environment("the step has no single meaning although the plan was checked"));
    };
    let arguments = arguments(scenario, context, values)?;
    let limit = limit(scenario, sentence)?;
    let span = logged::span();
    let work = AssertUnwindSafe(sentence.perform(scenario, &arguments)).catch_unwind().instrument(span.clone());
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(Ok(()))) => match logged::errors_in(&span).as_slice() {
            [] => match arguments.left_over() {
                None => Ok(()),
                Some(what) => Err(Failure::assertion(format!(
                    "this sentence takes no doc string and no table, but {what} stands below it"
                ))
                .help("remove it, or use a sentence that takes it; `stagegate steps` lists them")),
            },
            errors => Err(Failure::environment("the step logged an error and went on").actual(errors.join("\n"))),
        },
        Ok(Ok(failure)) => failure,
        Ok(Err(panic)) => Err(Failure::environment("the step's implementation panicked").cause(panic_text(&*panic))),
        Err(_) => Err(Failure::assertion(format!("the step took longer than {limit:?} of wall time"))
            .help("raise --step-timeout or --scenario-timeout if this is expected")),
    }
}

fn arguments(scenario: &Scenario, context: &Context, values: Vec<String>) -> Result<Arguments, Failure> {
    let attempt = scenario.attempt()?;
    let planned = &attempt.shared.plan.scenarios[attempt.scenario];
    let doc_string = context.step.docstring.clone().map(|text| DocString {
        media_type: attempt.shared.plan.media_type(&planned.feature, context.step.position.line),
        text,
    });
    let table = context.step.table.as_ref().map(|table| table.rows.clone()).unwrap_or_default();
    Arguments::new(values, doc_string, table)
        .try_map(|text| scenario.fill(text))
        .map_err(|error| Failure::assertion(error.to_string()))
}

/// What is left of the step's and the scenario's time.
fn limit(scenario: &Scenario, sentence: &Sentence) -> Result<Duration, Failure> {
    let attempt = scenario.attempt()?;
    let settings = &attempt.shared.settings;
    let left = settings.scenario_limit.saturating_sub(attempt.started.elapsed());
    Ok(sentence.limit.unwrap_or(settings.step_limit).min(left))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

fn located(
    scenario: &Scenario,
    context: &Context,
    index: usize,
    failure: Failure,
) -> stagegate_reports::diagnostic::Diagnostic {
    let mut diagnostic = *failure.diagnostic;
    let Ok(attempt) = scenario.attempt() else { return diagnostic };
    let planned = &attempt.shared.plan.scenarios[attempt.scenario];
    if diagnostic.at.is_none() {
        let line = planned.steps.get(index).map_or(context.step.position.line, |step| step.line);
        diagnostic.at = Some(Location { file: planned.feature.clone(), line, column: None });
        diagnostic.source_line = Some(format!("{} {}", context.step.keyword.trim(), context.step.value));
    }
    diagnostic
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
