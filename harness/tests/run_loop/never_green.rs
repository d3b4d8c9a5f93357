//! Ways in which runners go green by accident. None of them may.

use stagegate_harness::features::PlanError;
use stagegate_reports::Verdict;

use crate::bench::Bench;

fn refused(text: &str) -> String {
    match Bench::of(text).plan() {
        Err(PlanError::Features(problems)) => {
            problems.iter().map(|problem| problem.what.clone()).collect::<Vec<_>>().join("; ")
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_undefined_step() {
    assert_eq!(refused("Feature: F\n  Scenario: S\n    Given all is wel\n"), "step is not defined");
}

#[test]
fn a_scenario_without_steps() {
    assert_eq!(refused("Feature: F\n  Scenario: S\n"), "scenario has no steps");
}

#[test]
fn a_feature_without_scenarios() {
    assert_eq!(refused("Feature: F\n  Only words.\n"), "feature has no scenarios");
}

#[test]
fn a_background_is_no_scenario() {
    assert_eq!(refused("Feature: F\n  Background:\n    Given all is well\n"), "feature has no scenarios");
}

#[test]
fn an_outline_without_rows() {
    let text = "Feature: F\n  Scenario Outline: S\n    Given <x>\n";
    assert_eq!(refused(text), "scenario outline has no Examples rows; step is not defined");
    let with_header = "Feature: F\n  Scenario Outline: S\n    Given all is well\n    Examples:\n      | x |\n";
    assert_eq!(refused(with_header), "scenario outline has no Examples rows");
}

#[test]
fn a_step_that_would_be_read_as_a_description() {
    assert_eq!(
        refused("Feature: F\n  Scenario: S\n    Gven all is well\n    Then all is well\n"),
        "`Gven` is not a keyword"
    );
}

#[test]
fn a_tag_that_selects_nothing() {
    let plan = Bench::of("Feature: F\n  Scenario: S\n    Given all is well\n").tags("@nosuch").plan();
    assert!(matches!(plan, Err(PlanError::Nothing(_))), "{plan:?}");
}

#[test]
fn a_step_that_only_logs_an_error() {
    let ran = Bench::of("Feature: F\n  Scenario: S\n    Given it logs an error\n    Then all is well\n").run();
    assert_eq!(ran.run.verdict, Verdict::Error);
    let diagnostic = ran.run.scenarios[0].last.steps[0].diagnostic.clone().expect("it says why");
    assert_eq!(diagnostic.what, "the step logged an error and went on");
    assert_eq!(diagnostic.actual.as_deref(), Some("the hub answered strangely, status=500"));
}

#[test]
fn a_name_that_nothing_gave_a_value_to() {
    let ran = Bench::of(
        "Feature: F\n  Scenario: S\n    Given the text is \"{prefix}\"\n      \"\"\"\n      x\n      \"\"\"\n",
    )
    .run();
    assert_eq!(ran.run.verdict, Verdict::Failed);
    assert!(ran.run.scenarios[0].last.steps[0].diagnostic.as_ref().unwrap().what.contains("no variable `prefix`"));
}

#[test]
fn a_step_that_lacks_the_doc_string_it_needs() {
    let ran = Bench::of("Feature: F\n  Scenario: S\n    Given the text is \"x\"\n").run();
    assert_eq!(ran.run.verdict, Verdict::Failed);
}
