//! The run loop, environments, script tracer and finding detectors.

pub mod findings;
pub mod journal;
pub mod script;
pub mod shell;
