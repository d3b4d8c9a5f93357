//! Runs that end before their scenarios do.

use std::time::Duration;

use stagegate_harness::run::Ending;
use stagegate_reports::Verdict;
use stagegate_reports::journal::Event;

use crate::bench::Bench;

const HANGING: &str =
    "Feature: F\n  Scenario: S\n    Given all is well\n    And it hangs\n  Scenario: T\n    Given it hangs\n";

#[test]
fn an_interrupted_run_has_rows_for_everything_and_the_signals_status() {
    let mut bench = Bench::of(HANGING);
    bench.settings.jobs = 1;
    let ran = bench.run_until(async { tokio::time::sleep(Duration::from_millis(50)).await });
    assert_eq!(ran.run.exit_status, 130);
    assert_ne!(ran.run.verdict, Verdict::Passed);
    assert_eq!(ran.run.scenarios.len(), 2);
    assert!(ran.run.scenarios.iter().all(|scenario| scenario.verdict != Verdict::Passed));
    assert!(ran.records.iter().any(|record| matches!(record.event, Event::Interrupted { .. })));
}

#[test]
fn a_run_over_its_budget_ends_with_status_5() {
    let mut bench = Bench::of(HANGING);
    bench.settings.budget = Some(Duration::from_millis(50));
    let ran = bench.run();
    assert_eq!((ran.ending, ran.run.exit_status), (Ending::OverBudget, 5));
}

#[test]
fn the_journal_numbers_its_lines_without_gaps() {
    let ran = Bench::of("Feature: F\n  Scenario: S\n    Given all is well\n").run();
    let numbers: Vec<u64> = ran.records.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}
