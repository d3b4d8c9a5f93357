//! Colour, where it is asked for.

use anstyle::{AnsiColor, Style};

use crate::verdict::Verdict;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const BLUE: Style = AnsiColor::Blue.on_default().bold();

/// Wraps text in control sequences, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    pub(super) fn with(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// The verdict's word, padded to the longest one.
    pub(super) fn verdict(self, verdict: Verdict) -> String {
        self.with(style_of(verdict), &format!("{verdict:<7}"))
    }
}

pub(super) fn style_of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => GREEN,
        Verdict::Failed | Verdict::Error => RED,
        Verdict::Flaky | Verdict::NotRun => YELLOW,
        Verdict::Skipped => DIM,
    }
}
