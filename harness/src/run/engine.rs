//! Runs a plan on the cucumber engine.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cucumber::{Cucumber, cli, event, parser, step, writer};
use futures::FutureExt as _;
use futures::stream;
use regex::Regex;
use stagegate_reports::diagnostic::Diagnostic;
use stagegate_reports::journal::{Event, Policy, Record};

use super::capability::Capabilities;
use super::dispatch::{dispatch, milliseconds};
use super::scenario::{Attempt, Scenario};
use super::settings::{Keep, Settings};
use crate::environment::{Environment, EnvironmentError, Site};
use crate::features::{Plan, ScenarioKey};
use crate::journal::{Journal, Scribe};
use crate::vocabulary::Vocabulary;

/// A run that is ready to begin.
pub struct Run {
    shared: Shared,
    capabilities: Capabilities,
}

/// What all scenarios of a run share.
pub(super) struct Shared {
    pub(super) plan: Plan,
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) settings: Settings,
    pub(super) journal: Journal,
    site: Site,
    attempts: Mutex<HashMap<usize, usize>>,
    /// Whether a denied finding has ended a run that stops at the first failure, of which the engine does not know, or
    /// what a scenario left on a real cluster stays.
    stopped: AtomicBool,
}

impl Shared {
    /// Makes the environment of an attempt, given by the scenario's place in the plan and the attempt's number.
    pub(super) async fn environment(
        &self,
        scribe: &Scribe,
        attempt: (usize, usize),
    ) -> Result<Environment, EnvironmentError> {
        Environment::start(&self.settings, &self.site, scribe, attempt).await
    }

    fn next_attempt(&self, scenario: usize) -> usize {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry(scenario).or_insert(0);
        *attempt += 1;
        *attempt
    }
}

/// How a run ended, as far as the loop itself goes; verdicts are the journal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every scenario had its turn.
    Complete,
    /// The time budget was used up.
    OverBudget,
}

impl Run {
    /// A run of `plan`. Writes each planned scenario to the journal.
    pub fn new(
        plan: Plan,
        vocabulary: Arc<Vocabulary>,
        settings: Settings,
        capabilities: Capabilities,
        journal: Journal,
    ) -> Self {
        for (number, scenario) in plan.scenarios.iter().enumerate() {
            journal.write_for(number, Event::ScenarioPlanned(scenario.clone()));
        }
        let shared = Shared {
            plan,
            vocabulary,
            settings,
            journal,
            site: Site::embedded(),
            attempts: Mutex::default(),
            stopped: AtomicBool::new(false),
        };
        Self { shared, capabilities }
    }

    /// Runs every scenario that the machine is capable of, its environments made on `site`.
    ///
    /// Dropping the future ends the run: environments stop, processes are killed, and the journal
    /// shows which scenarios did not finish.
    pub async fn execute(mut self, site: Site) -> Ending {
        self.capabilities = self.capabilities.on(&site);
        let features = self.capable_features();
        self.shared.site = site;
        let shared = Arc::new(self.shared);
        let budget = shared.settings.budget;
        let began = Instant::now();
        let running = run_features(Arc::clone(&shared), features);
        match budget {
            None => running.await,
            Some(budget) => {
                if tokio::time::timeout(budget.saturating_sub(began.elapsed()), running).await.is_err() {
                    shared.journal.write(Event::BudgetExceeded { budget_ms: milliseconds(budget) });
                    return Ending::OverBudget;
                }
            }
        }
        Ending::Complete
    }

    /// The plan's features without the scenarios that need something the run lacks, which are
    /// written to the journal as skipped.
    fn capable_features(&self) -> Vec<gherkin::Feature> {
        let mut skipped: Vec<ScenarioKey> = Vec::new();
        for (number, scenario) in self.shared.plan.scenarios.iter().enumerate() {
            if let Some(missing) = self.capabilities.missing_for(scenario, &self.shared.vocabulary) {
                let event = Event::ScenarioSkipped { capability: missing.name, reason: missing.reason };
                self.shared.journal.write_for(number, event);
                skipped.push(ScenarioKey { path: scenario.feature.clone(), line: scenario.line });
            }
        }
        let mut features = self.shared.plan.features.clone();
        if !skipped.is_empty() {
            for feature in &mut features {
                let whole = feature.clone();
                let stays = |scenario: &gherkin::Scenario| !skipped.contains(&ScenarioKey::of(&whole, scenario));
                feature.scenarios.retain(&stays);
                for rule in &mut feature.rules {
                    rule.scenarios.retain(&stays);
                }
                feature.rules.retain(|rule| !rule.scenarios.is_empty());
            }
        }
        features
    }
}

