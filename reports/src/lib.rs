//! Journal types, verdicts and the reports that people and machines read.

pub mod compare;
pub mod diagnostic;
mod duration;
mod format;
mod html;
pub mod journal;
pub mod json;
mod junit;
mod lane;
pub mod model;
mod plural;
mod printable;
pub mod terminal;
mod verdict;

pub use format::{Format, RenderError, UnknownFormat, render};
pub use lane::{ClusterLane, CubLane, HubLane, Lane};
pub use printable::printable;
pub use verdict::{StepVerdict, Verdict};
