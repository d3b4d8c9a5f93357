//! Faults by rule: what goes wrong, for which requests, when, and how often.
//!
//! A [`FaultRule`] is added to the [`Faults`] of an environment and taken out again while it runs. The
//! layer that [`inject_faults`] puts before an emulator's handlers does what can be done to requests
//! and answers; the emulator asks for the rest, such as a lowered quota or a withheld heartbeat. Each
//! hit is told to the observer as an [`Injected`](crate::Injected).
//!
//! Times are the environment's. A request that a rule holds back lets a jumping clock run on, as its
//! sender can do nothing but wait.
//!
//! ```yaml
//! - label: slow start
//!   match: {operation: "Create*", first: 3}
//!   effect: {latency: {min: 1s, max: 3s}}
//! - match: {path: /api/space, probability: 0.2}
//!   effect: {error: {status: 503, message: try again}}
//! - match: {after: 1m, for: 30s}
//!   effect: {down: refuse}
//! ```

mod answer;
mod asked;
mod error;
mod faults;
mod file;
mod layer;
mod matching;
mod rule;
mod span;

pub use answer::Endless;
pub use error::{FaultError, FaultFileError};
pub(crate) use faults::Outage;
pub use faults::{FaultGuard, FaultId, FaultPhase, FaultState, Faults};
pub use file::{PlacedRule, parse_fault_rules, parse_placed_fault_rules};
pub(crate) use layer::Cut;
pub use layer::{FaultyApi, inject_faults};
pub use matching::{FaultMatch, Subject};
pub use rule::{DropAt, Effect, FaultRule, GIVEN_UP, Refusal};
pub use span::{Skew, Span, Spread};
