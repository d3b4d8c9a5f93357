//! One change of a text.

use std::ops::Range;

/// A range of a text, and what is to stand there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) with: String,
}

impl Splice {
    pub(super) fn new(range: Range<usize>, with: &str) -> Self {
        Self { range, with: with.to_owned() }
    }

    pub(super) fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.range.start], self.with, &text[self.range.end..])
    }

    /// Makes all of some changes that do not overlap; of those at the same place the first comes first.
    pub(super) fn apply_all(mut splices: Vec<Self>, text: &str) -> String {
        splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        let mut all = String::with_capacity(text.len());
        let mut done = 0;
        for Self { range, with } in &splices {
            all.push_str(&text[done..range.start]);
            all.push_str(with);
            done = range.end;
        }
        all + &text[done..]
    }
}
