//! The scenarios that will run, checked before anything runs.

use std::collections::HashMap;
use std::sync::Arc;

use gherkin::{Background, Feature, Rule, Scenario, Step};
use stagegate_reports::diagnostic::{Diagnostic, Location};
use stagegate_reports::journal::{PlannedScenario, PlannedStep};

use super::parse::{parse, scenarios};
use super::scan::{Scan, scan};
use super::select::Selector;
use super::source::FeatureSource;
use crate::vocabulary::{DocString, Meaning, Vocabulary};

/// Names a scenario: its feature's path and its line (or its Examples row's).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScenarioKey {
    /// The feature's path.
    pub path: String,
    /// The line.
    pub line: usize,
}

impl ScenarioKey {
    /// The key of a scenario as the engine hands it over.
    pub fn of(feature: &Feature, scenario: &Scenario) -> Self {
        let path = feature.path.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        Self { path, line: scenario.position.line }
    }
}

/// The scenarios that will run.
#[derive(Debug)]
pub struct Plan {
    /// The features with only the selected scenarios in them, outlines expanded.
    pub features: Vec<Feature>,
    /// What each selected scenario is, in the order of `features`.
    pub scenarios: Vec<PlannedScenario>,
    numbers: HashMap<ScenarioKey, usize>,
    doc_strings: HashMap<(String, usize), Arc<DocString>>,
}

/// Nothing can be run.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The features are wrong.
    #[error("{} in the feature files", crate::plural(.0.len(), "problem"))]
    Features(Vec<Diagnostic>),
    /// There is nothing that fits what was asked for.
    #[error("nothing was selected: {0}")]
    Nothing(String),
}

impl Plan {
    /// Checks every scenario of `sources` and keeps those that `selector` and the sources' lines ask for.
    pub fn new(sources: &[FeatureSource], selector: &Selector, vocabulary: &Vocabulary) -> Result<Self, PlanError> {
        let mut plan =
            Self { features: Vec::new(), scenarios: Vec::new(), numbers: HashMap::new(), doc_strings: HashMap::new() };
        let mut problems = Vec::new();
        let mut known = 0;
        for source in sources {
            let scan = scan(source, vocabulary);
            let scanned_well = scan.problems.is_empty();
            let mut here = scan.problems.clone();
            match parse(source, &scan) {
                Ok(feature) => {
                    here.extend(undefined_steps(source, &feature, vocabulary));
                    known += scenarios(&feature).count();
                    if here.is_empty() {
                        plan.add(source, feature, &scan, selector);
                    }
                }
                // What the scan found is said better there.
                Err(problem) if scanned_well => here.push(*problem),
                Err(_) => {}
            }
            here.sort_by_key(|problem| problem.at.as_ref().map_or(0, |at| at.line));
            problems.extend(here);
        }
        if !problems.is_empty() {
            return Err(PlanError::Features(problems));
        }
        if plan.scenarios.is_empty() {
            let there_are = crate::plural(known, "scenario");
            let in_files = crate::plural(sources.len(), "feature file");
            return Err(PlanError::Nothing(format!("none of {there_are} in {in_files} fits")));
        }
        Ok(plan)
    }

    /// The place of a scenario in `scenarios`.
    pub fn number(&self, key: &ScenarioKey) -> Option<usize> {
        self.numbers.get(key).copied()
    }

    /// The media type of the doc string of the step on `line`.
    pub fn media_type(&self, path: &str, line: usize) -> Option<String> {
        self.doc_strings.get(&(path.to_owned(), line)).and_then(|doc_string| doc_string.media_type.clone())
    }

    fn add(&mut self, source: &FeatureSource, mut feature: Feature, scan: &Scan, selector: &Selector) {
        for (line, doc_string) in &scan.doc_strings {
            self.doc_strings.insert((source.path.clone(), *line), Arc::new(doc_string.clone()));
        }
        let lines = LinesAsked::new(source, &feature, scan);
        let whole = feature.clone();
        let mut keep = |scenario: &Scenario, rule: Option<&Rule>| {
            let tags = all_tags(&whole, rule, scenario);
            let wanted = selector.wants(&tags, &scenario.name) && lines.include(scenario.position.line);
            if wanted {
                self.numbers.insert(ScenarioKey::of(&whole, scenario), self.scenarios.len());
                self.scenarios.push(planned(source, &whole, rule, scenario, tags));
            }
            wanted
        };
        feature.scenarios.retain(|scenario| keep(scenario, None));
        for rule in &mut feature.rules {
            let whole_rule = rule.clone();
            rule.scenarios.retain(|scenario| keep(scenario, Some(&whole_rule)));
        }
        feature.rules.retain(|rule| !rule.scenarios.is_empty());
        if scenarios(&feature).next().is_some() {
            self.features.push(feature);
        }
    }
}

/// The scenarios that `PATH:LINE` asks for: the one whose text the line is in, or an Examples row.
struct LinesAsked {
    wanted: Option<Vec<usize>>,
}