async fn run_features(shared: Arc<Shared>, features: Vec<gherkin::Feature>) {
    let Some(any) = any_text() else { return };
    let steps = step::Collection::new()
        .given(None, any.clone(), dispatch)
        .when(None, any.clone(), dispatch)
        .then(None, any, dispatch);
    let settings = &shared.settings;
    let (retries, fail_fast, jobs) = (settings.retries, settings.fail_fast, settings.jobs);
    let runner = cucumber::runner::Basic::<Scenario>::default()
        .steps(steps)
        .max_concurrent_scenarios(jobs)
        .retries(retries)
        .before({
            let shared = Arc::clone(&shared);
            move |feature, _, scenario, world| {
                begin(&shared, &ScenarioKey::of(feature, scenario), world);
                futures::future::ready(()).boxed_local()
            }
        })
        .after(|_, _, _, finished, world| {
            let failed = !matches!(finished, event::ScenarioFinished::StepPassed);
            async move {
                if let Some(world) = world {
                    end(world, failed).await;
                }
            }
            .boxed_local()
        });
    let runner = if fail_fast { runner.fail_fast() } else { runner };
    let options = cli::Opts::<cli::Empty, cucumber::runner::basic::Cli, cli::Empty, cli::Empty> {
        re_filter: None,
        tags_filter: None,
        parser: cli::Empty,
        runner: cucumber::runner::basic::Cli::default(),
        writer: cli::Empty,
        custom: cli::Empty,
    };
    let engine = Cucumber::<_, _, _, _, _, cli::Empty>::custom(Planned, runner, Quiet);
    let _quiet = engine.with_cli(options).run(features).await;
}

/// Every step goes to [`dispatch`], which finds its sentence itself.
fn any_text() -> Option<Regex> {
    Regex::new("(?s)^.*$").ok()
}

fn begin(shared: &Arc<Shared>, key: &ScenarioKey, world: &mut Scenario) {
    let Some(scenario) = shared.plan.number(key) else { return };
    // Without an attempt its steps do nothing, and the journal shows that it did not run.
    if shared.stopped.load(Ordering::Relaxed) {
        return;
    }
    let number = shared.next_attempt(scenario);
    let scribe = shared.journal.scribe(scenario, number);
    scribe.write(Event::ScenarioStarted);
    world.begin(Attempt { shared: Arc::clone(shared), scenario, number, scribe, started: Instant::now() });
}

async fn end(world: &mut Scenario, failed: bool) {
    world.report_unchecked_failure();
    if !failed && world.script().is_ok() {
        Box::pin(world.let_pods_settle()).await;
    }
    let mut environment = world.take_environment();
    if let Some((environment, _)) = &mut environment
        && let Some(workspace) = environment.workspace()
    {
        world.detect_at_end(workspace);
    }
    let Ok(attempt) = world.attempt() else { return };
    // A denied finding makes it red although every step passed.
    let denied = is_denied(&attempt.scribe.records());
    if denied && attempt.shared.settings.fail_fast {
        attempt.shared.stopped.store(true, Ordering::Relaxed);
    }
    if let Some((mut environment, _still)) = environment {
        let failed = failed || denied;
        if let Err(error) = environment.undo_faults().await {
            let help = Some("what else the run says of hub and cluster after this cannot be relied on".to_owned());
            let diagnostic = Diagnostic { what: error.to_string(), help, ..Diagnostic::default() };
            attempt.scribe.write(Event::EnvironmentFailed { diagnostic });
        }
        let keep = match attempt.shared.settings.keep {
            Keep::Never => false,
            Keep::Failed => failed,
            Keep::Always => true,
        };
        if keep {
            for what in environment.keep_ends() {
                attempt.scribe.write(Event::Kept { what });
                attempt.shared.stopped.store(true, Ordering::Relaxed);
            }
        }
        let limit = environment.stop_limit();
        if tokio::time::timeout(limit, stop(environment, &attempt.scribe, failed, keep)).await.is_err() {
            let what = format!("the environment did not stop within {limit:?}");
            let diagnostic = Diagnostic { what, ..Diagnostic::default() };
            attempt.scribe.write(Event::EnvironmentFailed { diagnostic });
        }
    }
    attempt.scribe.write(Event::ScenarioFinished);
}

/// Whether a finding that no step expected is denied.
fn is_denied(records: &[Record]) -> bool {
    let expected = |number: u64| {
        records.iter().any(|record| matches!(record.event, Event::FindingExpected { finding, .. } if finding == number))
    };
    records.iter().any(|record| match &record.event {
        Event::Finding(finding) => finding.policy == Policy::Deny && !expected(finding.number),
        _ => false,
    })
}

async fn stop(environment: Environment, scribe: &Scribe, failed: bool, keep: bool) {
    if failed {
        environment.collect_evidence(scribe).await;
    }
    for what in environment.stop(keep).await {
        scribe.write(Event::Leftover { what });
    }
}

/// Hands the planned features to the engine as they are.
struct Planned;

impl cucumber::Parser<Vec<gherkin::Feature>> for Planned {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<gherkin::Feature>>>;

    fn parse(self, features: Vec<gherkin::Feature>, _: cli::Empty) -> Self::Output {
        stream::iter(features.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

/// Writes nothing: the journal is written where things happen.
struct Quiet;

impl cucumber::Writer<Scenario> for Quiet {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, _: parser::Result<cucumber::Event<event::Cucumber<Scenario>>>, _: &Self::Cli) {}
}

impl writer::NonTransforming for Quiet {}

impl cucumber::writer::Normalized for Quiet {}
