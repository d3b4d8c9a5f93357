//! What goes away or fills up while a run uses it.

use std::process::{Command, Output, Stdio};

use predicates::prelude::*;
use predicates::str::contains;

use crate::command::{Place, bare, wait_until};
use crate::ends::{End, Ends};

/// Starts a run on the ends, kills one of them when the journal tells `telling`, and waits for the run's end.
fn run_without(ends: &mut Ends, gone: End, telling: &str) -> Output {
    let words = format!("run {} -n ^By.the.API$ -t @stage-1 -o out", ends.words());
    let mut command = bare(&ends.place.path(""));
    command.args(words.split_whitespace()).env("HOME", ends.place.path(""));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_until(telling, || ends.place.read_if_there("out/journal.ndjson").contains(telling));
    ends.kill(gone);
    child.wait_with_output().expect("it ends")
}

fn goes_away(gone: End, telling: &str, name: &str) {
    let mut ends = Ends::new();
    let output = run_without(&mut ends, gone, telling);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    let run_id = told.split(", run ").nth(1).and_then(|rest| rest.split(',').next()).expect("its id");
    assert!(
        told.contains(&format!("caused by: {name}")) && told.contains(" went away while the run used it: "),
        "{told}"
    );
    assert!(told.contains(&format!("stagegate clean {run_id} --remove")), "{told}");
    let report = ends.place.json("out/report.json");
    assert_eq!(report["verdict"], "error");
    // It is told once what is left, and it is still known later.
    let left = report["leftovers"].as_array().expect("a list");
    let mut once = left.clone();
    once.dedup();
    assert!(!left.is_empty() && *left == once, "{left:?}");
    assert_eq!(ends.ledgers().len(), 1);
    let cleaned = ends.call(&format!("clean {run_id} --remove --hub-token-file token"));
    cleaned.code(6).stdout(contains("  left:    "));
    let forgotten = ends.call(&format!("clean {run_id} --forget --hub-token-file token"));
    forgotten.success().stdout(contains("  forgot:  "));
    assert!(ends.ledgers().is_empty());
}

#[test]
fn a_hub_that_goes_away_ends_the_run() {
    goes_away(End::Hub, "\"kind\":\"Unit\"", "the hub http://127.0.0.1:");
}

#[test]
fn a_cluster_that_is_deleted_ends_the_run() {
    goes_away(End::Cluster, "\"kind\":\"Namespace\"", "the cluster of context stagegate");
}

#[test]
fn what_cannot_be_seen_is_forgotten_only_by_name_and_with_a_token() {
    let place = Place::new();
    let home = |line: &str| place.command(line).env("HOME", place.path("")).assert();
    let ledger = r#"{"run":{"run_id":"dead","folder":"/nowhere","hub":"http://127.0.0.1:9"}}
{"made":{"what":"space","id":"1","slug":"left"}}"#;
    place.write(".local/state/stagegate/runs/dead.ndjson", ledger).write("token", "x");
    home("clean --forget").code(2);
    home("clean dead --forget").code(3).stderr(contains("there is no token for the hub http://127.0.0.1:9"));
    home("clean dead").code(6).stdout(contains("space left: a token for the hub http://127.0.0.1:9 is needed"));
    home("clean dead --forget --hub-token-file token").success().stdout(contains("forgot:  space left"));
    home("clean").success().stdout("nothing is left of runs that are no more\n");
}

#[test]
fn a_refused_run_leaves_nothing_of_the_last_one() {
    let place = Place::new();
    place.write("a.feature", "Feature: F\n  Scenario: S\n    Given a prefix that no space has\n");
    place.call("run a.feature -o out --report json").success();
    for refused in ["run nosuch.feature -o out", "run a.feature -o out --hub http://127.0.0.1:9 --hub-token-file none"]
    {
        place.call("run a.feature -o out --report json").success();
        place.call("run a.feature -o out --dry-run").success();
        assert!(place.path("out/report.json").is_file());
        place.call(refused).code(predicate::in_iter([2, 3]));
        let left = std::fs::read_dir(place.path("out")).expect("a folder").count();
        assert_eq!(left, 0, "{refused}");
    }
}

/// Calls the command in a folder of a disk that has `size` bytes, and shows what is left there. `None` where no such
/// disk can be had.
#[cfg(target_os = "linux")]
#[allow(clippy::print_stderr, reason = "a test that is not run says so")]
fn on_a_small_disk(place: &Place, size: &str, line: &str) -> Option<Output> {
    place.write("full/here", "");
    let namespaces = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let mount = format!("mount -t tmpfs -o size={size} none full && ");
    let tried =
        Command::new("unshare").args(namespaces).arg(format!("{mount}true")).current_dir(place.path("")).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        eprintln!("not run: {line}: no mount of our own can be had (unshare)");
        return None;
    }
    let script = format!("{mount}\"$0\" {line}; status=$?; echo left: $(cd full && find . -type f); exit $status");
    let mut command = bare(&place.path(""));
    let stagegate = command.get_program().to_owned();
    command = Command::new("unshare");
    command.args(namespaces).arg(script).arg(stagegate).current_dir(place.path("")).env("HOME", place.path(""));
    Some(command.output().expect("it starts"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_ends_the_run_which_cleans_up() {
    let ends = Ends::new();
    let before = ends.held();
    let run = format!("run {} -n ^By.the.API$ -t @stage-1", ends.words());
    let cases = [
        ("4k", "-o full/out", "cannot write full/out/journal.ndjson"),
        ("16k", "-o full/out", "cannot write full/out/journal.ndjson"),
        ("200k", "-o full/out", "cannot write full/out/report.html"),
    ];
    for (size, option, said) in cases {
        let Some(output) = on_a_small_disk(&ends.place, size, &format!("{run} {option}")) else { return };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{size}: {told}");
        for part in [said, "No space left on device", "make room there, or name a place on another disk"] {
            assert!(told.contains(part), "{size}: no `{part}` in {told}");
        }
        assert!(
            !String::from_utf8_lossy(&output.stdout).contains("./out/report.html"),
            "{size}: half a report is left"
        );
        assert_eq!(ends.held(), before, "{size}");
        assert_eq!(ends.ledgers().len(), 0, "{size}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_ledger_that_cannot_be_written_ends_the_run_before_more_is_made() {
    let ends = Ends::new();
    let before = ends.held();
    let steps: String = (0..80).map(|number| format!("    Given I create space \"space-{number}\"\n")).collect();
    ends.place.write("many.feature", &format!("Feature: F\n  Scenario: S\n{steps}"));
    let run = format!("run many.feature --hub {} --hub-token-file token -o out", ends.url);
    // The first time nothing can be written, the second time not all.
    for size in ["4k", "8k"] {
        let full = "head -c 4096 /dev/zero >full/f; XDG_STATE_HOME=$PWD/full \"$0\"";
        let Some(output) = on_a_small_disk(&ends.place, size, &format!("--version; {full} {run}")) else { return };
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(3), "{size}: {told}");
        for part in
            ["what the run makes cannot be written down", "No space left", "make room there, or let XDG_STATE_HOME"]
        {
            assert!(told.contains(part), "{size}: no `{part}` in {told}");
        }
        assert_eq!(ends.held(), before, "{size}");
        assert!(told.contains("left: ./f\n"), "{size}: a ledger is left: {told}");
    }
}
