//! Wrong input: each mistake has a message that says how to mend it, and status 2.

use crate::command::{Place, shown};

fn mistake(line: &str) -> String {
    let place = Place::new();
    shown(&place.call(line), &place)
}

#[test]
fn a_missing_feature_path() {
    insta::assert_snapshot!(mistake("run nosuch.feature"));
}

#[test]
fn a_folder_without_features() {
    let place = Place::new();
    place.write("empty/readme.txt", "");
    insta::assert_snapshot!(shown(&place.call("run empty"), &place));
}

#[test]
fn a_line_that_is_no_number() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  Scenario: S\n    Given a prefix that no space has\n");
    insta::assert_snapshot!(shown(&place.call("run a.feature:first"), &place));
}

#[test]
fn a_line_beyond_the_end_of_the_file() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  Scenario: S\n    Given a prefix that no space has\n");
    place.call("run a.feature:999").code(2).stderr(predicates::str::contains("it has 3 lines"));
}

#[test]
fn a_typo_in_a_keyword() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  Scenario: S\n    Gven a prefix that no space has\n");
    insta::assert_snapshot!(shown(&place.call("run a.feature"), &place));
}

#[test]
fn an_unmatched_step() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  Scenario: S\n    Given I make space \"x\"\n");
    insta::assert_snapshot!(shown(&place.call("run a.feature"), &place));
}

#[test]
fn a_bad_tag_expression() {
    let place = Place::new();
    let mut command = place.command("run --tags");
    insta::assert_snapshot!(shown(&command.arg("@a and").assert(), &place));
}

#[test]
fn a_bad_name_pattern() {
    insta::assert_snapshot!(mistake("run --name ("));
}

#[test]
fn a_missing_tutorial() {
    insta::assert_snapshot!(mistake("run --tutorial nosuch"));
}

#[test]
fn a_folder_that_is_no_tutorial() {
    let place = Place::new();
    place.write("other/readme.txt", "");
    insta::assert_snapshot!(shown(&place.call("run --tutorial other"), &place));
}

#[test]
fn values_that_options_cannot_have() {
    let lines = [
        "--speed 0",
        "--speed fast",
        "--jobs 0",
        "--timeout soon",
        "--timeout 0s",
        "--keep some",
        "--report pdf",
        "--report html=",
        "--finding masked-failure",
        "--finding nosuch=deny",
        "--finding masked-failure=maybe",
        "--cluster minikube",
        "--cluster kind --reuse warm --jobs 2",
        "--cluster kind --hub container --jobs 2",
        "--hub http://127.0.0.1:1 --jobs 2",
        "--cluster kind --speed 10",
        "--reuse warm",
        "--hub localhost",
        "--cub nosuch",
        "--cub-contract 2024-01",
        "--cub /bin/sh --cub-contract 2025-08",
    ];
    let all: String = lines.iter().map(|line| format!("$ run {line}\n{}\n", mistake(&format!("run {line}")))).collect();
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_not_yet_supported_says_so() {
    let lines = ["--runbook ."];
    let all: String = lines.iter().map(|line| format!("$ run {line}\n{}\n", mistake(&format!("run {line}")))).collect();
    insta::assert_snapshot!(all);
}

#[test]
fn an_unknown_flag_and_an_unknown_command() {
    insta::assert_snapshot!(format!("{}\n{}", mistake("run --nosuch"), mistake("walk")));
}

#[test]
fn a_slip_in_a_command_is_told_with_what_was_meant() {
    for (slip, meant) in [("rn", "run"), ("ru", "run"), ("pu", "up"), ("lsit", "list"), ("reprot", "report")] {
        Place::new().call(slip).code(2).stderr(predicates::str::contains(format!("'{meant}'")));
    }
}

#[test]
fn no_command_at_all_shows_the_help() {
    let place = Place::new();
    place.call("").code(2).stderr(predicates::str::contains("Usage: stagegate"));
}

#[test]
fn a_journal_that_is_none() {
    let place = Place::new();
    place.write("notes.txt", "not a journal\n").write("empty.ndjson", "");
    let lines = ["report nosuch.ndjson", "report notes.txt", "report empty.ndjson"];
    let all: String = lines.iter().map(|line| format!("$ {line}\n{}\n", shown(&place.call(line), &place))).collect();
    insta::assert_snapshot!(all);
}

#[test]
fn an_output_folder_that_cannot_be_made() {
    let place = Place::new();
    place
        .write("taken", "a file")
        .write("a.feature", "Feature: F\n  Scenario: S\n    Given a prefix that no space has\n");
    place.call("run a.feature -o taken").code(2).stderr(predicates::str::contains("the output folder taken is a file"));
}
