//! One difference between two runs.

use crate::diagnostic::Location;
use crate::verdict::{StepVerdict, Verdict};

/// A difference in one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where the scenario is written.
    pub scenario: Location,
    /// Its name.
    pub name: String,
    /// What is different.
    pub what: What,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// What became of the scenario.
    Verdict {
        /// In the first run.
        left: Verdict,
        /// In the second run.
        right: Verdict,
    },
    /// What became of a step.
    Step {
        /// Keyword and text.
        step: String,
        /// In the first run.
        left: StepVerdict,
        /// In the second run.
        right: StepVerdict,
    },
    /// A finding that one run alone has: whether that is the first, and kind, place and command.
    Finding(bool, String),
    /// An effect that one run alone has: whether that is the first, and verb, kind and name.
    Effect(bool, String),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = |first: bool| if first { "first" } else { "second" };
        match self {
            Self::Verdict { left, right } => write!(f, "verdict: {left}, then {right}"),
            Self::Step { step, left, right } => write!(f, "step `{step}`: {left}, then {right}"),
            Self::Finding(first, text) => write!(f, "finding in the {} run only: {text}", side(*first)),
            Self::Effect(first, text) => write!(f, "effect in the {} run only: {text}", side(*first)),
        }
    }
}
