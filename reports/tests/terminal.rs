//! What people read in the terminal, beyond the corpus: diagnostics of every shape, and colour.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::path::Path;

use insta::assert_snapshot;
use stagegate_reports::diagnostic::{Diagnostic, Location};
use stagegate_reports::journal::{self, Record};
use stagegate_reports::model::Run;
use stagegate_reports::terminal::{Progress, render_diagnostic, render_summary};

fn at(line: usize, column: Option<usize>) -> Location {
    Location { file: "features/a.feature".to_owned(), line, column }
}

#[test]
fn only_what_happened() {
    let diagnostic = Diagnostic { what: "no scenario is selected".to_owned(), ..Diagnostic::default() };
    assert_snapshot!(render_diagnostic(&diagnostic, false), @"error: no scenario is selected");
}

#[test]
fn a_line_without_a_column() {
    let diagnostic = Diagnostic {
        what: "the scenario has no steps".to_owned(),
        at: Some(at(7, None)),
        source_line: Some("  Scenario: Nothing happens".to_owned()),
        help: Some("add a step, or remove the scenario".to_owned()),
        ..Diagnostic::default()
    };
    assert_snapshot!(render_diagnostic(&diagnostic, false), @r"
    error: the scenario has no steps
      --> features/a.feature:7
      |
    7 |   Scenario: Nothing happens
      |
      help: add a step, or remove the scenario
    ");
}

#[test]
fn the_caret_stands_under_its_column_after_tabs_and_wide_characters() {
    let diagnostic = Diagnostic {
        what: "step is not defined".to_owned(),
        at: Some(at(1234, Some(9))),
        source_line: Some("\tWhen 工作 I aply unit".to_owned()),
        expected: Some("one of the steps that `stagegate steps` lists".to_owned()),
        actual: Some("I aply unit\nwith a table".to_owned()),
        causes: vec!["nothing matches".to_owned()],
        help: Some("did you mean `I apply unit`?".to_owned()),
    };
    assert_snapshot!(render_diagnostic(&diagnostic, false), @r"
    error: step is not defined
         --> features/a.feature:1234:9
         |
    1234 |     When 工作 I aply unit
         |              ^
         |
         expected:  one of the steps that `stagegate steps` lists
         actual:    I aply unit
                    with a table
         caused by: nothing matches
         help:      did you mean `I apply unit`?
    ");
}

/// The text without the sequences that set colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').expect("a colour sequence").1)
}

#[test]
fn colour_adds_nothing_but_colour() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for case in std::fs::read_dir(corpus).unwrap() {
        let path = case.unwrap().path().join("journal.ndjson");
        let records: Vec<Record> = journal::read(&path).unwrap().collect::<Result<_, _>>().unwrap();
        let render = |color| {
            let mut progress = Progress::new(color);
            let text: String = records.iter().map(|record| progress.apply(record)).collect();
            text + &render_summary(&Run::from_journal(records.iter().cloned().map(Ok)).unwrap(), &[], color)
        };
        let (colored, uncolored) = (render(true), render(false));
        assert!(!uncolored.contains('\u{1b}'), "{}", path.display());
        assert!(colored.contains('\u{1b}'), "{}", path.display());
        assert_eq!(plain(&colored), uncolored, "{}", path.display());
    }
}
