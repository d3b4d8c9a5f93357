//! The run loop: from a plan to a journal.

mod capability;
mod dispatch;
mod engine;
mod logged;
mod scenario;
mod scripts;
mod settings;
mod settling;
mod variables;

pub use capability::{Capabilities, Capability, Missing, find_program};
pub use engine::{Ending, Run};
pub use logged::LoggedErrors;
pub use scenario::Scenario;
pub use settings::{ClusterSettings, HubToken, Keep, Settings};
pub use settling::is_beginning;
pub use variables::UnknownVariable;
