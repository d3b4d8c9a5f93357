//! The closing summary of a run.

use std::fmt::Write as _;

use super::defects;
use super::injections::Injections;
use super::paint::{BOLD, Paint, RED, YELLOW, style_of};
use super::skips;
use crate::diagnostic::Diagnostic;
use crate::duration;
use crate::format::Format;
use crate::journal::{Policy, PulledImage};
use crate::model::{AttemptReport, Defect, FindingReport, Run, RunEnd, ScenarioReport};
use crate::plural::{count, count_verdict};
use crate::printable::printable;
use crate::verdict::Verdict;

/// A report that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Its format.
    pub format: Format,
    /// Where it is, as the user would write it.
    pub path: String,
}

/// Renders the closing summary: what did not pass with its place and its cause, findings, what was left behind, the
/// verdict with its counts, the lane, and where the reports are. Ends in a newline.
pub fn render_summary(run: &Run, reports: &[ReportFile], color: bool) -> String {
    let summary = Summary { run, paint: Paint { color } };
    let mut out = String::from("\n");
    for verdict in [Verdict::Error, Verdict::Failed, Verdict::NotRun, Verdict::Flaky] {
        summary.scenarios(&mut out, verdict);
    }
    summary.findings(&mut out);
    summary.outside(&mut out);
    summary.closing(&mut out);
    for ReportFile { format, path } in reports {
        let _ = writeln!(out, "{:<8} {}", format!("{format}:"), printable(path));
    }
    out
}

struct Summary<'a> {
    run: &'a Run,
    paint: Paint,
}

