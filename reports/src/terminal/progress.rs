//! What is printed while a run goes on.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use jiff::Timestamp;

use super::diagnostic::render_diagnostic;
use super::findings;
use super::injections::Injections;
use super::paint::{BOLD, DIM, Paint, RED, YELLOW};
use super::skips;
use crate::diagnostic::{Diagnostic, Location};
use crate::duration;
use crate::journal::{Event, PlannedScenario, Policy, Record, StepFinished};
use crate::model::{AttemptOutcome, FindingReport, Skip, finding_report};
use crate::plural::count;
use crate::printable::printable;
use crate::verdict::{StepVerdict, Verdict};

/// Makes lines for the terminal of the records of a run, as they come.
///
/// A scenario is shown as one block when an attempt at it ends, so that scenarios that run side by side do not
/// mix. It keeps only what the blocks need.
///
/// ```
/// use stagegate_reports::terminal::Progress;
///
/// let mut progress = Progress::new(false);
/// # let records: Vec<stagegate_reports::journal::Record> = Vec::new();
/// for record in &records {
///     print!("{}", progress.apply(record));
/// }
/// ```
#[derive(Debug)]
pub struct Progress {
    paint: Paint,
    announced: bool,
    planned: HashMap<usize, PlannedScenario>,
    attempts: HashMap<(usize, usize), Attempt>,
    /// What those need that are not run, until it is announced.
    skips: Vec<Skip>,
    /// Scenarios of which an attempt has ended without passing.
    tried: HashSet<usize>,
    /// By number and scenario.
    expected: HashMap<(u64, Option<usize>), Location>,
}

#[derive(Debug)]
struct Attempt {
    outcome: AttemptOutcome,
    began: Timestamp,
    environment_time: Option<(Timestamp, Timestamp)>,
    /// Failed steps by their place, and what broke outside of steps.
    failures: Vec<(Option<usize>, Option<Diagnostic>)>,
    findings: Vec<FindingReport>,
    injections: Injections,
}

impl Progress {
    /// With control sequences for colour or without.
    pub fn new(color: bool) -> Self {
        Self {
            paint: Paint { color },
            announced: false,
            planned: HashMap::new(),
            attempts: HashMap::new(),
            skips: Vec::new(),
            tried: HashSet::new(),
            expected: HashMap::new(),
        }
    }

    /// Takes the next record in. Returns what is to be printed now: nothing, or whole lines.
    pub fn apply(&mut self, record: &Record) -> String {
        let mut out = self.announce(&record.event);
        match &record.event {
            Event::ScenarioPlanned(planned) => {
                if let Some(number) = record.scenario {
                    self.planned.insert(number, planned.clone());
                }
            }
            Event::ScenarioSkipped { capability, reason } => {
                self.skips.push(Skip { capability: capability.clone(), reason: reason.clone() });
            }
            Event::FindingExpected { finding, by } => {
                self.expected.insert((*finding, record.scenario), by.clone());
            }
            Event::Leftover { what } => {
                let head = self.paint.with(RED, "left behind");
                let _ = writeln!(out, "{head}: {}", printable(what));
            }
            Event::Interrupted { signal } => {
                let head = self.paint.with(YELLOW, "interrupted");
                let _ = writeln!(out, "{head} by {}; cleaning up", printable(signal));
            }
            Event::BudgetExceeded { budget_ms } => {
                let head = self.paint.with(YELLOW, "out of time");
                let _ = writeln!(out, "{head}: the budget of {} is used up", duration::humane(*budget_ms));
            }
            event => out += &self.apply_to_attempt(record, event),
        }
        out
    }

    fn announce(&mut self, event: &Event) -> String {
        match event {
            Event::RunStarted(run) => {
                let lane = format!("{} ({})", run.lane, run.lane.claim());
                let (version, lane) = (printable(&run.version), printable(&lane).into_owned());
                let lane = self.paint.with(BOLD, &lane);
                format!("stagegate {version}, run {}, seed {}\nlane: {lane}\n", printable(&run.run_id), run.seed)
            }
            Event::ScenarioStarted | Event::RunFinished { .. } if !self.announced => {
                self.announced = true;
                let selected = count(self.planned.len(), "scenario");
                format!("{selected} selected\n{}\n", skips::render(&self.skips, self.paint))
            }
            _ => String::new(),
        }
    }

    fn apply_to_attempt(&mut self, record: &Record, event: &Event) -> String {
        let Some(scenario) = record.scenario else { return self.outside(record, event) };
        let key = (scenario, record.attempt.unwrap_or(1));
        let planned = self.planned.get(&scenario).map_or(0, |planned| planned.steps.len());
        let attempt = self.attempts.entry(key).or_insert_with(|| Attempt::new(planned, record.wall));
        attempt.apply(record, event);
        if !attempt.outcome.finished {
            return String::new();
        }
        self.attempts.remove(&key).map(|attempt| self.finished(key, record.wall, attempt)).unwrap_or_default()
    }

