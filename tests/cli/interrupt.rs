//! Signals: the run ends in good order, and a killed one leaves a journal that can be read.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Place, bare};

const HANGING: &str = "Feature: F\n  Scenario: Quick\n    Given I create space \"x\"\n\n  Scenario: Slow\n    \
    Given the built-in tutorial \"correct\"\n    When I run \"echo started; coproc cat; read -r -t 60 -u ${COPROC[0]}\"\n\n  \
    Scenario: Late\n    Given I create space \"y\"\n";

struct Running {
    place: Place,
    child: Child,
}

fn start() -> Running {
    let place = Place::new();
    place.write("a.feature", HANGING);
    let mut command = bare(&place.path(""));
    let child =
        command.args(["run", "a.feature", "-o", "out", "-j", "1"]).stdout(Stdio::null()).spawn().expect("it starts");
    let running = Running { place, child };
    running.wait_for_line("echo started");
    running
}

impl Running {
    /// Waits until the journal has a line with this text.
    fn wait_for_line(&self, text: &str) {
        let path = self.place.path("out/journal.ndjson");
        let began = Instant::now();
        while !has_line(&path, text) {
            assert!(began.elapsed() < Duration::from_secs(60), "the journal never said {text}");
            std::thread::yield_now();
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    fn end(mut self) -> (Place, ExitStatus) {
        let status = self.child.wait().expect("it ends");
        (self.place, status)
    }
}

fn has_line(path: &Path, text: &str) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    BufReader::new(file)
        .lines()
        .any(|line| line.is_ok_and(|line| line.contains(text) && line.contains("command-started")))
}

fn verdicts(place: &Place) -> Vec<String> {
    let report = place.json("out/report.json");
    let scenarios = report["scenarios"].as_array().expect("scenarios").clone();
    scenarios.iter().map(|scenario| scenario["verdict"].as_str().expect("a verdict").to_owned()).collect()
}

#[test]
fn an_interrupt_cleans_up_writes_every_report_and_is_status_130() {
    let running = start();
    running.signal("INT");
    let (place, status) = running.end();
    assert_eq!(status.code(), Some(130));
    for file in ["report.json", "junit.xml", "report.html"] {
        assert!(place.path("out").join(file).is_file(), "{file} is missing");
    }
    let verdicts = verdicts(&place);
    assert_eq!(verdicts.len(), 3);
    assert_ne!(verdicts[1], "passed");
    assert_eq!(verdicts[2], "not-run");
}

#[test]
fn a_terminate_is_status_143() {
    let running = start();
    running.signal("TERM");
    let (place, status) = running.end();
    assert_eq!(status.code(), Some(143));
    assert!(place.path("out/report.html").is_file());
}

#[test]
fn after_a_kill_the_journal_can_be_read_and_is_not_green() {
    let running = start();
    running.signal("KILL");
    let (place, _) = running.end();
    let output = place.call("report out/journal.ndjson json=after.json").get_output().clone();
    assert_ne!(output.status.code(), Some(0));
    let report = place.json("after.json");
    assert_ne!(report["verdict"], "passed");
    assert_eq!(report["scenarios"].as_array().map(Vec::len), Some(3));
}
