//! The rules that make a verdict and an exit status of what was observed, one line a rule.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::path::Path;

use stagegate_reports::Verdict;
use stagegate_reports::diagnostic::{Diagnostic, Location};
use stagegate_reports::journal::{self, Event, Finding, Policy, Record};
use stagegate_reports::model::{Fold, Run};

/// The records of a corpus case without its last event, to which more can be added.
struct Story(Vec<Record>);

impl Story {
    fn of(case: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(case).join("journal.ndjson");
        let mut records: Vec<_> = journal::read(&path).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(matches!(records.pop().unwrap().event, Event::RunFinished { .. }));
        Self(records)
    }

    /// Adds an event that belongs to no scenario.
    fn then(self, event: Event) -> Self {
        self.push(None, event)
    }

    /// Adds an event of the first attempt at the first scenario.
    fn in_scenario(self, event: Event) -> Self {
        self.push(Some(0), event)
    }

    fn push(mut self, scenario: Option<usize>, event: Event) -> Self {
        let last = self.0.last().unwrap();
        let (attempt, step) = (scenario.map(|_| 1), None);
        self.0.push(Record { seq: last.seq + 1, scenario, attempt, step, event, ..last.clone() });
        self
    }

    fn run(self) -> Run {
        Run::from_journal(self.0.into_iter().map(Ok)).unwrap()
    }

    /// Ends the run as the harness does: with the status that the fold gives.
    fn end(self) -> (Verdict, u8) {
        let mut records = self.0.clone().into_iter();
        let mut fold = Fold::new(records.next().unwrap()).unwrap();
        for record in records {
            fold.apply(record);
        }
        let status = fold.exit_status_at_end();
        let run = self.then(Event::RunFinished { exit_status: status }).run();
        assert_eq!(run.exit_status, status, "the status the process ends with is the one in the report");
        (run.verdict, status)
    }
}

fn finding(number: u64, policy: Policy) -> Event {
    Event::Finding(Finding {
        number,
        kind: "masked-failure".to_owned(),
        policy,
        message: "a failure was discarded".to_owned(),
        source: None,
        source_line: None,
        command: None,
        command_line: None,
        exit_status: None,
        output: None,
        cause: None,
        help: None,
        follows: None,
    })
}

fn broken() -> Event {
    Event::EnvironmentFailed { diagnostic: Diagnostic { what: "broken".to_owned(), ..Diagnostic::default() } }
}

fn leftover() -> Event {
    Event::Leftover { what: "a namespace".to_owned() }
}

#[test]
fn each_rule_of_the_table_of_exit_statuses() {
    let expected =
        || Event::FindingExpected { finding: 7, by: Location { file: "a.feature".to_owned(), line: 1, column: None } };
    let signal = |signal: &str| Event::Interrupted { signal: signal.to_owned() };
    let budget = || Event::BudgetExceeded { budget_ms: 1.0 };
    let cases = [
        ("all passed", Story::of("passed"), Verdict::Passed, 0),
        ("a step failed", Story::of("failed-step"), Verdict::Failed, 1),
        ("an environment broke", Story::of("error"), Verdict::Error, 3),
        ("some skipped", Story::of("skipped"), Verdict::Passed, 0),
        ("all skipped", Story::of("all-skipped"), Verdict::Skipped, 4),
        ("nothing selected", Story::of("nothing-selected"), Verdict::NotRun, 4),
        ("a scenario never ended its steps", Story::of("steps-missing"), Verdict::NotRun, 3),
        ("denied finding", Story::of("passed").in_scenario(finding(7, Policy::Deny)), Verdict::Failed, 1),
        ("warned finding", Story::of("passed").in_scenario(finding(7, Policy::Warn)), Verdict::Passed, 0),
        ("allowed finding", Story::of("passed").in_scenario(finding(7, Policy::Allow)), Verdict::Passed, 0),
        (
            "denied finding that was asked for",
            Story::of("passed").in_scenario(finding(7, Policy::Deny)).in_scenario(expected()),
            Verdict::Passed,
            0,
        ),
        (
            "denied finding that was asked for outside of its scenario",
            Story::of("passed").in_scenario(finding(7, Policy::Deny)).then(expected()),
            Verdict::Failed,
            1,
        ),
        (
            "another finding was asked for",
            Story::of("passed").in_scenario(finding(8, Policy::Deny)).in_scenario(expected()),
            Verdict::Failed,
            1,
        ),
        ("denied finding outside of scenarios", Story::of("passed").then(finding(7, Policy::Deny)), Verdict::Failed, 1),
        ("broken outside of scenarios", Story::of("passed").then(broken()), Verdict::Error, 3),
        ("broken is worse than failed", Story::of("failed-step").then(broken()), Verdict::Error, 3),
        ("left behind", Story::of("passed").then(leftover()), Verdict::Failed, 6),
        ("left behind by a scenario", Story::of("passed").in_scenario(leftover()), Verdict::Failed, 6),
        ("failed and left behind", Story::of("failed-step").then(leftover()), Verdict::Failed, 1),
        ("interrupted", Story::of("passed").then(signal("SIGINT")), Verdict::NotRun, 130),
        ("terminated", Story::of("failed-step").then(signal("SIGTERM")), Verdict::Failed, 143),
        ("out of time", Story::of("failed-step").then(budget()), Verdict::Failed, 5),
        (
            "interrupted after out of time",
            Story::of("passed").then(budget()).then(signal("SIGINT")),
            Verdict::NotRun,
            130,
        ),
    ];
    for (name, story, verdict, status) in cases {
        assert_eq!(story.end(), (verdict, status), "{name}");
    }
}

#[test]
fn a_pass_after_a_failed_attempt_is_flaky_and_a_denied_finding_of_any_attempt_fails_it() {
    let run = Story::of("flaky").run();
    assert_eq!(run.scenarios[0].verdict, Verdict::Flaky);
    assert_eq!((run.counts.passed, run.counts.flaky, run.counts.failed), (0, 1, 1));
    let run = Story::of("flaky").in_scenario(finding(7, Policy::Warn)).run();
    assert_eq!(run.scenarios[0].verdict, Verdict::Flaky);
    let run = Story::of("flaky").in_scenario(finding(7, Policy::Deny)).run();
    assert_eq!(run.scenarios[0].verdict, Verdict::Failed);
    assert!(run.findings[0].held_against);
}

#[test]
fn a_run_that_was_killed_did_not_pass() {
    let run = Story::of("passed").run();
    assert_eq!((run.verdict, run.exit_status), (Verdict::NotRun, 3));
    assert_eq!(run.scenarios[0].verdict, Verdict::Passed, "what is known of its scenarios stays");
}

#[test]
fn a_status_that_nothing_explains_is_an_error() {
    let run = Story::of("passed").then(Event::RunFinished { exit_status: 70 }).run();
    assert_eq!((run.verdict, run.exit_status), (Verdict::Error, 70));
    let run = Story::of("failed-step").then(Event::RunFinished { exit_status: 0 }).run();
    assert_eq!((run.verdict, run.exit_status), (Verdict::Failed, 1), "a recorded 0 excuses nothing");
}
