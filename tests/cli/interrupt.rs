//! Signals: the run ends in good order, and a killed one leaves a journal that can be read.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Place, bare, wait_until};

const HANGING: &str = "Feature: F\n  Scenario: Quick\n    Given I create space \"x\"\n\n  Scenario: Slow\n    \
    Given the built-in tutorial \"correct\"\n    When I run \"echo started; coproc cat; read -r -t 60 -u ${COPROC[0]}\"\n\n  \
    Scenario: Late\n    Given I create space \"y\"\n";

/// A script that hides a failure and then waits.
const HIDING: &str = "Feature: F\n  Scenario: Slow\n    Given the built-in tutorial \"correct\"\n    \
    When I run \"cub unit apply nothing --space nowhere || true; coproc cat; read -r -t 60 -u ${COPROC[0]}\"\n";

struct Running {
    place: Place,
    child: Child,
}

/// Runs the feature until its journal has a line with all of these words.
fn start(feature: &str, until: &[&str]) -> Running {
    let place = Place::new();
    place.write("a.feature", feature);
    let mut command = bare(&place.path(""));
    let child =
        command.args(["run", "a.feature", "-o", "out", "-j", "1"]).stdout(Stdio::null()).spawn().expect("it starts");
    let running = Running { place, child };
    running.wait_for_line(until);
    running
}

fn hanging() -> Running {
    start(HANGING, &["command-started", "echo started"])
}

impl Running {
    fn wait_for_line(&self, words: &[&str]) {
        let path = self.place.path("out/journal.ndjson");
        wait_until(&format!("the journal says {words:?}"), || has_line(&path, words));
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

fn has_line(path: &Path, words: &[&str]) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    BufReader::new(file).lines().any(|line| line.is_ok_and(|line| words.iter().all(|word| line.contains(word))))
}

fn verdicts(place: &Place) -> Vec<String> {
    let report = place.json("out/report.json");
    let scenarios = report["scenarios"].as_array().expect("scenarios").clone();
    scenarios.iter().map(|scenario| scenario["verdict"].as_str().expect("a verdict").to_owned()).collect()
}

#[test]
fn an_interrupt_cleans_up_writes_every_report_and_is_status_130() {
    let running = hanging();
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
    let running = hanging();
    running.signal("TERM");
    let (place, status) = running.end();
    assert_eq!(status.code(), Some(143));
    assert!(place.path("out/report.html").is_file());
}

/// What a script has hidden so far is told, however the run ends.
#[test]
fn findings_up_to_an_interrupt_are_kept() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let running = start(HIDING, &["command-finished", "\"exit_status\":1"]);
        running.signal(signal);
        let (place, ended) = running.end();
        assert_eq!(ended.code(), Some(status));
        let report = place.json("out/report.json");
        let findings = report["findings"].as_array().expect("findings");
        let kinds: Vec<&str> = findings.iter().filter_map(|finding| finding["kind"].as_str()).collect();
        assert_eq!(kinds, ["masked-failure"], "{findings:#?}");
    }
}

#[test]
fn after_a_kill_the_journal_can_be_read_and_is_not_green() {
    let running = hanging();
    running.signal("KILL");
    let (place, _) = running.end();
    let output = place.call("report out/journal.ndjson json=after.json").get_output().clone();
    assert_ne!(output.status.code(), Some(0));
    let report = place.json("after.json");
    assert_ne!(report["verdict"], "passed");
    assert_eq!(report["scenarios"].as_array().map(Vec::len), Some(3));
}

/// Numbers of journal lines after which a run is interrupted: from its first one into the middle of a script.
const POINTS: [usize; 10] = [1, 2, 4, 8, 16, 24, 32, 48, 64, 80];

#[test]
fn nothing_is_left_wherever_a_run_is_interrupted() {
    for signal in ["KILL", "INT", "TERM"] {
        for lines in POINTS {
            interrupt_after(lines, signal);
        }
    }
}

fn interrupt_after(lines: usize, signal: &str) {
    let place = Place::new();
    place.write("tmp/here", "").write("a.feature", LONG);
    let mut command = bare(&place.path(""));
    command.args(["run", "a.feature", "-o", "out", "-j", "1"]).env("TMPDIR", place.path("tmp")).stdout(Stdio::null());
    let running = Running { child: command.spawn().expect("it starts"), place };
    let journal = running.place.path("out/journal.ndjson");
    wait_until(&format!("it has {lines} lines"), || {
        std::fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() >= lines)
    });
    running.signal(signal);
    let (place, status) = running.end();
    let what = format!("after {lines} lines and SIG{signal}");
    let code = match signal {
        "INT" => Some(130),
        "TERM" => Some(143),
        _ => None,
    };
    assert_eq!(status.code(), code, "{what}");
    let home = place.path("tmp");
    let began = Instant::now();
    while !(is_bare(&home) && processes(&home).is_empty()) {
        let left = (entries(&home), processes(&home));
        assert!(began.elapsed() < Duration::from_secs(60), "{what} there are left: {left:?}");
        std::thread::yield_now();
    }
    let report = place.call("report out json=after.json").get_output().clone();
    assert!(!matches!(report.status.code(), None | Some(0 | 2)), "{what}: {report:?}");
    assert_ne!(place.json("after.json")["verdict"], "passed", "{what}");
}

/// Its script is not done before it is interrupted, however slow that is.
const LONG: &str = "Feature: F\n  Scenario: Quick\n    Given I create space \"x\"\n\n  Scenario: Slow\n    \
    Given the built-in tutorial \"correct\"\n    When I run \"while :; do cub space list; kubectl get pods; done\"\n";

pub(crate) fn is_bare(folder: &Path) -> bool {
    entries(folder) == ["here"]
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The processes that were called by a path in the folder, or have one in their environment.
pub(crate) fn processes(folder: &Path) -> Vec<String> {
    let listed = std::process::Command::new("ps").args(["axeww", "-o", "args="]).output().expect("ps");
    let folder = folder.to_string_lossy();
    String::from_utf8_lossy(&listed.stdout).lines().filter(|line| line.contains(&*folder)).map(str::to_owned).collect()
}
