//! `stagegate coverage`.

use std::collections::BTreeMap;

use stagegate_harness::features::{Plan, Selector};
use stagegate_reports::diagnostic::{Diagnostic, Location};
use stagegate_reports::journal::PlannedScenario;

use crate::cli::CoverageArgs;
use crate::error::CliError;
use crate::output::{to_stderr, to_stdout};
use crate::requirements::{Requirement, TABLE, all, is_requirement_tag};

/// A requirement is neither checked nor excused.
const UNCOVERED: u8 = 1;

/// Prints each requirement with the scenarios that check it, or the reason why none does.
pub(crate) fn run(arguments: &CoverageArgs) -> Result<u8, CliError> {
    let vocabulary = stagegate_steps::vocabulary()?;
    let plan = Plan::new(&crate::features::sources(&arguments.paths)?, &Selector::default(), &vocabulary)?;
    let requirements = all();
    let strangers = strangers(&plan.scenarios, &requirements);
    if !strangers.is_empty() {
        return Err(CliError::Requirements(strangers));
    }
    let coverage = Coverage::of(&requirements, &plan.scenarios);
    to_stdout(&coverage.render(arguments.uncovered));
    let gaps = coverage.gaps();
    if gaps.is_empty() {
        return Ok(0);
    }
    to_stderr(&format!("no scenario checks {}, and {TABLE} does not say why\n", gaps.join(", ")));
    Ok(UNCOVERED)
}

/// Tags that name no requirement, each once, where they are first used.
fn strangers(scenarios: &[PlannedScenario], requirements: &[Requirement]) -> Vec<Diagnostic> {
    let mut found: BTreeMap<&str, &PlannedScenario> = BTreeMap::new();
    for scenario in scenarios {
        for tag in scenario.tags.iter().filter(|tag| is_requirement_tag(tag)) {
            if !requirements.iter().any(|known| known.id == &tag[1..]) {
                found.entry(tag).or_insert(scenario);
            }
        }
    }
    let diagnostic = |(tag, scenario): (&str, &PlannedScenario)| Diagnostic {
        what: format!("the tag {tag} names no requirement"),
        at: Some(Location { file: scenario.feature.clone(), line: scenario.line, column: None }),
        help: Some(format!("{TABLE} lists the requirements, R1 to R{}", requirements.len())),
        ..Diagnostic::default()
    };
    found.into_iter().map(diagnostic).collect()
}

/// Which scenarios check which requirement.
struct Coverage<'a> {
    lines: Vec<(&'a Requirement, Vec<&'a PlannedScenario>)>,
}

impl<'a> Coverage<'a> {
    fn of(requirements: &'a [Requirement], scenarios: &'a [PlannedScenario]) -> Self {
        let checks = |requirement: &Requirement, scenario: &&PlannedScenario| {
            scenario.tags.iter().any(|tag| tag.strip_prefix('@') == Some(requirement.id))
        };
        let line = |requirement: &'a Requirement| {
            (requirement, scenarios.iter().filter(|scenario| checks(requirement, scenario)).collect())
        };
        Self { lines: requirements.iter().map(line).collect() }
    }

    /// The requirements that are neither checked nor excused.
    fn gaps(&self) -> Vec<&'a str> {
        let gaps = self.lines.iter().filter(|(requirement, by)| by.is_empty() && requirement.reason().is_none());
        gaps.map(|(requirement, _)| requirement.id).collect()
    }

    fn render(&self, only_uncovered: bool) -> String {
        let mut text = String::new();
        for (requirement, by) in self.lines.iter().filter(|(_, by)| !only_uncovered || by.is_empty()) {
            text.push_str(&format!("{:<5} {}  ({})\n", requirement.id, requirement.title, requirement.kind));
            for scenario in by {
                text.push_str(&format!("      {}:{}  {}\n", scenario.feature, scenario.line, scenario.name));
            }
            if by.is_empty() {
                let reason = requirement.reason().unwrap_or("nothing says why");
                text.push_str(&format!("      no scenario: {reason}\n"));
            }
        }
        text.push_str(&self.summary());
        text
    }

    fn summary(&self) -> String {
        let count = |counts: fn(&Requirement) -> bool| {
            let counted = self.lines.iter().filter(|(requirement, _)| counts(requirement));
            let (checked, of) =
                counted.fold((0, 0), |(checked, of), (_, by)| (checked + usize::from(!by.is_empty()), of + 1));
            format!("{checked} of {of}")
        };
        let kinds = ["tutorial stage", "bug reproduction"];
        format!(
            "\nchecked: {} requirements of stages and their bugs ({}), {} in all\n",
            count(Requirement::is_of_a_stage),
            kinds.join(", "),
            count(|_| true)
        )
    }
}
