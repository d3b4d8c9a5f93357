//! The ConfigHub bridge worker: connects to a hub, announces its target, and carries out units' operations on a cluster.
//!
//! What it says on the wire, in which order and with which words follows recorded runs of the worker of
//! August 2025 against a Kubernetes 1.34 control plane. All times come from the environment's clock.
//!
//! Not done here, and answered so that it can be seen: functions (`InvokeFunctions` gives
//! `FunctionInvocationFailed`; the hub runs the built-in ones itself) and import by filters
//! (`ImportFailed`).

mod action;
mod backoff;
mod config;
mod event_stream;
mod hub;
pub mod kstatus;
mod kubernetes;
mod live_state;
mod manifest;
mod protocol;
mod session;
mod tasks;
mod wait_slots;

pub use config::{Config, ConfigError, REGISTRATION_DELAY, TargetName};
pub use hub::HubError;
pub use kubernetes::Authorities;
pub use session::{Exit, run};
