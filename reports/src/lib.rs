//! Journal types, verdicts and the reports that people and machines read.

pub mod diagnostic;
pub mod journal;
mod lane;
mod verdict;

pub use lane::{ClusterLane, CubLane, HubLane, Lane};
pub use verdict::{StepVerdict, Verdict};
