//! Folding a journal into a run.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::attempt::{AttemptFold, When, milliseconds};
use super::outcome::{RunOutcome, scenario_verdict};
use super::run::{Counts, FindingReport, RUN_FORMAT, Run, RunEnd, StepCounts};
use super::scenario::{ScenarioReport, Skip};
use crate::diagnostic::{Diagnostic, Location};
use crate::journal::{
    Event, Finding, PlannedScenario, Policy, PulledImage, ReadError, RealCluster, RealHub, Record, RunStarted,
};
use crate::verdict::Verdict;

/// The first record is not the beginning of a run.
#[derive(Debug, thiserror::Error)]
#[error("the first event of a journal must be `run-started`")]
pub struct NotABeginning;

impl Run {
    /// Folds a whole journal.
    ///
    /// ```no_run
    /// use stagegate_reports::{journal, model::Run};
    ///
    /// let run = Run::from_journal(journal::read("journal.ndjson".as_ref())?)?;
    /// println!("{}: exit status {}", run.verdict, run.exit_status);
    /// # Ok::<(), stagegate_reports::journal::ReadError>(())
    /// ```
    pub fn from_journal(records: impl IntoIterator<Item = Result<Record, ReadError>>) -> Result<Self, ReadError> {
        let mut records = records.into_iter();
        let first = records.next().ok_or(ReadError::Empty)??;
        let mut fold = Fold::new(first).map_err(|NotABeginning| ReadError::NotAJournal)?;
        for record in records {
            fold.apply(record?);
        }
        Ok(fold.finish())
    }
}

/// A run as far as its journal has come.
#[derive(Debug, Clone)]
pub struct Fold {
    started: RunStarted,
    began: Timestamp,
    ended: Timestamp,
    scenarios: BTreeMap<usize, ScenarioFold>,
    findings: Vec<FindingReport>,
    /// The findings that an assertion asked for, by number and scenario: a step speaks for its own scenario only.
    expected: HashMap<(u64, Option<usize>), Location>,
    diagnostics: Vec<Diagnostic>,
    leftovers: Vec<String>,
    kept: Vec<String>,
    hub: Option<RealHub>,
    clusters: Vec<RealCluster>,
    images: BTreeSet<PulledImage>,
    end: Option<RunEnd>,
    recorded: Option<u8>,
}

#[derive(Debug, Clone, Default)]
struct ScenarioFold {
    planned: Option<PlannedScenario>,
    skipped: Option<Skip>,
    attempts: BTreeMap<usize, AttemptFold>,
}

impl Fold {
    /// Begins with the first record of a journal.
    pub fn new(first: Record) -> Result<Self, NotABeginning> {
        let Event::RunStarted(started) = first.event else { return Err(NotABeginning) };
        Ok(Self {
            started,
            began: first.wall,
            ended: first.wall,
            scenarios: BTreeMap::new(),
            findings: Vec::new(),
            expected: HashMap::new(),
            diagnostics: Vec::new(),
            leftovers: Vec::new(),
            kept: Vec::new(),
            hub: None,
            clusters: Vec::new(),
            images: BTreeSet::new(),
            end: None,
            recorded: None,
        })
    }

    /// Takes the next record in.
    pub fn apply(&mut self, record: Record) {
        self.ended = record.wall;
        match &record.event {
            Event::Finding(finding) => self.findings.push(finding_report(finding.clone(), &record)),
            Event::FindingExpected { finding, by } => {
                self.expected.insert((*finding, record.scenario), by.clone());
            }
            Event::Leftover { what } => self.leftovers.push(what.clone()),
            Event::Kept { what } => self.kept.push(what.clone()),
            Event::HubReady(hub) => self.hub = Some(hub.clone()),
            Event::ClusterReady(cluster) => self.clusters.push(cluster.clone()),
            Event::ImagesPulled { images } => self.images.extend(images.iter().cloned()),
            Event::Interrupted { signal } => self.end = Some(RunEnd::Interrupted { signal: signal.clone() }),
            Event::BudgetExceeded { budget_ms } if self.end.is_none() => {
                self.end = Some(RunEnd::BudgetExceeded { budget_ms: *budget_ms });
            }
            Event::RunFinished { exit_status } => self.recorded = Some(*exit_status),
            _ => {}
        }
        let Record { seq: _, wall, at, scenario, attempt, step, event } = record;
        match scenario {
            Some(number) => self.scenarios.entry(number).or_default().apply(attempt, When { wall, at, step }, event),
            None => {
                if let Event::EnvironmentFailed { diagnostic } = event {
                    self.diagnostics.push(diagnostic);
                }
            }
        }
    }

