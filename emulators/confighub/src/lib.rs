//! An emulator of the ConfigHub API endpoint.
//!
//! One loopback listener serves the API under `/api`, the worker stream over HTTP/2 in clear text,
//! and the worker login. Everything is kept in memory; ids come from the simulation's seed and times
//! from its clock; each exchange and each change is reported to its observer.
//!
//! What goes wrong is said by rules ([`Hub::faults`], or `/stagegate/faults` over HTTP); all of it is
//! undone when its rule is removed.
//!
//! Operations of the OpenAPI description that are not served answer 501 and name themselves.

mod api;
pub mod audit;
mod configuration;
mod entity;
mod error;
mod faulty;
mod function_context;
mod functions;
mod gates;
mod history;
mod hub;
pub mod identity;
mod names;
pub mod observation;
mod quota;
mod resolution;
mod session;
mod snapshot;
mod store;
mod triggers;
pub mod where_clause;
mod worker;

pub use api::{OperationAccess, operation_access as operations};
pub use faulty::check_fault_rule;
pub use hub::{Hub, LoadError, Options};
pub use names::Names;
pub use quota::{Quotas, UnknownEntityType};
pub use session::{Session, SessionFile};
pub use snapshot::{Snapshot, SnapshotError, SnapshotSecrets};
pub use stagegate_simulation::ServeError;
