//! Counted words.

use crate::verdict::Verdict;

/// `1 scenario`, `2 scenarios`; for words whose plural ends in `s`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `2 failed`, `1 error`, `2 errors`.
pub(crate) fn count_verdict(number: usize, verdict: Verdict) -> String {
    match verdict {
        Verdict::Error => count(number, "error"),
        _ => format!("{number} {verdict}"),
    }
}