    /// The exit status of the run if it came to its end now: what the last event of the journal says, and what the
    /// process then ends with.
    pub fn exit_status_at_end(&self) -> u8 {
        let against = self.held_against();
        let mut counts = Counts::default();
        for scenario in self.scenarios.values() {
            counts.add(scenario.verdict(&against));
        }
        let end = self.end.clone().unwrap_or(RunEnd::Finished);
        self.outcome(&counts, &end, &against).exit_status()
    }

    /// The run as the journal tells it. Without its last event it is never `passed`.
    pub fn finish(mut self) -> Run {
        let against = self.held_against();
        let scenarios = std::mem::take(&mut self.scenarios);
        let scenarios: Vec<_> =
            scenarios.into_iter().map(|(number, scenario)| scenario.finish(number, &against)).collect();
        let (mut counts, mut step_counts) = (Counts::default(), StepCounts::default());
        for scenario in &scenarios {
            counts.add(scenario.verdict);
            scenario.last.steps.iter().for_each(|step| step_counts.add(step.verdict));
        }
        let ending = if self.recorded.is_some() { RunEnd::Finished } else { RunEnd::Unfinished };
        let end = self.end.clone().unwrap_or(ending);
        let outcome = self.outcome(&counts, &end, &against);
        let (verdict, exit_status) = (outcome.verdict(), outcome.exit_status());
        for finding in &mut self.findings {
            finding.expected_by = self.expected.get(&(finding.number, finding.scenario)).cloned();
            // What was hidden once is not undone by an attempt that does not meet it.
            finding.held_against = against.contains(&finding.number);
        }
        let RunStarted { format: _, version, run_id, seed, lane, arguments, machine, selection } = self.started;
        Run {
            format: RUN_FORMAT,
            version,
            run_id,
            verdict,
            exit_status,
            end,
            lane,
            kept: self.kept,
            hub: self.hub,
            clusters: self.clusters,
            images: self.images.into_iter().collect(),
            started: self.began,
            ended: self.ended,
            duration_ms: environment_time(&scenarios),
            wall_ms: milliseconds(self.began, self.ended),
            seed,
            arguments,
            machine: machine.into_iter().collect(),
            selection,
            counts,
            step_counts,
            findings: self.findings,
            diagnostics: self.diagnostics,
            leftovers: self.leftovers,
            scenarios,
        }
    }

    /// The numbers of the findings that are denied and that nothing expected.
    fn held_against(&self) -> HashSet<u64> {
        let expected = |finding: &FindingReport| self.expected.contains_key(&(finding.number, finding.scenario));
        let against = |finding: &&FindingReport| finding.policy == Policy::Deny && !expected(finding);
        self.findings.iter().filter(against).map(|finding| finding.number).collect()
    }

    fn outcome<'a>(&self, counts: &'a Counts, end: &'a RunEnd, against: &HashSet<u64>) -> RunOutcome<'a> {
        // A finding about a scenario outside of its attempts is held against the run as a whole.
        let outside = |finding: &FindingReport| finding.scenario.is_none() || finding.attempt.is_none();
        RunOutcome {
            counts,
            end,
            broken: !self.diagnostics.is_empty(),
            denied: self.findings.iter().any(|finding| outside(finding) && against.contains(&finding.number)),
            leftovers: !self.leftovers.is_empty(),
            recorded: self.recorded,
        }
    }
}

