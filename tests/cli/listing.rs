//! `list`, `steps`, `completions`, `--dry-run`, `--help`: what can be asked without a run.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

#[test]
fn the_built_in_features_need_no_checkout() {
    Place::new().call("list").success().stdout(contains("features/tutorial/stage-1-hello-traderx.feature"));
}

#[test]
fn with_a_checkout_its_scripts_would_not_be_skipped() {
    let place = Place::new();
    let reason = contains("would be skipped").and(contains("--tutorial"));
    place.call("list -t @script").success().stdout(reason);
    place.write("tutorial/stages/stage1-hello-traderx.sh", "#!/bin/bash\n");
    place.call("list -t @stage-1 --tutorial tutorial").success().stdout(contains("--tutorial").not());
    place.call("list --tutorial nosuch").code(2).stderr(contains("the tutorial nosuch does not exist"));
}

#[test]
fn every_sentence_is_listed_with_what_it_does() {
    let place = Place::new();
    place.call("steps").success().stdout(contains("I create space {string}").and(contains("Creates a space.")));
    place.call("steps target").success().stdout(contains("registers").and(contains("I delete space").not()));
    place.call("steps nosuchword").code(4);
}

#[test]
fn a_dry_run_runs_nothing_and_writes_nothing() {
    let place = Place::new();
    place.call("run --dry-run -t @api").success().stdout(contains("By the API"));
    assert!(!place.path("stagegate-out").exists());
}

#[test]
fn a_dry_run_still_refuses_wrong_features() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  Scenario: S\n    Given nonsense\n");
    place.call("run --dry-run a.feature").code(2).stderr(contains("nonsense"));
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        Place::new().call(&format!("completions {shell}")).success().stdout(contains("stagegate"));
    }
}

#[test]
fn the_help_of_run_names_every_flag_with_its_variable() {
    let place = Place::new();
    let output = place.call("run --help").success().get_output().stdout.clone();
    let help = String::from_utf8(output).expect("text");
    let flags = [
        "tags",
        "name",
        "tutorial",
        "runbook",
        "cluster",
        "hub",
        "cub",
        "speed",
        "jobs",
        "retry",
        "fail-fast",
        "timeout",
        "report",
        "output",
        "finding",
        "keep",
        "dry-run",
        "seed",
        "color",
    ];
    for flag in flags {
        assert!(help.contains(&format!("--{flag}")), "{flag} is missing");
        let variable = format!("STAGEGATE_{}", flag.to_uppercase().replace('-', "_"));
        assert!(help.contains(&variable), "{variable} is missing");
    }
}

#[test]
fn doctor_says_what_this_machine_can_run() {
    Place::new().call("doctor").success().stdout(contains("loopback").and(contains("bash")).and(contains("kubectl")));
}
