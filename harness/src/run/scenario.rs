//! The state of one attempt at one scenario, as the steps see it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stagegate_reports::diagnostic::Location;
use stagegate_simulation::Busy;

use super::engine::Shared;
use super::variables::{UnknownVariable, Variables};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::journal::Scribe;
use crate::script::{Answers, Outcome};

/// One attempt at one scenario.
#[derive(Default)]
pub struct Scenario {
    attempt: Option<Attempt>,
    environment: Option<Environment>,
    /// Keeps a jumping clock still except while a step waits.
    foreground: Option<Busy>,
    variables: Variables,
    script: Option<Outcome>,
    /// What scripts are given when they ask something.
    pub(super) answers: Answers,
    /// Whether a step has looked at how the latest script ended.
    status_checked: bool,
    pub(super) steps_begun: usize,
    /// A check did not hold, and the scenario went on to the next.
    pub(super) some_check_failed: bool,
}

pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    /// The scenario's place in the plan.
    pub(super) scenario: usize,
    /// From 1.
    pub(super) number: usize,
    pub(super) scribe: Scribe,
    pub(super) started: Instant,
}

impl cucumber::World for Scenario {
    type Error = std::convert::Infallible;

    async fn new() -> Result<Self, Self::Error> {
        Ok(Self::default())
    }
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Says nothing of its content, which can hold secrets.
        f.write_str("Scenario")
    }
}

impl Scenario {
    pub(super) fn begin(&mut self, attempt: Attempt) {
        self.attempt = Some(attempt);
    }

    pub(super) fn attempt(&self) -> Result<&Attempt, Failure> {
        self.attempt.as_ref().ok_or_else(|| Failure::environment("the scenario was never begun"))
    }

    /// The environment, and what keeps its clock still while it is looked at and stopped.
    pub(super) fn take_environment(&mut self) -> Option<(Environment, Option<Busy>)> {
        let environment = self.environment.take()?;
        Some((environment, self.foreground.take()))
    }

    /// What the run was asked to do.
    pub fn settings(&self) -> Result<&super::Settings, Failure> {
        Ok(&self.attempt()?.shared.settings)
    }

    /// Writes this attempt's journal.
    pub fn scribe(&self) -> Result<&Scribe, Failure> {
        Ok(&self.attempt()?.scribe)
    }

    /// The scenario's environment, made when it is first asked for.
    pub async fn environment(&mut self) -> Result<&mut Environment, Failure> {
        if self.environment.is_none() {
            let attempt = self.attempt()?;
            let environment = attempt.shared.environment(&attempt.scribe, (attempt.scenario, attempt.number)).await;
            let environment = environment.map_err(|error| error.failure("the environment could not be made"))?;
            self.foreground = Some(environment.clock().foreground());
            self.environment = Some(environment);
        }
        self.environment.as_mut().ok_or_else(|| Failure::environment("there is no environment"))
    }

    /// Where the present step is.
    pub fn place(&self) -> Result<Location, Failure> {
        let attempt = self.attempt()?;
        let planned = &attempt.shared.plan.scenarios[attempt.scenario];
        let line = planned.steps.get(self.steps_begun.saturating_sub(1)).map_or(planned.line, |step| step.line);
        Ok(Location { file: planned.feature.clone(), line, column: None })
    }

    /// Runs `waiting` while the clock may jump, for at most `limit` of environment time.
    ///
    /// `waiting` gets the environment's parts by value, so that the scenario stays free.
    pub async fn wait<T>(
        &mut self,
        limit: Duration,
        waiting: impl Future<Output = T>,
    ) -> Result<Result<T, stagegate_simulation::Elapsed>, Failure> {
        let clock = self.environment().await?.clock().clone();
        let foreground = &mut self.foreground;
        let waiting = async {
            // Let go only inside the first poll, which holds a guard of its own.
            *foreground = None;
            clock.timeout(limit, waiting).await
        };
        let (outcome, busy) = clock.attended(waiting).await;
        self.foreground = Some(clock.foreground());
        drop(busy);
        Ok(outcome)
    }

    /// Whether the clock stands still for this scenario. It does not while a script runs, whose own
    /// commands say when it may jump.
    pub(super) fn hold_clock(&mut self, hold: bool) {
        self.foreground = match &self.environment {
            Some(environment) if hold => Some(environment.clock().foreground()),
            _ => None,
        };
    }

    /// Declares an answer to prompts that contain `prompt`, for the scripts that run from now on.
    pub fn declare_answer(&mut self, prompt: &str, answer: &str) {
        self.answers.declare(prompt, answer);
    }

    /// Gives `name` a value for the steps that follow.
    pub fn set_variable(&mut self, name: &str, value: impl Into<String>) {
        self.variables.set(name, value.into());
    }

    /// The value of `name`.
    pub fn variable(&self, name: &str) -> Result<&str, UnknownVariable> {
        self.variables.get(name)
    }

    /// `text` with each `{name}` replaced.
    pub fn fill(&self, text: &str) -> Result<String, UnknownVariable> {
        self.variables.fill(text)
    }

    /// Remembers what the latest script did.
    pub fn set_script(&mut self, outcome: Outcome) {
        self.script = Some(outcome);
        self.status_checked = false;
    }

    /// A step looks at how the latest script ended.
    pub fn check_status(&mut self) -> Result<&Outcome, Failure> {
        self.status_checked = true;
        self.script()
    }

    /// The latest script, when it failed and no step has looked at that.
    pub(super) fn unchecked_failure(&self) -> Option<&Outcome> {
        self.script.as_ref().filter(|outcome| !self.status_checked && outcome.exit_status() != Some(0))
    }

    /// What the latest script did.
    pub fn script(&self) -> Result<&Outcome, Failure> {
        self.script.as_ref().ok_or_else(|| {
            Failure::assertion("no script has been run in this scenario").help("add a step such as `When I run \"…\"`")
        })
    }
}
