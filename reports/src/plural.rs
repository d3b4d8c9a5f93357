//! Counted words.

/// `1 scenario`, `2 scenarios`; for words whose plural ends in `s`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
