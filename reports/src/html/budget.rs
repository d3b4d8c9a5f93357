//! Keeping the page small enough to open, whatever the run did.

use std::borrow::Cow;

use super::escape::entity;

/// What the findings and scenarios of a page may take, in bytes.
const PAGE_LIMIT: usize = 4_500_000;

/// The markup around each of these, in bytes, generously.
pub(super) const SCENARIO_MARKUP: usize = 580;
pub(super) const COMPACT_MARKUP: usize = 150;
pub(super) const ATTEMPT_MARKUP: usize = 240;
pub(super) const STEP_MARKUP: usize = 140;
pub(super) const ROW_MARKUP: usize = 130;
pub(super) const COMMAND_MARKUP: usize = 340;
pub(super) const FINDING_MARKUP: usize = 600;

/// How much may still be shown, in the order of the page, so that what failed is shown in full before what passed.
#[derive(Debug)]
pub(super) struct Budget {
    /// For scenarios as one line each.
    lines: usize,
    /// For scenarios with their steps.
    outline: usize,
    /// For findings and for what went on during steps.
    details: usize,
}

impl Budget {
    /// A budget for scenarios that cost `lines` as one line each and `outline` with their steps. Lines are reserved
    /// first; details get what is left in the end, and at least a third of what the lines leave.
    pub(super) fn new(lines: usize, outline: usize) -> Self {
        let lines = lines.min(PAGE_LIMIT / 2);
        let rest = PAGE_LIMIT - lines;
        let details = rest.saturating_sub(outline).max(rest / 3);
        Self { lines, outline: rest - details, details }
    }

    /// Whether a scenario can still be shown as one line of this cost.
    pub(super) fn take_line(&mut self, cost: usize) -> bool {
        take(&mut self.lines, cost)
    }

    /// Whether a part of the outline of this cost can still be shown.
    pub(super) fn take_outline(&mut self, cost: usize) -> bool {
        take(&mut self.outline, cost)
    }

    /// Whether a detail of this cost can still be shown.
    pub(super) fn take_detail(&mut self, cost: usize) -> bool {
        take(&mut self.details, cost)
    }
}

fn take(left: &mut usize, cost: usize) -> bool {
    let enough = *left >= cost;
    if enough {
        *left -= cost;
    }
    enough
}

/// What a text takes in the page.
pub(super) fn cost(text: &str) -> usize {
    text.bytes().map(|byte| entity(byte).map_or(1, str::len)).sum()
}

/// The beginning and the end of a text that is longer than `limit` bytes.
pub(super) fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let head = (0..=limit * 2 / 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let tail = (text.len() - limit / 3..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let left_out = tail - head;
    Cow::Owned(format!("{}\n… {left_out} bytes left out of this page …\n{}", &text[..head], &text[tail..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_long_text_is_left_out() {
        let text = "é".repeat(1000);
        let short = shorten(&text, 99);
        assert!(short.starts_with("éé") && short.ends_with("éé"), "{short}");
        assert!(short.contains("bytes left out of this page"), "{short}");
        assert_eq!(shorten("short", 99), "short");
    }
}
