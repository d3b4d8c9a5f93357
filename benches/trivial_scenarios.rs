//! A thousand scenarios of five trivial steps with the journal and all reports, as a whole process;
//! beside it, for scale, the same process with nothing to run.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod sample;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sample::Sample;

const SCENARIOS: usize = 1000;
const RUNS: usize = 15;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let feature = folder.path().join("trivial.feature");
    std::fs::write(&feature, trivial_feature()).expect("a feature");
    let full = Sample::of(RUNS, || run(folder.path(), &["--report", "json,junit,html"]));
    let journal = Sample::of(RUNS, || run(folder.path(), &["--report", "json"]));
    let idle = Sample::of(RUNS, || run(folder.path(), &["--dry-run"]));
    println!("{SCENARIOS} scenarios of 5 steps, journal, json, junit and html: {full}");
    println!("the same with json alone: {journal}");
    println!("the same, checked but not run: {idle}");
    println!("all reports against json alone: {:.2}x", full.median().div_duration_f64(journal.median()));
}

fn trivial_feature() -> String {
    let mut text = "Feature: Trivial\n".to_owned();
    for number in 0..SCENARIOS {
        let _infallible = writeln!(text, "  Scenario: Number {number}");
        for keyword in ["Given", "And", "When", "Then"] {
            let _infallible = writeln!(text, "    {keyword} \"{number}\" is called name");
        }
        let _infallible = writeln!(text, "    And \"{{name}}\" is \"{number}\"");
    }
    text
}

fn run(folder: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_stagegate"))
        .current_dir(folder)
        .args(["run", "trivial.feature", "-o", "out"])
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .expect("stagegate runs");
    assert!(status.success(), "{status}");
}
