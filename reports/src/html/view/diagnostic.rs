//! A diagnostic on the page.

use std::borrow::Cow;

use serde::Serialize;

use super::super::budget::{Budget, cost, shorten};
use crate::diagnostic::Diagnostic;
use crate::model::StepReport;

/// How much of one field is shown, in bytes, while there is room and afterwards.
const FIELD_LIMIT: usize = 8_000;
const SHORT_LIMIT: usize = 240;
const MARKUP: usize = 240;

#[derive(Debug, Serialize)]
pub(super) struct DiagnosticView<'a> {
    what: Cow<'a, str>,
    place: Option<String>,
    source_line: Option<&'a str>,
    /// Blanks up to the column.
    caret: Option<String>,
    fields: Vec<(&'static str, Cow<'a, str>)>,
}

impl DiagnosticView<'_> {
    /// Without the source line when it only repeats the step's sentence, beside which it is shown.
    pub(super) fn beside(mut self, step: &StepReport) -> Self {
        let sentence = format!("{} {}", step.keyword.trim_end(), step.text);
        if self.source_line.is_some_and(|line| line.trim() == sentence) {
            self.source_line = None;
        }
        self
    }
}

/// What a diagnostic takes when there is room for its first words only.
pub(super) fn least_cost(found: &Diagnostic) -> usize {
    MARKUP + cost(&shorten(&found.what, SHORT_LIMIT)) + found.at.as_ref().map_or(0, |at| cost(&at.file))
}

pub(super) fn view<'a>(found: &'a Diagnostic, budget: &mut Budget) -> DiagnosticView<'a> {
    let causes = found.causes.iter().map(|text| ("caused by", text));
    let fields = found.expected.iter().map(|text| ("expected", text));
    let fields = fields.chain(found.actual.iter().map(|text| ("actual", text)));
    let fields = fields.chain(causes).chain(found.help.iter().map(|text| ("help", text)));
    let fields: Vec<_> = fields.map(|(name, text)| (name, shorten(text, FIELD_LIMIT))).collect();
    let texts = fields.iter().map(|(_, text)| MARKUP / 3 + cost(text)).sum::<usize>();
    let source = found.source_line.as_deref().map_or(0, |line| 2 * cost(line));
    let affordable = budget.take_detail(MARKUP + texts + source + cost(&found.what));
    DiagnosticView {
        what: shorten(&found.what, if affordable { FIELD_LIMIT } else { SHORT_LIMIT }),
        place: found.at.as_ref().map(ToString::to_string),
        source_line: found.source_line.as_deref().filter(|_| affordable),
        caret: found.at.as_ref().and_then(|at| at.column).map(|column| caret(found, column)),
        fields: if affordable { fields } else { Vec::new() },
    }
}

/// What stands before the caret: a blank for each character before the column, and tabs as they are.
fn caret(found: &Diagnostic, column: usize) -> String {
    let line = found.source_line.as_deref().unwrap_or_default();
    line.chars().take(column.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}
