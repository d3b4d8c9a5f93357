//! Defects that no assertion asked for, found in the journal.
//!
//! Each detector is a pure function over the records of a scenario's attempt, with the text of the
//! scripts at hand. [`catalogue`] explains them.

mod catalogue;
mod false_success;
mod masked_failure;
mod policy;
mod sources;
mod usage_error;

pub use catalogue::{Explanation, catalogue};
pub use policy::{KindPolicy, Policies, PolicyError};
pub use sources::{NoSources, Sources};
