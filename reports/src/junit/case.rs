//! One test case a scenario.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestRerun, XmlString};

use super::{finding_text, seconds, text};
use crate::diagnostic::Diagnostic;
use crate::duration;
use crate::model::{AttemptReport, FindingReport, InjectionReport, Run, ScenarioReport, StepReport};
use crate::terminal::render_diagnostic;
use crate::verdict::{StepVerdict, Verdict};

/// The scenario as a test case; `file` and `line` are attributes that common consumers link to.
pub(super) fn test_case(run: &Run, scenario: &ScenarioReport) -> TestCase {
    let last = &scenario.last;
    let mut status = match scenario.verdict {
        Verdict::Passed | Verdict::Flaky => TestCaseStatus::success(),
        Verdict::Failed => non_success(run, last, NonSuccessKind::Failure),
        Verdict::Error => non_success(run, last, NonSuccessKind::Error),
        Verdict::Skipped | Verdict::NotRun => TestCaseStatus::skipped(),
    };
    match (&scenario.skipped, scenario.verdict) {
        (Some(skip), Verdict::Skipped) => {
            status.set_type(text(&skip.capability)).set_message(text(&skip.reason));
        }
        (_, Verdict::NotRun) => {
            status.set_type("not-run").set_message("the run ended before this scenario did");
        }
        _ => {}
    }
    status.add_reruns(scenario.earlier_attempts.iter().map(|attempt| rerun(run, attempt)));
    let mut case = TestCase::new(text(&scenario.name), status);
    case.set_classname(text(&scenario.feature));
    case.set_time(seconds(scenario.all_attempts().map(|(_, attempt)| attempt.wall_ms).sum()));
    case.extra.insert(XmlString::new("file"), text(&scenario.feature));
    case.extra.insert(XmlString::new("line"), XmlString::new(scenario.line.to_string()));
    case.set_system_out(text(&transcript(run, last)));
    case
}

/// The test case of what is wrong with the run as a whole.
pub(super) fn run_case(wrong: &[String]) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let first = wrong.first().and_then(|first| first.lines().next()).unwrap_or_default();
    status.set_message(text(first)).set_type("run").set_description(text(&wrong.join("\n")));
    let mut case = TestCase::new("the run came to its end and left nothing behind", status);
    case.set_classname("the run itself");
    case
}

fn non_success(run: &Run, attempt: &AttemptReport, kind: NonSuccessKind) -> TestCaseStatus {
    let reason = Reason::of(run, attempt);
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(text(&reason.message)).set_type(text(&reason.category)).set_description(text(&reason.text));
    status
}

fn rerun(run: &Run, attempt: &AttemptReport) -> TestRerun {
    let reason = Reason::of(run, attempt);
    let broken = attempt.attempt_verdict == Verdict::Error;
    let mut rerun = TestRerun::new(if broken { NonSuccessKind::Error } else { NonSuccessKind::Failure });
    rerun.set_time(seconds(attempt.wall_ms)).set_message(text(&reason.message)).set_type(text(&reason.category));
    rerun.set_description(text(&reason.text)).set_system_out(text(&transcript(run, attempt)));
    rerun
}

/// Why an attempt did not pass.
struct Reason {
    category: String,
    message: String,
    text: String,
}

impl Reason {
    fn of(run: &Run, attempt: &AttemptReport) -> Self {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(attempt.diagnostics.iter().map(|diagnostic| render_diagnostic(diagnostic, false)));
        for step in attempt.failed_steps() {
            parts.push(format!("line {}: {}", step.line, sentence(step)));
            parts.extend(step.diagnostic.iter().map(|diagnostic| render_diagnostic(diagnostic, false)));
        }
        let failed = attempt.failed_steps().next();
        let step = failed.and_then(|step| step.diagnostic.as_ref());
        let diagnostics = || attempt.diagnostics.iter().chain(step);
        let held = |finding: &&FindingReport| finding.held_against;
        let findings: Vec<_> = run.findings_of(&attempt.findings).filter(held).collect();
        parts.extend(findings.iter().map(|finding| finding_text(finding)));
        let what = diagnostics().next().map(|Diagnostic { what, .. }| what.clone());
        let first = findings.first();
        let message = what.clone().or(failed.map(sentence));
        let message = message.or(first.map(|finding| format!("{}: {}", finding.kind, finding.message)));
        let category = what.or(first.map(|finding| finding.kind.clone()));
        Self {
            category: category.unwrap_or_else(|| attempt.attempt_verdict.to_string()),
            message: message.unwrap_or_else(|| "it did not run to its end".to_owned()),
            text: parts.join("\n"),
        }
    }
}

fn sentence(step: &StepReport) -> String {
    format!("{} {}", step.keyword.trim_end(), step.text)
}

/// Each step with its verdict and environment time, what was injected, then the findings.
fn transcript(run: &Run, attempt: &AttemptReport) -> String {
    let mut out = String::new();
    for step in &attempt.steps {
        let time = match step.verdict {
            StepVerdict::NotRun => String::new(),
            _ => format!(" ({})", duration::humane(step.duration_ms)),
        };
        let _ = writeln!(out, "{:<7} {}{time}", step.verdict, sentence(step));
    }
    for InjectionReport { injection, .. } in attempt.injections() {
        let _ = writeln!(out, "injected {injection}");
    }
    for finding in run.findings_of(&attempt.findings) {
        let _ = writeln!(out, "{}", finding_text(finding));
    }
    out
}
