//! Each folder of `corpus/` holds a journal and every report of it.
//!
//! `STAGEGATE_UPDATE_CORPUS=1` rewrites the reports; look at the difference before it is committed.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use stagegate_reports::journal::{self, Record};
use stagegate_reports::model::Run;
use stagegate_reports::terminal::{Progress, ReportFile, render_summary};
use stagegate_reports::{Format, Verdict, render};

fn cases() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut cases: Vec<_> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn run_of(case: &Path) -> Run {
    Run::from_journal(journal::read(&case.join("journal.ndjson")).unwrap()).unwrap()
}

fn terminal(case: &Path, run: &Run) -> String {
    let records: Vec<Record> = journal::read(&case.join("journal.ndjson")).unwrap().collect::<Result<_, _>>().unwrap();
    let mut progress = Progress::new(false);
    let mut text: String = records.iter().map(|record| progress.apply(record)).collect();
    let page = ReportFile { format: Format::Html, path: "out/report.html".to_owned() };
    text += &render_summary(run, &[page], false);
    text
}

/// Says where the file differs from what is expected, or rewrites it.
fn compare(path: &Path, actual: &str) -> Option<String> {
    if std::env::var_os("STAGEGATE_UPDATE_CORPUS").is_some() {
        fs::write(path, actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return None;
    }
    let mut lines = expected.lines().zip(actual.lines());
    let line =
        lines.position(|(one, other)| one != other).unwrap_or(expected.lines().count().min(actual.lines().count()));
    let show = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    Some(format!("{}:{}\n  expected: {}\n  actual:   {}", path.display(), line + 1, show(&expected), show(actual)))
}

#[test]
fn every_report_of_every_journal_is_as_expected() {
    let cases = cases();
    assert!(cases.len() >= 15, "the corpus is not there: {cases:?}");
    let mut differences = String::new();
    for case in cases {
        let run = run_of(&case);
        let reports = [
            ("run.json", render(Format::Json, &run).unwrap()),
            ("junit.xml", render(Format::Junit, &run).unwrap()),
            ("terminal.txt", terminal(&case, &run)),
        ];
        for (name, actual) in reports {
            if let Some(difference) = compare(&case.join(name), &actual) {
                let _ = writeln!(differences, "{difference}");
            }
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn what_was_printed_during_the_run_agrees_with_its_verdicts() {
    for case in cases() {
        let run = run_of(&case);
        let text = terminal(&case, &run);
        let is_shown = |verdict| !matches!(verdict, Verdict::NotRun | Verdict::Skipped);
        for scenario in run.scenarios.iter().filter(|scenario| is_shown(scenario.verdict)) {
            let name = scenario.name.split('<').next().unwrap();
            let line = format!("\n{:<7} {name}", scenario.verdict);
            assert!(text.contains(&line), "{}: {line:?} is missing in\n{text}", case.display());
        }
    }
}
