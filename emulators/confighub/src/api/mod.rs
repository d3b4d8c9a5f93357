//! The operations of the API, one file per resource family.

mod administration;
mod audit;
mod bulk;
mod call;
mod change_set;
mod crud;
mod description;
mod device;
mod envelope;
mod faults;
mod functions;
mod items;
mod link;
mod login;
mod member;
mod operations;
mod organization;
mod permission;
mod references;
mod revision_spec;
mod router;
mod selection;
mod space;
mod target;
mod unit;
mod unit_actions;
mod unit_history;
mod unit_import;
mod unit_merge;
mod unit_operations;
mod unit_update;
mod worker;
mod worker_functions;

pub(crate) use call::{Call, Reply};
pub(crate) use crud::{change_with, place};
pub(crate) use faults::router as faults_router;
pub(crate) use operations::{Operation, operations};
pub use permission::{OperationAccess, operation_access};
pub(crate) use router::router;

/// How this system is called in exchanges and changes.
pub(crate) const SYSTEM: &str = "confighub";
