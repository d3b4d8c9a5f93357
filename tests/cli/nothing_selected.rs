//! Whatever selects nothing is status 4, never green.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

const FEATURE: &str = "@a\nFeature: F\n  Scenario: First\n    Given a prefix that no space has\n\n  @b\n  Scenario: Second\n    Given a prefix that no space has\n";

fn place() -> Place {
    let place = Place::new();
    place.write("a.feature", FEATURE);
    place
}

#[test]
fn by_tag() {
    place().call("run a.feature -t @nosuch").code(4).stderr(contains("none of 2 scenarios in 1 feature file fits"));
}

#[test]
fn by_name() {
    place().call("run a.feature -n Third").code(4).stderr(contains("nothing was selected"));
}

#[test]
fn by_line() {
    place().call("run a.feature:1").code(4);
}

#[test]
fn by_a_capability_that_nobody_has() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  @requires-luck\n  Scenario: S\n    Given a prefix that no space has\n");
    place.call("run a.feature").code(4).stdout(contains("luck"));
}

#[test]
fn what_is_skipped_is_told_by_its_reason() {
    let place = Place::new();
    let scenario = |name| format!("  @requires-luck\n  Scenario: {name}\n    Given a prefix that no space has\n\n");
    let other = "  Scenario: Third\n    Given a prefix that no space has\n";
    place.write("a.feature", &format!("Feature: F\n{}{}{other}", scenario("First"), scenario("Second")));
    let reason = "skipped: needs luck: stagegate knows no such capability (2 scenarios)\n";
    let begins = contains(format!("3 scenarios selected\n{reason}\npassed  Third"));
    place.call("run a.feature").success().stdout(begins.and(contains(reason).count(2)));
}

#[test]
fn a_line_selects_the_scenario_around_it() {
    for (line, name) in [(3, "First"), (4, "First"), (6, "Second"), (8, "Second")] {
        place()
            .call(&format!("list a.feature:{line}"))
            .success()
            .stdout(contains(name))
            .stdout(contains("1 scenario\n"));
    }
}

#[test]
fn tags_are_inherited() {
    place().call("list a.feature -t @a").success().stdout(contains("2 scenarios"));
    place().command("list a.feature -t").arg("@a and not @b").assert().success().stdout(contains("1 scenario\n"));
}
