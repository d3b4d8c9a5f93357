//! Gathering the events of one attempt.

use std::collections::HashMap;

use jiff::Timestamp;

use super::activity::{Activity, CommandReport, EffectReport, ExchangeReport, InjectionReport};
use super::outcome::AttemptOutcome;
use super::scenario::{AttemptReport, EnvironmentReport, StepReport};
use crate::diagnostic::Diagnostic;
use crate::journal::{CommandFinished, CommandStarted, Effect, Event, Exchange, PlannedStep, StepFinished};
use crate::verdict::{StepVerdict, Verdict};

/// When an event happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    pub(super) wall: Timestamp,
    pub(super) at: Option<Timestamp>,
    pub(super) step: Option<usize>,
}

/// One attempt as far as it has come.
#[derive(Debug, Clone)]
pub(super) struct AttemptFold {
    report: AttemptReport,
    outcome: AttemptOutcome,
    began: Timestamp,
    ended: Timestamp,
    /// The first and the last environment time seen.
    environment_time: Option<(Timestamp, Timestamp)>,
    /// Where each command is: its step and its place there.
    commands: HashMap<u64, (Option<usize>, usize)>,
}

impl AttemptFold {
    pub(super) fn new(planned: &[PlannedStep], began: Timestamp) -> Self {
        let report = AttemptReport {
            attempt_verdict: Verdict::NotRun,
            duration_ms: 0.0,
            wall_ms: 0.0,
            environment: None,
            diagnostics: Vec::new(),
            findings: Vec::new(),
            leftovers: Vec::new(),
            steps: planned.iter().map(not_run).collect(),
            outside_steps: Activity::default(),
        };
        let outcome = AttemptOutcome { planned: planned.len(), ..AttemptOutcome::default() };
        Self { report, outcome, began, ended: began, environment_time: None, commands: HashMap::new() }
    }

    /// Takes an event of this attempt in.
    pub(super) fn apply(&mut self, when: When, event: Event) {
        self.ended = when.wall;
        let at_ms = self.environment_ms(when.at);
        match event {
            Event::EnvironmentReady { hub, cluster, took_ms } => {
                self.report.environment = Some(EnvironmentReport { hub, cluster, took_ms });
            }
            Event::StepStarted => {
                if let Some(step) = self.step(when.step) {
                    step.at_ms = at_ms;
                    step.unfinished = true;
                }
            }
            Event::StepFinished(finished) => self.finish_step(when.step, finished),
            Event::CommandStarted(started) => self.start_command(when.step, started, at_ms),
            Event::CommandFinished(finished) => self.finish_command(finished),
            Event::Exchange(exchange) => self.add_exchange(when.step, ExchangeReport { at_ms, exchange }),
            Event::Effect(effect) => self.add_effect(when.step, EffectReport { at_ms, effect }),
            Event::Injected(injection) => self.add_injection(when.step, InjectionReport { at_ms, injection }),
            Event::Attachment(attachment) => self.activity(when.step).attachments.push(attachment.into()),
            Event::Finding(finding) => self.report.findings.push(finding.number),
            Event::EnvironmentFailed { diagnostic } => self.fail(diagnostic),
            Event::Leftover { what } => self.report.leftovers.push(what),
            Event::ScenarioFinished => self.outcome.finished = true,
            Event::RunStarted(_)
            | Event::ScenarioPlanned(_)
            | Event::ScenarioSkipped { .. }
            | Event::ScenarioStarted
            | Event::Preparing { .. }
            | Event::Kept { .. }
            | Event::ClusterReady(_)
            | Event::ImagesPulled { .. }
            | Event::HubReady(_)
            | Event::Applied(_)
            | Event::ShellStep(_)
            | Event::LinesReached { .. }
            | Event::UntracedCommand { .. }
            | Event::Prompt { .. }
            | Event::TemporaryFileLeft { .. }
            | Event::FindingExpected { .. }
            | Event::Interrupted { .. }
            | Event::BudgetExceeded { .. }
            | Event::RunFinished { .. } => {}
        }
    }

    pub(super) fn verdict(&self, denied_finding: bool) -> Verdict {
        self.outcome.verdict(denied_finding)
    }

    pub(super) fn findings(&self) -> &[u64] {
        &self.report.findings
    }

