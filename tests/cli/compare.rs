//! `stagegate compare`: where two runs differ.

use predicates::prelude::*;
use predicates::str::contains;

use crate::command::Place;

const SAME: &str = "  Scenario: Same\n    Given I create space \"x\"\n";

fn run(place: &Place, scenarios: &str, output: &str) {
    place.write("a.feature", &format!("Feature: F\n{scenarios}"));
    let _any_status = place.call(&format!("run a.feature -o {output}"));
}

#[test]
fn runs_that_do_not_differ_are_the_same_wherever_their_lines_are() {
    let place = Place::new();
    run(&place, SAME, "one");
    run(&place, &format!("\n\n{SAME}"), "two");
    place.call("compare one two").success().stdout(contains("1 scenario compared, 0 differences, 0 explained"));
    run(&place, "  Scenario: Another\n    Given I create space \"x\"\n", "three");
    place.call("compare one three").code(4).stdout(contains("2 scenarios ran in one of the runs only"));
}

#[test]
fn verdicts_findings_and_effects_that_differ_are_shown_and_reasons_explain_them() {
    let place = Place::new();
    let scenario =
        |space: &str, more: &str| format!("{SAME}  Scenario: Other\n    Given I create space \"{space}\"\n{more}");
    run(&place, &scenario("y", "    Then space \"y\" exists\n"), "one");
    run(&place, &scenario("z", "    Then space \"y\" exists\n"), "two");
    let assert = place.call("compare one two/journal.ndjson").code(1);
    let shown = String::from_utf8(assert.get_output().stdout.clone()).expect("text");
    insta::assert_snapshot!(shown);
    let explained = "- {difference: '^(verdict|step)', reason: space y is not made}\n- {scenario: Other, difference: effect, reason: by intent}\n";
    place.write("why.yaml", explained);
    place.call("compare one two --explained why.yaml").success().stdout(
        contains("explained: space y is not made").and(contains("2 scenarios compared, 0 differences, 4 explained")),
    );
    place.write("why.yaml", "- {difference: '('}\n");
    place.call("compare one two --explained why.yaml").code(2).stderr(contains("cannot read why.yaml"));
    place.call("compare one none").code(2).stderr(contains("none cannot be read as a journal"));
}

#[test]
fn names_that_a_script_draws_do_not_depend_on_what_runs_beside_it() {
    let place = Place::new();
    let scenario = |name: &str, line: &str| {
        format!("  Scenario: {name}\n    Given the built-in tutorial \"correct\"\n    When I run \"{line}\"\n")
    };
    let drawing = scenario("Drawing", "cub space create $(cub space new-prefix)");
    run(&place, &(scenario("Beside", "cub space list") + &drawing), "one");
    run(&place, &(scenario("Beside", "for i in 1 2 3; do cub space list; done") + &drawing), "two");
    assert!(place.read("one/journal.ndjson").contains("\"kind\":\"Space\""), "a space is made");
    place.call("compare one two").success().stdout(contains("2 scenarios compared, 0 differences, 0 explained"));
}
