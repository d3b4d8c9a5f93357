//! Whether a mutant is caught, and whether by something that concerns it.

use stagegate_reports::model::{FindingReport, StepReport};
use stagegate_reports::{StepVerdict, Verdict};

use crate::operators::Mutant;
use crate::trial::Trial;

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Red, and this is what tells of it.
    Caught(String),
    /// Red or unfinished, but nothing that is told concerns what was broken.
    ByAccident(String),
    /// Green.
    Survived,
}

impl Outcome {
    pub(crate) fn of(mutant: &Mutant, trial: &Trial) -> Self {
        let scenario = &trial.run.scenarios[0];
        match scenario.verdict {
            Verdict::Passed => return Self::Survived,
            Verdict::Failed => {}
            other => return Self::ByAccident(format!("the trial was {other:?}")),
        }
        let held: Vec<&FindingReport> = trial.run.findings.iter().filter(|finding| finding.held_against).collect();
        let failed: Vec<&StepReport> =
            scenario.last.steps.iter().filter(|step| step.verdict == StepVerdict::Failed).collect();
        let told = mutant.told_by_place(&held, &failed).or_else(|| mutant.told_by_name(&held, &failed));
        if let Some(told) = told.or_else(|| mutant.told_by_consumer(&held, &failed)) {
            return Self::Caught(told);
        }
        let told = held.first().map(|finding| format!("{} at {}", finding.kind, place(finding)));
        Self::ByAccident(told.or_else(|| failed.first().map(|step| step.text.clone())).unwrap_or_default())
    }
}

impl Mutant {
    fn told_by_place(&self, held: &[&FindingReport], failed: &[&StepReport]) -> Option<String> {
        let is_here = |file: &str, line: usize| file == self.file && (self.lines.0..=self.lines.1).contains(&line);
        let mut kinds: Vec<&str> = held
            .iter()
            .filter(|finding| finding_is_at(finding, is_here))
            .map(|finding| finding.kind.as_str())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            return Some(format!("finding at the place: {}", kinds.join(", ")));
        }
        let tells = |step: &&&StepReport| {
            let told = told_by_step(step);
            (self.lines.0..=self.lines.1).any(|line| is_place_in(&self.file, line, &told))
        };
        let step = failed.iter().find(tells)?;
        Some(format!("step that names the place: {}", step.text))
    }

    fn told_by_name(&self, held: &[&FindingReport], failed: &[&StepReport]) -> Option<String> {
        let named_in = |text: &str| self.names.iter().any(|name| is_named_in(name, text));
        if let Some(finding) = held.iter().find(|finding| named_in(&told_by_finding(finding))) {
            return Some(format!("finding that names it: {} at {}", finding.kind, place(finding)));
        }
        let step = failed.iter().find(|step| named_in(&told_by_step(step)))?;
        Some(format!("step that names it: {}", step.text))
    }

    fn told_by_consumer(&self, held: &[&FindingReport], failed: &[&StepReport]) -> Option<String> {
        let is_consumer = |file: &str, line: usize| self.consumers.contains(&(file.to_owned(), line));
        if let Some(finding) = held.iter().find(|finding| finding_is_at(finding, is_consumer)) {
            return Some(format!("finding where it is used: {} at {}", finding.kind, place(finding)));
        }
        failed.iter().find_map(|step| {
            let told = told_by_step(step);
            let (file, line) = self.consumers.iter().find(|(file, line)| is_place_in(file, *line, &told))?;
            Some(format!("step that names {file}:{line}, where it is used: {}", step.text))
        })
    }
}

/// Whether `text` has the place as reports or as bash writes it.
fn is_place_in(file: &str, line: usize, text: &str) -> bool {
    text.contains(&format!("{file}:{line}: ")) || text.contains(&format!("{file}: line {line}: "))
}

fn finding_is_at(finding: &FindingReport, wanted: impl Fn(&str, usize) -> bool) -> bool {
    finding.file.as_deref().zip(finding.line).is_some_and(|(file, line)| wanted(file, line))
}

/// Whether `text` has `name` as a word, not as a part of a longer name.
fn is_named_in(name: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

fn place(finding: &FindingReport) -> String {
    finding.place().unwrap_or_else(|| "no place".to_owned())
}

fn told_by_finding(finding: &FindingReport) -> String {
    let parts = [Some(&finding.message), finding.output.as_ref(), finding.cause.as_ref()];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join("\n")
}

fn told_by_step(step: &StepReport) -> String {
    let Some(diagnostic) = &step.diagnostic else { return step.text.clone() };
    let mut parts = vec![step.text.clone(), diagnostic.what.clone()];
    parts.extend(diagnostic.actual.clone());
    parts.extend(diagnostic.causes.iter().cloned());
    parts.join("\n")
}
