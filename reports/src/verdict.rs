//! What became of a step and of a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every step passed at the first attempt and no finding is denied.
    Passed,
    /// A declared capability is missing; the report names it.
    Skipped,
    /// An attempt failed and a later one passed. Never counted as a plain pass.
    Flaky,
    /// It was selected but the run ended before it did.
    NotRun,
    /// A step failed, or a finding is denied.
    Failed,
    /// The harness or the environment broke; says nothing about the system under test.
    Error,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepVerdict {
    /// It did what it says.
    Passed,
    /// It did not.
    Failed,
    /// The harness or the environment broke while it ran.
    Error,
    /// An earlier step ended the scenario, or the run ended.
    NotRun,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Flaky => "flaky",
            Self::NotRun => "not run",
            Self::Failed => "failed",
            Self::Error => "error",
        })
    }
}

impl std::fmt::Display for StepVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::NotRun => "not run",
        })
    }
}
