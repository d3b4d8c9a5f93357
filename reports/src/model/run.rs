//! A whole run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::scenario::ScenarioReport;
use crate::diagnostic::{Diagnostic, Location};
use crate::journal::{Policy, PulledImage, RealCluster, RealHub, Selection};
use crate::lane::{ClusterLane, HubLane, Lane, claim};
use crate::verdict::{StepVerdict, Verdict};

/// The version of the JSON report's shape. It grows when a field changes its meaning or goes away.
pub const RUN_FORMAT: u32 = 1;

/// Everything a run's journal says, gathered by scenario and step. This is the JSON report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Run {
    /// [`RUN_FORMAT`].
    pub format: u32,
    /// The version of stagegate that ran.
    pub version: String,
    /// Unique for the run.
    pub run_id: String,
    /// What became of the run: the worst of its scenarios, of what is held against it outside of them, and of
    /// how it ended. Skipped scenarios count only when nothing else ran.
    pub verdict: Verdict,
    /// The status the process ended with, or would have.
    pub exit_status: u8,
    /// How it ended.
    pub end: RunEnd,
    /// Hub, cluster and client.
    pub lane: Lane,
    /// The real hub that scenarios used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<RealHub>,
    /// The real clusters that scenarios used, in order: another one follows where one could not be made clean.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<RealCluster>,
    /// What the nodes of real clusters pulled from the images' own registries, in order. A tag that meant two things in
    /// one run is there twice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<PulledImage>,
    /// Wall time of its beginning, RFC 3339.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// Wall time of its last event, RFC 3339.
    #[schemars(with = "String")]
    pub ended: Timestamp,
    /// Environment time of all scenarios together, in milliseconds.
    pub duration_ms: f64,
    /// Wall time, in milliseconds.
    pub wall_ms: f64,
    /// What every id and random choice was made from.
    pub seed: u64,
    /// The command line, without secrets.
    pub arguments: Vec<String>,
    /// Facts about the machine and its tools.
    pub machine: BTreeMap<String, String>,
    /// What was asked for.
    pub selection: Selection,
    /// Scenarios by verdict.
    pub counts: Counts,
    /// Steps of the deciding attempts by verdict.
    pub step_counts: StepCounts,
    /// Defects that no assertion asked for, in the order in which they were found.
    pub findings: Vec<FindingReport>,
    /// What broke in the harness or the environment, outside of scenarios.
    pub diagnostics: Vec<Diagnostic>,
    /// What clean-up left behind, in scenarios and after them.
    pub leftovers: Vec<String>,
    /// What stays on a real cluster or hub, as was asked for, and how to get to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// In the order of the plan.
    pub scenarios: Vec<ScenarioReport>,
}

impl Run {
    /// What a pass of this run is a pass of, in a few words for people. An end that says it is an emulator counts as one,
    /// wherever it is.
    pub fn claim(&self) -> &'static str {
        claim(self.hub_is_emulated(), self.cluster_is_emulated())
    }

    /// Whether an emulator took part.
    pub fn is_emulated(&self) -> bool {
        self.hub_is_emulated() || self.cluster_is_emulated()
    }

    fn hub_is_emulated(&self) -> bool {
        !matches!(self.lane.hub, HubLane::Url(_)) || self.hub.as_ref().is_some_and(RealHub::is_emulated)
    }

    fn cluster_is_emulated(&self) -> bool {
        self.lane.cluster == ClusterLane::Embedded || self.clusters.iter().any(RealCluster::is_emulated)
    }

    /// The findings with these numbers.
    pub fn findings_of<'a>(&'a self, numbers: &'a [u64]) -> impl Iterator<Item = &'a FindingReport> {
        self.findings.iter().filter(|finding| numbers.contains(&finding.number))
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RunEnd {
    /// It came to its end.
    Finished,
    /// A signal asked it to end.
    Interrupted {
        /// `SIGINT` or `SIGTERM`.
        signal: String,
    },
    /// Its time budget was used up.
    BudgetExceeded {
        /// The budget, in milliseconds of wall time.
        budget_ms: f64,
    },
    /// The journal stops before the run's end: it was killed, or it is still going on.
    Unfinished,
}

/// Scenarios by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// All that were selected.
    pub total: usize,
    /// Those that passed at the first attempt.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that passed after a failed attempt.
    pub flaky: usize,
    /// Those that lack a declared capability.
    pub skipped: usize,
    /// Those that the run did not come to, or not to the end of.
    pub not_run: usize,
    /// Those in which the harness or the environment broke.
    pub error: usize,
}

impl Counts {
    /// Counts one more.
    pub(super) fn add(&mut self, verdict: Verdict) {
        self.total += 1;
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Flaky => self.flaky += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::NotRun => self.not_run += 1,
            Verdict::Error => self.error += 1,
        }
    }

    /// Each verdict that occurs with its number, the worst first.
    pub fn worst_first(&self) -> impl Iterator<Item = (Verdict, usize)> {
        [
            (Verdict::Error, self.error),
            (Verdict::Failed, self.failed),
            (Verdict::NotRun, self.not_run),
            (Verdict::Flaky, self.flaky),
            (Verdict::Skipped, self.skipped),
            (Verdict::Passed, self.passed),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}

/// Steps by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepCounts {
    /// All steps of all selected scenarios.
    pub total: usize,
    /// Those that did what they say.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those in which the harness or the environment broke.
    pub error: usize,
    /// Those that did not run, or not to their end.
    pub not_run: usize,
}

impl StepCounts {
    /// Counts one more.
    pub(super) fn add(&mut self, verdict: StepVerdict) {
        self.total += 1;
        match verdict {
            StepVerdict::Passed => self.passed += 1,
            StepVerdict::Failed => self.failed += 1,
            StepVerdict::Error => self.error += 1,
            StepVerdict::NotRun => self.not_run += 1,
        }
    }
}

/// A defect that no assertion asked for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingReport {
    /// Unique within the run.
    pub number: u64,
    /// The detector's name, such as `masked-failure`.
    pub kind: String,
    /// What it does to the verdict, unless an assertion expected it.
    pub policy: Policy,
    /// One sentence that names the command and what became of its failure.
    pub message: String,
    /// The script.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<usize>,
    /// The text of that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_line: Option<String>,
    /// The command line, quoted for a shell.
    pub command: Option<String>,
    /// The traced command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_number: Option<u64>,
    /// The command's exit status.
    pub exit_status: Option<i32>,
    /// What the command said, shortened to the telling lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The likely cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The place of the finding that this one follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<Location>,
    /// The scenario in which it was found, by its number in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<usize>,
    /// The attempt in which it was found, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<usize>,
    /// The step during which it was found, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// The step that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_by: Option<Location>,
    /// Whether it turns its scenario, or the run, red: it is denied and nothing expected it, in whichever
    /// attempt it was found.
    pub held_against: bool,
}

impl FindingReport {
    /// `file:line`, or the file alone.
    pub fn place(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(self.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
    }
}