impl Summary<'_> {
    fn scenarios(&self, out: &mut String, verdict: Verdict) {
        let of_verdict = || self.run.scenarios.iter().filter(|scenario| scenario.verdict == verdict);
        if of_verdict().next().is_none() {
            return;
        }
        let head = match verdict {
            Verdict::Error => "the harness or the environment broke in",
            Verdict::Failed => "failed",
            Verdict::NotRun => "did not run to the end",
            _ => "passed only after a failed attempt",
        };
        let _ = writeln!(out, "{}", self.paint.with(style_of(verdict), &format!("{head}:")));
        for scenario in of_verdict() {
            let place = printable(&scenario.location().to_string()).into_owned();
            let _ = writeln!(out, "  {}  {place}", self.paint.with(BOLD, &printable(&scenario.name)));
            for why in self.why(scenario) {
                let _ = writeln!(out, "      {}", printable(&why));
            }
            for line in injected(scenario).lines() {
                let _ = writeln!(out, "      {}", self.paint.with(YELLOW, &line));
            }
        }
        out.push('\n');
    }

    /// Why a scenario did not pass, a line for each step that failed.
    fn why(&self, scenario: &ScenarioReport) -> Vec<String> {
        let Some(attempt) = telling_attempt(scenario) else { return Vec::new() };
        if let Some(diagnostic) = attempt.diagnostics.first() {
            return vec![diagnostic.what.clone()];
        }
        let failed: Vec<String> = attempt
            .failed_steps()
            .map(|step| {
                let what = step.diagnostic.as_ref().map(|Diagnostic { what, .. }| format!(": {what}"));
                let sentence = format!("{} {}", step.keyword.trim_end(), step.text);
                format!("line {}: {sentence}{}", step.line, what.unwrap_or_default())
            })
            .collect();
        if failed.is_empty() { self.why_else(attempt).into_iter().collect() } else { failed }
    }

    /// Why an attempt did not pass although no step failed.
    fn why_else(&self, attempt: &AttemptReport) -> Option<String> {
        if let Some(step) = attempt.steps.iter().find(|step| step.unfinished) {
            let sentence = format!("{} {}", step.keyword.trim_end(), step.text);
            return Some(format!("line {}: {sentence}: was going on when the run ended", step.line));
        }
        let finding = self.run.findings_of(&attempt.findings).find(|finding| is_denied(finding))?;
        Some(format!("{}: {}", finding.kind, finding.message))
    }

    fn findings(&self, out: &mut String) {
        let (against, other): (Vec<_>, Vec<_>) = self.run.findings.iter().partition(|finding| finding.held_against);
        let is_shown = |finding: &&FindingReport| finding.expected_by.is_none() && finding.policy != Policy::Allow;
        if !against.is_empty() {
            let _ = writeln!(out, "{}", self.paint.with(RED, "findings held against the run:"));
            *out += &defects::render(&against, self.paint);
            out.push('\n');
        }
        let other: Vec<_> = other.into_iter().filter(is_shown).collect();
        if !other.is_empty() {
            let _ = writeln!(out, "{}", self.paint.with(YELLOW, "other findings:"));
            *out += &defects::render(&other, self.paint);
            out.push('\n');
        }
    }

    /// What happened outside of scenarios.
    fn outside(&self, out: &mut String) {
        for diagnostic in &self.run.diagnostics {
            *out += &super::render_diagnostic(diagnostic, self.paint.color);
        }
        if !self.run.leftovers.is_empty() {
            let _ = writeln!(out, "{}", self.paint.with(RED, "left behind by clean-up:"));
            for what in &self.run.leftovers {
                let _ = writeln!(out, "  {}", printable(what));
            }
            out.push('\n');
        }
    }

    fn closing(&self, out: &mut String) {
        let run = self.run;
        let verdict = self.paint.with(style_of(run.verdict), &run.verdict.to_string());
        let counts: Vec<_> = run.counts.worst_first().map(|(verdict, number)| count_verdict(number, verdict)).collect();
        let counts = if counts.is_empty() { "nothing was run".to_owned() } else { counts.join(", ") };
        let steps = count(run.step_counts.total, "step");
        let scenarios = count(run.counts.total, "scenario");
        let _ = writeln!(out, "{:<8} {verdict} (exit status {}){}", "verdict:", run.exit_status, ending(&run.end));
        let _ = writeln!(out, "{:<8} {scenarios}: {counts}; {steps}{}", "counts:", self.finding_counts());
        let lane = printable(&run.lane.to_string()).into_owned();
        let _ = writeln!(out, "{:<8} {} ({lane})", "lane:", self.paint.with(BOLD, run.claim()));
        if let Some(hub) = &run.hub {
            let _ = writeln!(out, "{:<8} {}", "hub:", printable(&hub.to_string()));
        }
        for kept in &run.kept {
            let _ = writeln!(out, "{:<8} {}", "kept:", printable(kept));
        }
        for cluster in &run.clusters {
            let _ = writeln!(out, "{:<8} {}", "cluster:", printable(&cluster.to_string()));
        }
        for PulledImage { image, digest } in &run.images {
            let _ = writeln!(out, "{:<8} {}", "pulled:", printable(&format!("{image} {digest}")));
        }
        let time = duration::with_wall(run.duration_ms, run.wall_ms);
        let _ = writeln!(out, "{:<8} {time}", "time:");
        *out += &skips::render(run.scenarios.iter().filter_map(|scenario| scenario.skipped.as_ref()), self.paint);
    }

    fn finding_counts(&self) -> String {
        let findings = &self.run.findings;
        if findings.is_empty() {
            return String::new();
        }
        let against = findings.iter().filter(|finding| finding.held_against).count();
        let expected = findings.iter().filter(|finding| finding.expected_by.is_some()).count();
        let mut text = format!("; {}, {against} held against the run", count(findings.len(), "finding"));
        let defects = Defect::held_against(self.run).len();
        if defects < against {
            let _ = write!(text, " for {}", count(defects, "defect"));
        }
        if expected > 0 {
            let _ = write!(text, ", {expected} expected");
        }
        text
    }
}

/// The attempt that did not pass.
fn telling_attempt(scenario: &ScenarioReport) -> Option<&AttemptReport> {
    let mut attempts = scenario.all_attempts().map(|(_, attempt)| attempt);
    if scenario.verdict == Verdict::Flaky { attempts.next() } else { attempts.last() }
}

fn injected(scenario: &ScenarioReport) -> Injections {
    let mut injected = Injections::default();
    for report in telling_attempt(scenario).into_iter().flat_map(AttemptReport::injections) {
        injected.add(&report.injection);
    }
    injected
}

fn is_denied(finding: &FindingReport) -> bool {
    finding.policy == Policy::Deny && finding.expected_by.is_none()
}

fn ending(end: &RunEnd) -> String {
    match end {
        RunEnd::Finished => String::new(),
        RunEnd::Interrupted { signal } => format!(", interrupted by {}", printable(signal)),
        RunEnd::BudgetExceeded { budget_ms } => {
            format!(", the time budget of {} was used up", duration::humane(*budget_ms))
        }
        RunEnd::Unfinished => ", the journal stops before the end of the run".to_owned(),
    }
}
