//! Machines that lack a tool.

use predicates::prelude::PredicateBooleanExt as _;
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
fn a_kind_cluster_without_kind_is_a_broken_environment_and_says_what_to_install() {
    let place = Place::new();
    let mut command = without_tools(&place, "run --cluster kind -t @stage-1 -o out");
    command.assert().code(3).stdout(contains("there is no kind on PATH").and(contains("help:")));
    let report = place.json("out/report.json");
    assert_eq!(report["verdict"], "error");
    assert_eq!(report["counts"]["not_run"], report["counts"]["total"]);
    assert_eq!(report["lane"]["cluster"], "kind");
}

#[test]
fn doctor_names_what_is_missing() {
    let place = Place::new();
    let told = without_tools(&place, "doctor").assert().success().stdout(contains("missing  kubectl"));
    told.stdout(contains("missing  cub       not on PATH; scripts are run with the stand-in"));
}

/// A client that answers as it was told to, once it finds that it is logged in.
fn client(place: &Place, version: &str, space: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let script = format!(
        "#!/bin/sh\n[ -s \"$HOME/.confighub/session.json\" ] || exit 7\ncase $1 in version) {version};; space) {space};; esac\n"
    );
    place.write("nothing/cub", &script);
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(place.path("nothing/cub"), permissions).expect("it is ours");
}

#[test]
fn doctor_says_which_client_there_is_and_what_that_means() {
    for (version, space, told) in [
        ("echo 'Version: a'; echo 'Commit: b'", "echo create", "Version: a, Commit: b"),
        ("echo a", "echo create", "older than the tutorial's scripts"),
        ("echo a", "echo new-prefix", "late 2025 or later"),
        ("exit 3", "echo create", "`version` ended with exit status: 3"),
        ("true", "echo create", "not a ConfigHub client"),
    ] {
        let place = Place::new();
        client(&place, version, space);
        without_tools(&place, "doctor").assert().success().stdout(contains(told));
    }
}
