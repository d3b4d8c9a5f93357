//! JUnit XML: one test suite a feature file, one test case a scenario.

mod case;

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{Report, SerializeError, TestSuite, XmlString};

use crate::journal::Policy;
use crate::model::{FindingReport, Run, RunEnd};
use crate::printable::printable;

/// Renders the run.
pub(crate) fn render(run: &Run) -> Result<String, SerializeError> {
    let mut report = Report::new("stagegate");
    report.set_time(seconds(run.wall_ms));
    let mut features: Vec<(&str, TestSuite)> = Vec::new();
    for scenario in &run.scenarios {
        let case = case::test_case(run, scenario);
        if let Some((_, suite)) = features.iter_mut().rev().find(|(feature, _)| *feature == scenario.feature) {
            suite.add_test_case(case);
        } else {
            let mut suite = suite(run, &scenario.feature);
            suite.add_test_case(case);
            features.push((&scenario.feature, suite));
        }
    }
    for (_, mut suite) in features {
        suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
        report.add_test_suite(suite);
    }
    if let Some(suite) = run_suite(run) {
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn suite(run: &Run, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(text(name));
    let facts = [("lane", run.lane.to_string()), ("claim", run.claim().to_owned()), ("run", run.run_id.clone())];
    for (name, value) in facts {
        suite.add_property((text(name), text(&value)));
    }
    suite
}

/// What is wrong with the run but belongs to no scenario, as a test case that did not pass: without it, a consumer
/// that looks at test cases alone would see a green run.
fn run_suite(run: &Run) -> Option<TestSuite> {
    let mut wrong: Vec<String> = Vec::new();
    match &run.end {
        RunEnd::Finished => {}
        RunEnd::Interrupted { signal } => wrong.push(format!("the run was interrupted by {signal}")),
        RunEnd::BudgetExceeded { .. } => wrong.push("the run's time budget was used up".to_owned()),
        RunEnd::Unfinished => wrong.push("the journal stops before the end of the run".to_owned()),
    }
    wrong.extend(run.diagnostics.iter().map(|diagnostic| crate::terminal::render_diagnostic(diagnostic, false)));
    wrong.extend(run.leftovers.iter().map(|what| format!("left behind by clean-up: {what}")));
    let outside = |finding: &&FindingReport| finding.held_against && finding.attempt.is_none();
    wrong.extend(run.findings.iter().filter(outside).map(finding_text));
    if wrong.is_empty() && run.exit_status != 0 && run.counts.failed + run.counts.error == 0 {
        let nothing = if run.counts.total == run.counts.skipped { "nothing was run; " } else { "" };
        wrong.push(format!("{nothing}the run is {}, with exit status {}", run.verdict, run.exit_status));
    }
    if wrong.is_empty() {
        return None;
    }
    let mut suite = suite(run, "the run itself");
    suite.add_test_case(case::run_case(&wrong));
    Some(suite)
}

/// A finding in a few lines.
fn finding_text(finding: &FindingReport) -> String {
    let policy = match (finding.policy, finding.expected_by.is_some()) {
        (_, true) => "expected",
        (Policy::Deny, false) => "denied",
        (Policy::Warn, false) => "warning",
        (Policy::Allow, false) => "allowed",
    };
    let status = finding.exit_status.map(|status| format!(" (exit status {status})")).unwrap_or_default();
    let fields = [
        ("at", finding.place()),
        ("command", finding.command.as_ref().map(|line| format!("{line}{status}"))),
        ("output", finding.output.clone()),
        ("cause", finding.cause.clone()),
        ("help", finding.help.clone()),
        ("expected by", finding.expected_by.as_ref().map(ToString::to_string)),
    ];
    let mut text = format!("finding {}: {policy}: {}", finding.kind, finding.message);
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let _ = write!(text, "\n  {name}: {}", value.trim_end().replace('\n', "\n    "));
    }
    text
}

/// Text without control characters, which XML 1.0 does not allow.
fn text(text: &str) -> XmlString {
    XmlString::new(printable(text))
}

fn seconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}
