//! `stagegate up` and `stagegate down`: an environment for commands by hand.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use predicates::prelude::*;
use predicates::str::contains;

use crate::command::{Place, bare};

#[test]
fn an_environment_is_up_until_it_is_taken_down() {
    let place = Place::new();
    let command = |line: &str| {
        let mut command = bare(&place.path(""));
        command.args(line.split_whitespace()).env("HOME", place.path("")).env("TMPDIR", place.path("tmp"));
        command
    };
    place.write("tmp/here", "");
    let mut child = command("up --speed 20").stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map(|line| line.expect("text"));
    let beginning: Vec<String> =
        lines.by_ref().take_while(|line| !line.starts_with("Changes, as they happen")).collect();
    let file = beginning.iter().find_map(|line| line.strip_prefix("or: . ")).expect("a file to read in");
    let script = format!(
        ". {file}\nkubectl create namespace by-hand\ncub space create by-hand && cub space get by-hand --quiet\ntest -s \"$CUB_CONFIG\" && test -s \"$HOME/.confighub/session.json\""
    );
    let done = Command::new("sh").args(["-c", &script]).output().expect("sh");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(others_named_by_a_second_one(command("up")), child.id().to_string());
    let told = lines.find(|line| line.contains("Namespace by-hand")).expect("it is told");
    assert!(told.contains("created Namespace by-hand by kubectl"), "{told}");
    let told = lines.find(|line| line.contains("Space by-hand")).expect("it is told");
    assert!(told.contains("created Space by-hand by "), "{told}");
    let down = assert_cmd::Command::from_std(command("down")).assert();
    down.success().stdout("ended what was up\n");
    assert_eq!(child.wait().expect("it ended").code(), Some(143));
    assert!(lines.any(|line| line == "ended by SIGTERM"));
    let left: Vec<_> =
        std::fs::read_dir(place.path("tmp")).expect("a folder").map(|entry| entry.expect("one").path()).collect();
    assert_eq!(left, [place.path("tmp/here")]);
    assert_cmd::Command::from_std(command("down")).assert().success().stdout("nothing is up\n");
}

#[test]
fn a_home_that_was_named_keeps_nothing_that_opens_the_cluster() {
    let place = Place::new();
    let mut command = bare(&place.path(""));
    command.args(["up", "--quiet", "--home", "here"]).env("HOME", place.path(""));
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.starts_with("Changes, as they happen")));
    assert!(place.read("here/kubeconfig").contains("token"));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &pid]).status().expect("kill").success());
    assert_eq!(child.wait().expect("it ended").code(), Some(130));
    assert!(!place.path("here/kubeconfig").exists());
    assert!(!place.path("here/.confighub/session.json").exists());
    place.write("there/mine", "");
    let refused = place.command("up --home there").env("HOME", place.path("")).assert().code(2);
    refused.stderr(contains("is not empty"));
}

#[test]
fn ends_that_cannot_be_had_are_told_with_status_3() {
    let place = Place::new();
    place.write("token", "x");
    place
        .command("up --hub http://127.0.0.1:9 --hub-token-file token")
        .env("HOME", place.path(""))
        .assert()
        .code(3)
        .stderr(
            contains("error: hub and cluster cannot be had").and(contains("the hub http://127.0.0.1:9 cannot be used")),
        );
}

/// The processes that another one, which then ends, says are up.
fn others_named_by_a_second_one(mut command: Command) -> String {
    let mut second = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(second.stdout.take().expect("its output")).lines().map(|line| line.expect("text"));
    let told = lines.find(|line| line.starts_with("Another one is up")).expect("it is told");
    assert!(lines.any(|line| line.starts_with("Changes, as they happen")));
    let pid = second.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().expect("kill").success());
    assert_eq!(second.wait().expect("it ended").code(), Some(143));
    told.split("process ").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default().to_owned()
}