/// In milliseconds, all attempts of all scenarios together.
fn environment_time(scenarios: &[ScenarioReport]) -> f64 {
    scenarios.iter().flat_map(ScenarioReport::all_attempts).map(|(_, attempt)| attempt.duration_ms).sum()
}

impl ScenarioFold {
    fn apply(&mut self, attempt: Option<usize>, when: When, event: Event) {
        match event {
            Event::ScenarioPlanned(planned) => self.planned = Some(planned),
            Event::ScenarioSkipped { capability, reason } => self.skipped = Some(Skip { capability, reason }),
            event => {
                // What belongs to no attempt happened around one, such as an environment that could not be made.
                let number = attempt.or(self.attempts.keys().next_back().copied()).unwrap_or(1);
                let steps = self.planned.as_ref().map_or(&[][..], |planned| &planned.steps);
                let fold = self.attempts.entry(number).or_insert_with(|| AttemptFold::new(steps, when.wall));
                fold.apply(when, event);
            }
        }
    }

    fn attempt_verdicts(&self, against: &HashSet<u64>) -> Vec<Verdict> {
        let denied = |attempt: &AttemptFold| attempt.findings().iter().any(|number| against.contains(number));
        self.attempts.values().map(|attempt| attempt.verdict(denied(attempt))).collect()
    }

    fn has_denied(&self, against: &HashSet<u64>) -> bool {
        self.attempts.values().flat_map(AttemptFold::findings).any(|number| against.contains(number))
    }

    fn verdict(&self, against: &HashSet<u64>) -> Verdict {
        match (&self.planned, &self.skipped, self.attempts.is_empty()) {
            (None, _, _) => Verdict::Error,
            (Some(_), Some(_), true) => Verdict::Skipped,
            _ => match scenario_verdict(&self.attempt_verdicts(against)) {
                // A denied finding of an earlier attempt is as true as one of the last.
                Verdict::Flaky if self.has_denied(against) => Verdict::Failed,
                verdict => verdict,
            },
        }
    }

    fn finish(self, number: usize, against: &HashSet<u64>) -> ScenarioReport {
        let verdict = self.verdict(against);
        let verdicts = self.attempt_verdicts(against);
        let planned = self.planned.unwrap_or_else(|| PlannedScenario {
            feature: String::new(),
            feature_name: String::new(),
            rule: None,
            line: 0,
            name: format!("scenario {number}, which is not in the plan"),
            description: None,
            tags: Vec::new(),
            steps: Vec::new(),
        });
        let mut reports: Vec<_> =
            self.attempts.into_values().zip(verdicts).map(|(attempt, verdict)| attempt.finish(verdict)).collect();
        let attempts = reports.len();
        let last =
            reports.pop().unwrap_or_else(|| AttemptFold::new(&planned.steps, Timestamp::UNIX_EPOCH).finish(verdict));
        ScenarioReport {
            number,
            feature: planned.feature,
            feature_name: planned.feature_name,
            rule: planned.rule,
            line: planned.line,
            name: planned.name,
            description: planned.description,
            tags: planned.tags,
            verdict,
            attempts,
            skipped: self.skipped,
            last,
            earlier_attempts: reports,
        }
    }
}

/// A finding as it was found; what is held against the run is known only at its end.
pub(crate) fn finding_report(finding: Finding, record: &Record) -> FindingReport {
    let (file, line) = finding.source.map(|source| (source.file, source.line)).unzip();
    FindingReport {
        number: finding.number,
        kind: finding.kind,
        policy: finding.policy,
        message: finding.message,
        file,
        line,
        source_line: finding.source_line,
        command: finding.command_line,
        command_number: finding.command,
        exit_status: finding.exit_status,
        output: finding.output,
        cause: finding.cause,
        help: finding.help,
        follows: finding.follows,
        scenario: record.scenario,
        attempt: record.attempt,
        step: record.step,
        expected_by: None,
        held_against: false,
    }
}
