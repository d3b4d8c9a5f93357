//! Findings in the terminal.

use std::fmt::Write as _;

use super::paint::{BLUE, DIM, Paint, RED, YELLOW};
use crate::journal::Policy;
use crate::model::FindingReport;
use crate::printable::printable;

/// How many lines of a command's output are shown.
const OUTPUT_LINES: usize = 6;

/// A finding as an indented block that ends in a newline.
pub(super) fn render(finding: &FindingReport, paint: Paint, indent: usize) -> String {
    let mut out = String::new();
    let message = printable(&finding.message);
    let _ = writeln!(out, "{:indent$}{}: {message}", "", head(finding, paint));
    let status = finding.exit_status.map(|status| format!(" (exit status {status})")).unwrap_or_default();
    let command = finding.command.as_ref().map(|command| format!("{command}{status}"));
    let expected = finding.expected_by.as_ref().map(ToString::to_string);
    let follows = finding.follows.as_ref().map(ToString::to_string);
    // What to do stands with what it follows from.
    let help = finding.help.clone().filter(|_| follows.is_none());
    let fields = [
        ("at", finding.place()),
        ("command", command),
        ("output", finding.output.as_deref().map(shorten)),
        ("cause", finding.cause.clone()),
        ("follows", follows.map(|place| format!("from what happened at {place}"))),
        ("help", help),
        ("expected by", expected),
    ];
    for (label, text) in fields {
        let Some(text) = text else { continue };
        let text = printable(&text);
        for (number, line) in text.trim_end().lines().enumerate() {
            let label = if number == 0 { format!("{label}:") } else { String::new() };
            let label = paint.with(BLUE, &format!("{label:<12}"));
            let _ = writeln!(out, "{:width$}{label} {line}", "", width = indent + 2);
        }
    }
    out
}

/// What the findings at a place have in common: their policy and their kind, the same in all of them.
pub(super) fn head(finding: &FindingReport, paint: Paint) -> String {
    let (style, word) = match (finding.policy, &finding.expected_by) {
        (_, Some(_)) => (DIM, "expected"),
        (Policy::Deny, None) => (RED, "denied"),
        (Policy::Warn, None) => (YELLOW, "warning"),
        (Policy::Allow, None) => (DIM, "allowed"),
    };
    paint.with(style, &printable(&format!("{word}: {}", finding.kind)))
}

fn shorten(output: &str) -> String {
    let lines: Vec<_> = output.trim_end().lines().collect();
    let mut text = lines[..lines.len().min(OUTPUT_LINES)].join("\n");
    if lines.len() > OUTPUT_LINES {
        let _ = write!(text, "\n… {} more lines", lines.len() - OUTPUT_LINES);
    }
    text
}
