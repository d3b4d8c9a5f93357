//! A scanned feature file as the engine's feature: doc strings dedented, outlines expanded.

use cucumber::feature::Ext as _;
use gherkin::{Feature, GherkinEnv, Scenario, Step};
use stagegate_reports::diagnostic::{Diagnostic, Location};

use super::scan::Scan;
use super::source::FeatureSource;

/// Parses one scanned file.
pub(super) fn parse(source: &FeatureSource, scan: &Scan) -> Result<Feature, Box<Diagnostic>> {
    let mut feature =
        Feature::parse(&source.text, GherkinEnv::default()).map_err(|error| unparsable(source, &error))?;
    feature.path = Some(source.path.clone().into());
    for step in steps_mut(&mut feature) {
        if let Some(doc_string) = scan.doc_strings.get(&step.position.line) {
            step.docstring = Some(doc_string.text.clone());
        }
    }
    let rows = example_rows(&feature, scan);
    let mut feature = feature.expand_examples().map_err(|error| unknown_placeholder(source, &error))?;
    for (scenario, row) in scenarios_mut(&mut feature).zip(rows) {
        // The engine counts rows from the `Examples:` line, which comments between rows put off.
        scenario.position.line = row;
    }
    Ok(feature)
}

/// The line of each expanded scenario: its own, or its row's.
fn example_rows(feature: &Feature, scan: &Scan) -> Vec<usize> {
    let own_line = |scenario: &Scenario| vec![scenario.position.line];
    scenarios(feature)
        .flat_map(|scenario| match scan.rows.get(&scenario.position.line) {
            Some(rows) if !scenario.examples.is_empty() => rows.clone(),
            _ => own_line(scenario),
        })
        .collect()
}

pub(super) fn scenarios(feature: &Feature) -> impl Iterator<Item = &Scenario> {
    feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios))
}

fn scenarios_mut(feature: &mut Feature) -> impl Iterator<Item = &mut Scenario> {
    feature.scenarios.iter_mut().chain(feature.rules.iter_mut().flat_map(|rule| &mut rule.scenarios))
}

fn steps_mut(feature: &mut Feature) -> impl Iterator<Item = &mut Step> {
    let Feature { background, scenarios, rules, .. } = feature;
    let in_background = background.iter_mut().flat_map(|background| &mut background.steps);
    let in_scenarios = scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps);
    let in_rules = rules.iter_mut().flat_map(|rule| {
        let in_background = rule.background.iter_mut().flat_map(|background| &mut background.steps);
        in_background.chain(rule.scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps))
    });
    in_background.chain(in_scenarios).chain(in_rules)
}

fn unparsable(source: &FeatureSource, error: &gherkin::ParseError) -> Box<Diagnostic> {
    // The parser's own position is the first character that no rule accepts, often a line too far.
    let text = error.to_string();
    let line = text.strip_prefix("Error at ").and_then(|rest| rest.split(':').next()).and_then(|n| n.parse().ok());
    let line = line.unwrap_or(1_usize).min(source.text.lines().count().max(1));
    Box::new(Diagnostic {
        what: "feature cannot be parsed".to_owned(),
        at: Some(Location { file: source.path.clone(), line, column: None }),
        source_line: source.text.lines().nth(line - 1).map(str::to_owned),
        causes: vec![text],
        help: Some("look at this line and the one above it".to_owned()),
        ..Diagnostic::default()
    })
}

fn unknown_placeholder(source: &FeatureSource, error: &cucumber::feature::ExpandExamplesError) -> Box<Diagnostic> {
    let name = &error.name;
    let line = source.text.lines().position(|line| line.contains(&format!("<{name}>"))).map_or(1, |index| index + 1);
    Box::new(Diagnostic {
        what: format!("`<{name}>` is no column of the Examples table"),
        at: Some(Location { file: source.path.clone(), line, column: None }),
        source_line: source.text.lines().nth(line - 1).map(str::to_owned),
        help: Some("add the column, or correct the name".to_owned()),
        ..Diagnostic::default()
    })
}
