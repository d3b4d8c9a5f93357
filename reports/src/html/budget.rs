//! Keeping the page small enough to open, whatever the run did.

use std::borrow::Cow;

use super::escape::entity;

/// What the scenarios of a page may take, in bytes.
const PAGE_LIMIT: usize = 4_400_000;

/// The markup around a step, an event or a command, in bytes, generously.
pub(super) const STEP_MARKUP: usize = 170;
pub(super) const ROW_MARKUP: usize = 190;
pub(super) const COMMAND_MARKUP: usize = 420;

/// How much may still be shown. Steps are reserved for first; what went on during them takes the rest, in the
/// order of the page, so that what failed is shown in full before what passed.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    details: usize,
}

impl Budget {
    /// A budget for steps that cost this much in all.
    pub(super) fn new(all_steps: usize) -> Self {
        Self { steps: PAGE_LIMIT, details: PAGE_LIMIT.saturating_sub(all_steps) }
    }

    /// Whether a step of this cost can still be shown.
    pub(super) fn take_step(&mut self, cost: usize) -> bool {
        take(&mut self.steps, cost)
    }

    /// Whether something of this cost that went on during a step can still be shown.
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
