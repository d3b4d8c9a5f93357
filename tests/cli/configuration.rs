//! Flag over variable over file over default.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::{Place, shown};

const FEATURE: &str = "Feature: F\n  @a\n  Scenario: First\n    Given a prefix that no space has\n\n  @b\n  Scenario: Second\n    Given a prefix that no space has\n";

fn place() -> Place {
    let place = Place::new();
    place.write("a.feature", FEATURE);
    place
}

#[test]
fn the_file_is_read_where_the_command_is_called() {
    let place = place();
    place.write("stagegate.toml", "features = [\"a.feature\"]\ntags = \"@a\"\n");
    place.call("run --dry-run").success().stdout(contains("First")).stdout(contains("1 scenario\n"));
    place.call("list").success().stdout(contains("1 scenario\n"));
}

#[test]
fn a_variable_goes_before_the_file() {
    let place = place();
    place.write("stagegate.toml", "features = [\"a.feature\"]\ntags = \"@a\"\n");
    place.command("run --dry-run").env("STAGEGATE_TAGS", "@b").assert().success().stdout(contains("Second"));
}

#[test]
fn a_flag_goes_before_a_variable() {
    let place = place();
    let mut command = place.command("run a.feature --dry-run --tags @b");
    command.env("STAGEGATE_TAGS", "@nosuch").assert().success().stdout(contains("Second"));
}

#[test]
fn a_flag_that_is_on_or_off_takes_no_path_for_its_value() {
    let place = place();
    for line in ["--dry-run a.feature", "--fail-fast --dry-run=true a.feature", "--dry-run --fail-fast a.feature"] {
        place.call(&format!("run {line}")).success().stdout(contains("2 scenarios\nnothing was run"));
    }
    place
        .command("run a.feature")
        .env("STAGEGATE_DRY_RUN", "true")
        .assert()
        .success()
        .stdout(contains("nothing was run"));
    let mut off = place.command("run --dry-run=false a.feature -t @a");
    off.env("STAGEGATE_DRY_RUN", "true").assert().success().stdout(contains("1 scenario: 1 passed"));
    place.call("run --dry-run=maybe a.feature").code(2).stderr(contains("'--dry-run[=<BOOL>]'"));
}

#[test]
fn every_flag_has_a_key() {
    let place = place();
    let text = "features = [\"a.feature\"]\ntags = \"@a\"\nname = \"First\"\ncluster = \"embedded\"\nhub = \"embedded\"\n\
        cub = \"auto\"\nspeed = 20\njobs = 2\nretry = 1\nfail-fast = true\ntimeout = \"5m\"\nscenario-timeout = \"2m\"\n\
        step-timeout = \"1m\"\nreport = [\"json\"]\noutput = \"out\"\nfinding = [\"usage-error=warn\"]\nkeep = \"never\"\n\
        dry-run = true\nseed = 7\ncolor = \"never\"\n";
    place.write("stagegate.toml", text);
    place.call("run").success().stdout(contains("1 scenario\n"));
}

#[test]
fn a_named_file_must_be_there() {
    let place = place();
    insta::assert_snapshot!(shown(&place.call("list --config nosuch.toml"), &place));
}

#[test]
fn an_unknown_key_is_shown_in_its_line() {
    let place = place();
    place.write("stagegate.toml", "tags = \"@a\"\nretires = 3\n");
    insta::assert_snapshot!(shown(&place.call("list"), &place));
}

#[test]
fn a_file_that_is_no_toml_is_shown_in_its_line() {
    let place = place();
    place.write("stagegate.toml", "tags = @a\n");
    insta::assert_snapshot!(shown(&place.call("list"), &place));
}

#[test]
fn color_only_where_it_is_wanted() {
    let place = place();
    let escape = "\u{1b}[";
    let stderr = |line: &str, no_color: &str| {
        let output = place.command(line).env("NO_COLOR", no_color).assert().get_output().clone();
        String::from_utf8(output.stderr).expect("text")
    };
    assert!(!stderr("run nosuch", "").contains(escape), "no terminal, no colour");
    assert!(stderr("run nosuch --color always", "").contains(escape));
    assert!(!stderr("run nosuch --color never", "").contains(escape));
}

#[test]
fn a_variable_that_is_almost_one_of_ours_is_refused() {
    let place = Place::new();
    let mut command = place.command("run --dry-run");
    let assert = command.env("STAGEGATE_TUTRIAL", "x").env("STAGEGATE_VERSION", "1").assert();
    assert.code(2).stderr(contains("STAGEGATE_TUTRIAL").and(contains("did you mean STAGEGATE_TUTORIAL?")));
}
