//! The run loop, environments, script tracer and finding detectors.

pub mod environment;
pub mod failure;
pub mod features;
pub mod findings;
pub mod journal;
pub mod run;
pub mod script;
pub mod shell;
pub mod vocabulary;

/// `1 scenario`, `2 scenarios`: a count with its noun.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
