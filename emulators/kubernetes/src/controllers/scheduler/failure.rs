//! What is said of a Pod that finds no node.

use std::collections::BTreeMap;

/// `0/N nodes are available: …` with how many nodes there are for each reason
/// (`FitError` of `pkg/scheduler/framework`).
pub(super) fn unavailable(nodes: usize, reasons: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    // Sorted as texts, the counts included.
    let mut lines: Vec<String> = counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    lines.sort();
    let all = if lines.is_empty() { String::new() } else { format!(" {}.", lines.join(", ")) };
    format!("0/{nodes} nodes are available:{all}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_sorted_as_texts() {
        let reasons: Vec<String> =
            [vec!["b"; 2], vec!["a"; 10], vec!["c"; 1]].concat().into_iter().map(str::to_owned).collect();
        assert_eq!(unavailable(13, &reasons), "0/13 nodes are available: 1 c, 10 a, 2 b.");
        assert_eq!(unavailable(3, &[]), "0/3 nodes are available:");
    }
}
