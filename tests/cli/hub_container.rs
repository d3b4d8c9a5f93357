//! `--hub container`: the emulator in a container of its own. Where no Docker answers, these tests say so.

use std::process::{Command, Stdio};

use predicates::prelude::*;
use predicates::str::contains;

use crate::command::{Place, bare, wait_until};

const RUN: &str = "run --hub container -n ^By.the.API$ -t @stage-1 -o out";

/// What docker prints; `None` where there is none that answers.
fn docker(words: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(words).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[allow(clippy::print_stderr, reason = "a test that is not run says so")]
fn has_docker(test: &str) -> bool {
    let answers = docker(&["info"]).is_some();
    if !answers {
        eprintln!("not run: {test}: no Docker answers");
    }
    answers
}

/// Containers and images of a run.
fn left_of(run_id: &str) -> String {
    let label = format!("label=io.stagegate.run={run_id}");
    let containers = docker(&["ps", "-a", "-q", "--filter", &label]).expect("docker");
    containers + &docker(&["images", "-q", "--filter", &label]).expect("docker")
}

fn run_id(journal: &str) -> String {
    journal.split("\"run_id\":\"").nth(1).expect("a run").split('"').next().expect("its id").to_owned()
}

#[test]
fn a_stage_passes_with_the_hub_in_a_container_which_goes_with_the_run() {
    if !has_docker("a_stage_passes_with_the_hub_in_a_container_which_goes_with_the_run") {
        return;
    }
    let place = Place::new();
    let assert = place.command(RUN).env("HOME", place.path("")).assert();
    assert.success().stdout(
        contains("lane:    emulated hub, emulated cluster (hub in a container, ")
            .and(contains("starting the hub in the container stagegate-hub-")),
    );
    let journal = place.read("out/journal.ndjson");
    let token = regex::Regex::new("hub_[0-9a-f]{32}").expect("a pattern");
    assert!(!token.is_match(&journal), "a token is in the journal");
    assert_eq!(left_of(&run_id(&journal)), "");
}

#[test]
fn a_killed_run_leaves_no_container_and_nobody_sees_the_token() {
    if !has_docker("a_killed_run_leaves_no_container_and_nobody_sees_the_token") {
        return;
    }
    let place = Place::new();
    let mut command = bare(&place.path(""));
    command.args(RUN.split_whitespace()).env("HOME", place.path("")).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    wait_until("a space is made", || place.read_if_there("out/journal.ndjson").contains("\"kind\":\"Space\""));
    let run_id = run_id(&place.read("out/journal.ndjson"));
    let name = format!("stagegate-hub-{}", run_id.split('-').next().expect("a part"));
    let session = place.path("session.json");
    docker(&["cp", &format!("{name}:/hub/.confighub/session.json"), &session.to_string_lossy()]).expect("a copy");
    let token = place.json("session.json")["access_token"].as_str().expect("a token").to_owned();
    let processes = Command::new("ps").args(["-A", "-ww", "-o", "args="]).output().expect("ps").stdout;
    let shown = [docker(&["inspect", &name]), docker(&["logs", &name])].map(Option::unwrap_or_default).concat();
    child.kill().expect("it was there");
    child.wait().expect("it ended");
    let shown = shown + &String::from_utf8_lossy(&processes) + &place.read("out/journal.ndjson");
    assert!(!shown.contains(&token), "the token is shown");
    wait_until("container and image are gone", || left_of(&run_id).is_empty());
    let ledgers = place.path(".local/state/stagegate/runs");
    wait_until("its ledger is gone", || std::fs::read_dir(&ledgers).expect("a folder").next().is_none());
}
