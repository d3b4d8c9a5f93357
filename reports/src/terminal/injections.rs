//! What rules for faults did, beside what did not pass.

use crate::journal::Injection;
use crate::printable::printable;

/// How many are named one by one.
const NAMED: usize = 3;

/// The first few faults of an attempt, and how many more there were.
#[derive(Debug, Default)]
pub(super) struct Injections {
    named: Vec<Injection>,
    more: usize,
}

impl Injections {
    pub(super) fn add(&mut self, injection: &Injection) {
        if self.named.len() < NAMED {
            self.named.push(injection.clone());
        } else {
            self.more += 1;
        }
    }

    /// One line for each that is named, and one for the others.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let named = self.named.iter().map(|injection| format!("injected: {}", printable(&injection.to_string())));
        named.chain((self.more > 0).then(|| format!("injected: {} more", self.more)))
    }
}
