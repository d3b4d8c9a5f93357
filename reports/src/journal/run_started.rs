//! What a run is, what it is to run, and on what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::Lane;

/// What a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunStarted {
    /// The journal format's version; a reader refuses a greater one.
    pub format: u32,
    /// The version of stagegate.
    pub version: String,
    /// Unique for the run.
    pub run_id: String,
    /// What every id and random choice was made from.
    pub seed: u64,
    /// Hub, cluster and client.
    pub lane: Lane,
    /// The command line, without secrets.
    pub arguments: Vec<String>,
    /// Facts about the machine and its tools, such as `os` and `kubectl`.
    pub machine: Vec<(String, String)>,
    /// What was asked for.
    pub selection: Selection,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Paths, or `built-in`.
    pub features: Vec<String>,
    /// The tag expression.
    pub tags: Option<String>,
    /// The name filter.
    pub name: Option<String>,
    /// The tutorial's checkout and its commit when that is known.
    pub tutorial: Option<String>,
}

/// A selected scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedScenario {
    /// The feature file.
    pub feature: String,
    /// The feature's name.
    pub feature_name: String,
    /// The rule's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The line of the scenario, or of the Examples row.
    pub line: usize,
    /// The scenario's name with the row's values.
    pub name: String,
    /// The scenario's description; shown as a hint when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its own and inherited tags, with the `@`.
    pub tags: Vec<String>,
    /// Background steps, then its own.
    pub steps: Vec<PlannedStep>,
}

/// A step of a selected scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// `Given`, `When`, `Then`, `And`, `But` or `*`.
    pub keyword: String,
    /// The sentence with the row's values.
    pub text: String,
    /// Its line.
    pub line: usize,
    /// The doc string or the table, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
}
