//! `coverage`: which scenarios check which requirement.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

#[test]
fn every_tag_names_a_requirement_and_every_requirement_of_a_stage_has_a_scenario() {
    let built_in = Place::new().call("coverage").success();
    built_in.stdout(contains("R15 ").and(contains("features/tutorial/stage-1-defects.feature:")));
}

#[test]
fn a_tag_that_names_no_requirement_is_refused_with_its_place() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  @R17 @R999\n  Scenario: S\n    Given a prefix that no space has\n");
    let refused = place.call("coverage a.feature").code(2);
    refused.stderr(contains("the tag @R999 names no requirement").and(contains("a.feature:3")));
}

#[test]
fn a_requirement_of_a_stage_without_a_scenario_is_a_failure_and_others_have_their_reason() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  @R17\n  Scenario: S\n    Given a prefix that no space has\n");
    let gaps = place.call("coverage --uncovered a.feature").code(1);
    gaps.stderr(contains("no scenario checks R1, ").and(contains(" R17").not()))
        .stdout(contains("no scenario: about documents").and(contains("R17 ").not()));
}