    pub(super) fn finish(mut self, verdict: Verdict) -> AttemptReport {
        self.report.attempt_verdict = verdict;
        self.report.wall_ms = milliseconds(self.began, self.ended);
        self.report.duration_ms = self.environment_time.map_or(0.0, |(first, last)| milliseconds(first, last));
        self.report
    }

    fn environment_ms(&mut self, at: Option<Timestamp>) -> Option<f64> {
        let at = at?;
        let (first, last) = self.environment_time.get_or_insert((at, at));
        *last = at.max(*last);
        Some(milliseconds(*first, at))
    }

    fn fail(&mut self, diagnostic: Diagnostic) {
        self.outcome.broken = true;
        self.report.diagnostics.push(diagnostic);
    }

    fn step(&mut self, place: Option<usize>) -> Option<&mut StepReport> {
        self.report.steps.get_mut(place?)
    }

    fn activity(&mut self, place: Option<usize>) -> &mut Activity {
        match place.and_then(|place| self.report.steps.get_mut(place)) {
            Some(step) => &mut step.activity,
            None => &mut self.report.outside_steps,
        }
    }

    fn finish_step(&mut self, place: Option<usize>, finished: StepFinished) {
        let StepFinished { verdict, duration_ms, wall_ms, diagnostic } = finished;
        let Some(step) = self.step(place) else {
            let what = "a step that is not in the plan ended".to_owned();
            return self.fail(diagnostic.unwrap_or(Diagnostic { what, ..Diagnostic::default() }));
        };
        let repeated = step.verdict != StepVerdict::NotRun;
        step.verdict = verdict;
        step.unfinished = false;
        step.duration_ms = duration_ms;
        step.wall_ms = wall_ms;
        step.diagnostic = diagnostic;
        if repeated {
            let what = "a step ended twice".to_owned();
            return self.fail(Diagnostic { what, ..Diagnostic::default() });
        }
        self.outcome.add_step(verdict);
    }

    fn start_command(&mut self, place: Option<usize>, started: CommandStarted, at_ms: Option<f64>) {
        let number = started.number;
        let place = place.filter(|place| *place < self.report.steps.len());
        let commands = &mut self.activity(place).commands;
        let index = commands.len();
        commands.push(CommandReport::started(started, at_ms));
        self.commands.insert(number, (place, index));
    }

    fn command(&mut self, number: u64) -> Option<&mut CommandReport> {
        let (place, index) = *self.commands.get(&number)?;
        self.activity(place).commands.get_mut(index)
    }

    fn finish_command(&mut self, finished: CommandFinished) {
        let Some(command) = self.command(finished.number) else { return };
        command.finished = true;
        command.exit_status = finished.exit_status;
        command.signal = finished.signal;
        command.duration_ms = finished.duration_ms;
        command.wall_ms = finished.wall_ms;
        command.stdout = finished.stdout;
        command.stderr = finished.stderr;
        command.fate = finished.fate;
    }

    fn add_exchange(&mut self, place: Option<usize>, report: ExchangeReport) {
        let ExchangeReport { exchange: Exchange { command, .. }, .. } = &report;
        match command.and_then(|number| self.command(number)) {
            Some(command) => command.exchanges.push(report),
            None => self.activity(place).exchanges.push(report),
        }
    }

    fn add_effect(&mut self, place: Option<usize>, report: EffectReport) {
        let EffectReport { effect: Effect { command, .. }, .. } = &report;
        match command.and_then(|number| self.command(number)) {
            Some(command) => command.effects.push(report),
            None => self.activity(place).effects.push(report),
        }
    }

    fn add_injection(&mut self, place: Option<usize>, report: InjectionReport) {
        match report.injection.command.and_then(|number| self.command(number)) {
            Some(command) => command.injections.push(report),
            None => self.activity(place).injections.push(report),
        }
    }
}

fn not_run(planned: &PlannedStep) -> StepReport {
    StepReport {
        keyword: planned.keyword.clone(),
        text: planned.text.clone(),
        line: planned.line,
        argument: planned.argument.clone(),
        verdict: StepVerdict::NotRun,
        unfinished: false,
        at_ms: None,
        duration_ms: 0.0,
        wall_ms: 0.0,
        diagnostic: None,
        activity: Activity::default(),
    }
}

/// Milliseconds from `from` to `to`, never below zero (the wall clock may be set back).
pub(crate) fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() * 1000.0).max(0.0)
}
