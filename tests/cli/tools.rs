//! Machines that lack a tool.

use predicates::str::contains;

use crate::command::Place;

/// A PATH with nothing on it.
fn without_tools(place: &Place, line: &str) -> assert_cmd::Command {
    let mut command = place.command(line);
    command.env("PATH", place.path("nothing"));
    command
}

#[test]
fn a_named_tutorial_without_kubectl_cannot_be_run() {
    let place = Place::new();
    place.write("tutorial/stages/stage1-hello-traderx.sh", "#!/bin/bash\n");
    let mut command = without_tools(&place, "run --tutorial tutorial -t @stage-1");
    command.assert().code(3).stderr(contains("is needed for the scripts of the tutorial and is not on PATH"));
}

#[test]
fn the_default_run_skips_scripts_by_name_and_still_checks_the_api() {
    let place = Place::new();
    let mut command = without_tools(&place, "run -o out");
    command.assert().success().stdout(contains("bash"));
    let report = place.json("out/report.json");
    assert!(report["counts"]["passed"].as_u64() > Some(0));
    assert!(report["counts"]["skipped"].as_u64() > Some(0));
}

#[test]
fn doctor_names_what_is_missing() {
    let place = Place::new();
    without_tools(&place, "doctor").assert().success().stdout(contains("missing  kubectl"));
}
