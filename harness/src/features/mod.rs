//! From feature files to the scenarios that will run.

mod parse;
mod plan;
mod scan;
mod select;
mod source;

pub use plan::{Plan, PlanError, ScenarioKey};
pub use select::{Selector, SelectorError};
pub use source::{FeatureSource, SourceError, load};
