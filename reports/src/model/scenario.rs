//! Scenarios, their attempts and their steps.

use schemars::JsonSchema;
use serde::Serialize;

use super::activity::{Activity, InjectionReport};
use crate::diagnostic::{Diagnostic, Location};
use crate::verdict::{StepVerdict, Verdict};

/// A selected scenario and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioReport {
    /// Its number in the plan, from 0.
    pub number: usize,
    /// The feature file.
    pub feature: String,
    /// The feature's name.
    pub feature_name: String,
    /// The rule's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The line of the scenario, or of the Examples row.
    pub line: usize,
    /// Its name with the row's values.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its own and inherited tags, with the `@`.
    pub tags: Vec<String>,
    /// What became of it, all attempts considered.
    pub verdict: Verdict,
    /// How many attempts began.
    pub attempts: usize,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skip>,
    /// The last attempt, which decides.
    #[serde(flatten)]
    pub last: AttemptReport,
    /// The attempts before it, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_attempts: Vec<AttemptReport>,
}

impl ScenarioReport {
    /// Where it is written.
    pub fn location(&self) -> Location {
        Location { file: self.feature.clone(), line: self.line, column: None }
    }

    /// Every attempt with its number from 1, the first one first.
    pub fn all_attempts(&self) -> impl Iterator<Item = (usize, &AttemptReport)> {
        (1..).zip(self.earlier_attempts.iter().chain(std::iter::once(&self.last)))
    }
}

/// Why a scenario was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skip {
    /// The missing capability, such as `kubectl`.
    pub capability: String,
    /// One sentence.
    pub reason: String,
}

/// One attempt at a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AttemptReport {
    /// What became of this attempt.
    pub attempt_verdict: Verdict,
    /// Environment time it took, in milliseconds; 0 where it had no environment.
    pub duration_ms: f64,
    /// Wall time it took, in milliseconds.
    pub wall_ms: f64,
    /// Its environment, once that was ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentReport>,
    /// What broke in the harness or the environment, outside of steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// The numbers of its findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<u64>,
    /// What it left behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<String>,
    /// Background steps, then its own; also those that never ran.
    pub steps: Vec<StepReport>,
    /// What went on before, between and after the steps.
    #[serde(skip_serializing_if = "Activity::is_empty")]
    pub outside_steps: Activity,
}

impl AttemptReport {
    /// What rules for faults did, step by step, and what they did outside of steps last.
    pub fn injections(&self) -> impl Iterator<Item = &InjectionReport> {
        let activities = self.steps.iter().map(|step| &step.activity).chain([&self.outside_steps]);
        activities.flat_map(Activity::all_injections)
    }

    /// The steps that did not do what they say: one, unless the scenario went on after a check that failed.
    pub fn failed_steps(&self) -> impl Iterator<Item = &StepReport> {
        self.steps.iter().filter(|step| matches!(step.verdict, StepVerdict::Failed | StepVerdict::Error))
    }
}

/// An environment: one hub, one cluster and one clock.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EnvironmentReport {
    /// Base URL of the hub.
    pub hub: String,
    /// Base URL of the cluster's API.
    pub cluster: String,
    /// Wall time from start to ready, in milliseconds.
    pub took_ms: f64,
}

/// A step and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepReport {
    /// `Given`, `When`, `Then`, `And`, `But` or `*`.
    pub keyword: String,
    /// The sentence with the row's values.
    pub text: String,
    /// Its line in the feature file.
    pub line: usize,
    /// The doc string or the table, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// What became of it; `not-run` for those that never ended.
    pub verdict: StepVerdict,
    /// It began and its end was not seen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Environment time of its start, in milliseconds since the attempt's beginning.
    pub at_ms: Option<f64>,
    /// Environment time it took, in milliseconds.
    pub duration_ms: f64,
    /// Wall time it took, in milliseconds.
    pub wall_ms: f64,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<Diagnostic>,
    /// What went on during the step.
    #[serde(flatten)]
    pub activity: Activity,
}