    fn outside(&self, record: &Record, event: &Event) -> String {
        match event {
            Event::EnvironmentFailed { diagnostic } => render_diagnostic(diagnostic, self.paint.color),
            Event::Preparing { what } => format!("{}\n", self.paint.with(DIM, &format!("{} …", printable(what)))),
            Event::ClusterReady(cluster) => {
                let took = self.paint.with(DIM, &duration::humane(cluster.took_ms));
                format!("cluster: {}  {took}\n", printable(&cluster.to_string()))
            }
            Event::HubReady(hub) => {
                let took = self.paint.with(DIM, &duration::humane(hub.took_ms));
                format!("hub:     {}  {took}\n", printable(&hub.to_string()))
            }
            Event::Finding(finding) if finding.policy != Policy::Allow => {
                let report = finding_report(finding.clone(), record);
                findings::render(&report, self.paint, 0)
            }
            _ => String::new(),
        }
    }

    fn finished(&mut self, (scenario, number): (usize, usize), ended: Timestamp, mut attempt: Attempt) -> String {
        for finding in &mut attempt.findings {
            finding.expected_by = self.expected.get(&(finding.number, finding.scenario)).cloned();
        }
        let against = |finding: &FindingReport| finding.policy == Policy::Deny && finding.expected_by.is_none();
        let verdict = attempt.outcome.verdict(attempt.findings.iter().any(against));
        let flaky = verdict == Verdict::Passed && self.tried.contains(&scenario);
        let shown = if flaky { Verdict::Flaky } else { verdict };
        let again = if number > 1 { format!(", attempt {number}") } else { String::new() };
        let time = duration::with_wall(attempt.environment_ms(), attempt.wall_ms(ended));
        let time = self.paint.with(DIM, &format!("{time}{again}"));
        let mut out = format!("{} {}  {time}\n", self.paint.verdict(shown), self.title(scenario));
        if verdict != Verdict::Passed {
            self.tried.insert(scenario);
            out += &self.failures(scenario, &attempt);
        }
        for finding in attempt.findings.iter().filter(|finding| is_shown(finding)) {
            out += &findings::render(finding, self.paint, 8);
        }
        out
    }

    fn failures(&self, scenario: usize, attempt: &Attempt) -> String {
        let mut out = String::new();
        for (step, diagnostic) in &attempt.failures {
            let planned = self.planned.get(&scenario);
            if let Some(step) = planned.zip(*step).and_then(|(planned, step)| planned.steps.get(step)) {
                let sentence = format!("{} {}", step.keyword.trim_end(), step.text);
                let _ = writeln!(out, "        {}", self.paint.with(BOLD, &printable(&sentence)));
            }
            if let Some(diagnostic) = diagnostic {
                let text = render_diagnostic(diagnostic, self.paint.color);
                text.lines().for_each(|line| {
                    let _ = writeln!(out, "{}", format!("        {line}").trim_end());
                });
            }
        }
        for line in attempt.injections.lines() {
            let _ = writeln!(out, "        {}", self.paint.with(YELLOW, &line));
        }
        out
    }

    fn title(&self, scenario: usize) -> String {
        let Some(planned) = self.planned.get(&scenario) else { return format!("scenario {scenario}") };
        let place = format!("{}:{}", planned.feature, planned.line);
        format!("{}  {}", self.paint.with(BOLD, &printable(&planned.name)), printable(&place))
    }
}

/// Whether the terminal shows a finding: not those that are allowed or were asked for.
fn is_shown(finding: &FindingReport) -> bool {
    finding.policy != Policy::Allow && finding.expected_by.is_none()
}

impl Attempt {
    fn new(planned: usize, began: Timestamp) -> Self {
        let outcome = AttemptOutcome { planned, ..AttemptOutcome::default() };
        Self {
            outcome,
            began,
            environment_time: None,
            failures: Vec::new(),
            findings: Vec::new(),
            injections: Injections::default(),
        }
    }

    fn apply(&mut self, record: &Record, event: &Event) {
        if let Some(at) = record.at {
            let (_, last) = self.environment_time.get_or_insert((at, at));
            *last = at.max(*last);
        }
        match event {
            Event::StepFinished(StepFinished { verdict, diagnostic, .. }) => {
                self.outcome.add_step(*verdict);
                if matches!(verdict, StepVerdict::Failed | StepVerdict::Error) {
                    self.failures.push((record.step, diagnostic.clone()));
                }
            }
            Event::EnvironmentFailed { diagnostic } => {
                self.outcome.broken = true;
                self.failures.push((None, Some(diagnostic.clone())));
            }
            Event::Finding(finding) => self.findings.push(finding_report(finding.clone(), record)),
            Event::Injected(injection) => self.injections.add(injection),
            Event::ScenarioFinished => self.outcome.finished = true,
            _ => {}
        }
    }

    fn environment_ms(&self) -> f64 {
        self.environment_time.map_or(0.0, |(first, last)| crate::model::milliseconds(first, last))
    }

    fn wall_ms(&self, ended: Timestamp) -> f64 {
        crate::model::milliseconds(self.began, ended)
    }
}