impl LinesAsked {
    fn new(source: &FeatureSource, feature: &Feature, scan: &Scan) -> Self {
        if source.lines.is_empty() {
            return Self { wanted: None };
        }
        let mut starts: Vec<(usize, Vec<usize>)> = Vec::new();
        for scenario in scenarios(feature) {
            let row = scenario.position.line;
            match scan.rows.iter().find(|(_, rows)| rows.contains(&row)) {
                Some((outline, rows)) => starts.push((*outline, rows.clone())),
                None => starts.push((row, vec![row])),
            }
        }
        starts.sort();
        starts.dedup();
        let mut wanted = Vec::new();
        for line in &source.lines {
            let Some((_, rows)) = starts.iter().rev().find(|(start, _)| start_of_tags(source, *start) <= *line) else {
                continue;
            };
            if rows.contains(line) { wanted.push(*line) } else { wanted.extend(rows) }
        }
        Self { wanted: Some(wanted) }
    }

    fn include(&self, line: usize) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&line))
    }
}

/// A scenario's tags and comments stand above its title and belong to it.
fn start_of_tags(source: &FeatureSource, title: usize) -> usize {
    let lines: Vec<&str> = source.text.lines().take(title.saturating_sub(1)).collect();
    let above = lines.iter().rev().take_while(|line| line.trim().starts_with(['@', '#'])).count();
    title - above
}

fn all_tags(feature: &Feature, rule: Option<&Rule>, scenario: &Scenario) -> Vec<String> {
    let inherited = feature.tags.iter().chain(rule.into_iter().flat_map(|rule| &rule.tags));
    let mut tags: Vec<String> = Vec::new();
    for tag in inherited.chain(&scenario.tags) {
        let tag = format!("@{}", tag.trim_start_matches('@'));
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The steps of a scenario as they will run: both backgrounds', then its own.
fn all_steps<'f>(
    feature: &'f Feature,
    rule: Option<&'f Rule>,
    scenario: &'f Scenario,
) -> impl Iterator<Item = &'f Step> {
    let steps_of = |background: &'f Option<Background>| background.iter().flat_map(|background| &background.steps);
    steps_of(&feature.background)
        .chain(rule.into_iter().flat_map(move |rule| steps_of(&rule.background)))
        .chain(&scenario.steps)
}

fn planned(
    source: &FeatureSource,
    feature: &Feature,
    rule: Option<&Rule>,
    scenario: &Scenario,
    tags: Vec<String>,
) -> PlannedScenario {
    let steps = all_steps(feature, rule, scenario).map(|step| PlannedStep {
        keyword: step.keyword.trim().to_owned(),
        text: step.value.clone(),
        line: step.position.line,
        argument: argument_text(step),
    });
    PlannedScenario {
        feature: source.path.clone(),
        feature_name: feature.name.clone(),
        rule: rule.map(|rule| rule.name.clone()),
        line: scenario.position.line,
        name: scenario.name.clone(),
        description: scenario.description.as_deref().map(dedent),
        tags,
        steps: steps.collect(),
    }
}

fn argument_text(step: &Step) -> Option<String> {
    step.docstring.clone().or_else(|| {
        let table = step.table.as_ref()?;
        Some(table.rows.iter().map(|row| format!("| {} |", row.join(" | "))).collect::<Vec<_>>().join("\n"))
    })
}

fn dedent(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn undefined_steps(source: &FeatureSource, feature: &Feature, vocabulary: &Vocabulary) -> Vec<Diagnostic> {
    let rules = feature.rules.iter().flat_map(|rule| rule.scenarios.iter().map(move |scenario| (Some(rule), scenario)));
    let mut problems: Vec<Diagnostic> = Vec::new();
    for (rule, scenario) in feature.scenarios.iter().map(|scenario| (None, scenario)).chain(rules) {
        for step in all_steps(feature, rule, scenario) {
            let Some(problem) = undefined_step(source, step, vocabulary) else { continue };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

fn undefined_step(source: &FeatureSource, step: &Step, vocabulary: &Vocabulary) -> Option<Diagnostic> {
    let (what, help) = match vocabulary.meaning(&step.value) {
        Meaning::Sentence(..) => return None,
        Meaning::Undefined(nearest) if nearest.is_empty() => {
            ("step is not defined", "`stagegate steps` lists every sentence".to_owned())
        }
        Meaning::Undefined(nearest) => ("step is not defined", format!("did you mean `{}`?", nearest.join("` or `"))),
        Meaning::Ambiguous(sentences) => {
            let both: Vec<&str> = sentences.iter().map(|sentence| sentence.expression.as_str()).collect();
            ("step is ambiguous", format!("it is `{}`; one of them must be reworded", both.join("` and `")))
        }
    };
    let line = step.position.line;
    let source_line = source.text.lines().nth(line - 1).map(str::to_owned);
    // Where the sentence begins, behind the keyword.
    let column = source_line.as_deref().map(|text| text.len() - text.trim_start().len() + step.keyword.len() + 1);
    Some(Diagnostic {
        what: what.to_owned(),
        at: Some(Location { file: source.path.clone(), line, column }),
        source_line,
        actual: Some(step.value.clone()),
        help: Some(help),
        ..Diagnostic::default()
    })
}
