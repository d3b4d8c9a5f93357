//! A diagnostic as a compiler would print it.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::paint::{BLUE, BOLD, Paint, RED};
use crate::diagnostic::{Diagnostic, Location};
use crate::printable::printable;

/// Renders a diagnostic: what, where, the source line with a caret, expected and actual, causes and help. Ends in
/// a newline.
///
/// ```
/// use stagegate_reports::diagnostic::Diagnostic;
/// use stagegate_reports::terminal::render_diagnostic;
///
/// let diagnostic = Diagnostic {
///     what: "deployment is not available".to_owned(),
///     expected: Some("1 available replica".to_owned()),
///     actual: Some("0 available replicas".to_owned()),
///     ..Diagnostic::default()
/// };
/// let text = render_diagnostic(&diagnostic, false);
/// assert!(text.starts_with("error: deployment is not available\n"));
/// ```
pub fn render_diagnostic(diagnostic: &Diagnostic, color: bool) -> String {
    let paint = Paint { color };
    let mut out = format!("{}: {}\n", paint.with(RED, "error"), paint.with(BOLD, &printable(&diagnostic.what)));
    let mut margin = 2;
    if let Some(at) = &diagnostic.at {
        margin = at.line.to_string().len() + 1;
        source(&mut out, paint, at, diagnostic.source_line.as_deref(), margin);
    }
    let Diagnostic { expected, actual, causes, help, .. } = diagnostic;
    let fields = expected
        .iter()
        .map(|text| ("expected", text))
        .chain(actual.iter().map(|text| ("actual", text)))
        .chain(causes.iter().map(|text| ("caused by", text)))
        .chain(help.iter().map(|text| ("help", text)));
    let fields: Vec<_> = fields.collect();
    let width = fields.iter().map(|(label, _)| label.len() + 1).max().unwrap_or(0);
    for (label, text) in fields {
        field(&mut out, paint, (label, text), margin, width);
    }
    out
}

fn source(out: &mut String, paint: Paint, at: &Location, source_line: Option<&str>, margin: usize) {
    let file = printable(&at.file);
    let column = at.column.map(|column| format!(":{column}")).unwrap_or_default();
    let arrow = paint.with(BLUE, "-->");
    let _ = writeln!(out, "{:margin$}{arrow} {file}:{}{column}", "", at.line);
    let Some(text) = source_line else { return };
    let text = printable(text).replace('\t', "    ");
    let bar = paint.with(BLUE, "|");
    let number = paint.with(BLUE, &format!("{:>width$}", at.line, width = margin - 1));
    let _ = writeln!(out, "{:margin$}{bar}", "");
    let _ = writeln!(out, "{number} {bar} {}", text.trim_end());
    if let Some(column) = at.column {
        // Columns count characters of the line as written, where a tab is one.
        let before: String = source_line.unwrap_or_default().chars().take(column.saturating_sub(1)).collect();
        let indent = printable(&before).replace('\t', "    ").width();
        let _ = writeln!(out, "{:margin$}{bar} {:indent$}{}", "", "", paint.with(RED, "^"));
    }
    let _ = writeln!(out, "{:margin$}{bar}", "");
}

fn field(out: &mut String, paint: Paint, (label, text): (&str, &str), margin: usize, width: usize) {
    let label = format!("{label}:");
    let text = printable(text);
    let mut lines = text.trim_end_matches('\n').split('\n');
    let first = lines.next().unwrap_or_default();
    let _ = writeln!(out, "{:margin$}{} {first}", "", paint.with(BLUE, &format!("{label:<width$}")));
    for line in lines {
        let line = format!("{:indent$}{line}", "", indent = margin + width + 1);
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
