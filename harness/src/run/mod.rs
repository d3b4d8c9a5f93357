//! The run loop: from a plan to a journal.

mod capability;
mod dispatch;
mod engine;
mod scenario;
mod settings;
mod variables;

pub use capability::{Capabilities, Capability, Missing};
pub use engine::{Ending, Run};
pub use scenario::Scenario;
pub use settings::{Keep, Settings};
pub use variables::UnknownVariable;
