//! Two runs of the same scenarios, such as one on emulators and one on a real cluster: where they differ.
//!
//! What is compared are verdicts, findings, and the effects that steps, commands and workers had. Controllers' effects are
//! not: how often one writes a status on its way is its own business, and names that the cluster makes up are
//! different each time. Nor are times.

mod difference;
mod explanation;
mod wanted;

use std::collections::{BTreeMap, VecDeque};

pub use difference::{Difference, What};
pub use explanation::{Explanation, ExplanationError, Explanations};

use crate::model::{Run, ScenarioReport};
use crate::verdict::{StepVerdict, Verdict};

/// Where two runs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// How many scenarios both ran.
    pub compared: usize,
    /// How many only one of them ran, or selected.
    pub alone: usize,
    /// In the order of the first run's plan.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Compares `left` with `right`. A scenario that one of them skipped, did not run, or had not selected is not
    /// compared.
    pub fn of(left: &Run, right: &Run) -> Self {
        // Rows of an outline may have one name; they follow one another.
        let mut others: BTreeMap<_, VecDeque<&ScenarioReport>> = BTreeMap::new();
        for scenario in right.scenarios.iter().filter(|scenario| ran(scenario)) {
            others.entry(key(scenario)).or_default().push_back(scenario);
        }
        let (mut compared, mut differences) = (0, Vec::new());
        for scenario in left.scenarios.iter().filter(|scenario| ran(scenario)) {
            let Some(other) = others.get_mut(&key(scenario)).and_then(VecDeque::pop_front) else { continue };
            compared += 1;
            let found = verdicts(scenario, other)
                .into_iter()
                .chain(sides(&wanted::findings(left, scenario), &wanted::findings(right, other), What::Finding))
                .chain(sides(&wanted::effects(scenario), &wanted::effects(other), What::Effect));
            differences.extend(found.map(|what| Difference {
                scenario: scenario.location(),
                name: scenario.name.clone(),
                what,
            }));
        }
        let ran_in = |run: &Run| run.scenarios.iter().filter(|scenario| ran(scenario)).count();
        Self { compared, alone: ran_in(left) + ran_in(right) - 2 * compared, differences }
    }
}

/// A line of a feature may move between two runs; its file and the scenario's name tell which it is.
fn key(scenario: &ScenarioReport) -> (&str, &str, &str) {
    (&scenario.feature, scenario.rule.as_deref().unwrap_or_default(), &scenario.name)
}

fn ran(scenario: &ScenarioReport) -> bool {
    !matches!(scenario.verdict, Verdict::Skipped | Verdict::NotRun)
}

fn verdicts(left: &ScenarioReport, right: &ScenarioReport) -> Vec<What> {
    let mut found = Vec::new();
    if left.verdict != right.verdict {
        found.push(What::Verdict { left: left.verdict, right: right.verdict });
    }
    for (one, other) in left.last.steps.iter().zip(&right.last.steps) {
        // What comes after a step that failed is not run, which is no difference of its own.
        if one.verdict != other.verdict && one.verdict != StepVerdict::NotRun && other.verdict != StepVerdict::NotRun {
            let step = format!("{} {}", one.keyword, one.text);
            found.push(What::Step { step, left: one.verdict, right: other.verdict });
        }
    }
    found
}

/// What only one of two runs has.
fn sides(left: &[String], right: &[String], what: impl Fn(bool, String) -> What) -> Vec<What> {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|one| !those.contains(one)).cloned().collect()
    };
    let of_left = only(left, right).into_iter().map(|one| what(true, one));
    let of_right = only(right, left).into_iter().map(|one| what(false, one));
    of_left.chain(of_right).collect()
}
