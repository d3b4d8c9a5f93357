//! The operations of the API, one file per resource family.

mod administration;
mod audit;
mod body;
mod body_shape;
mod bulk;
mod bulk_create;
mod call;
mod change_set;
mod cloning;
mod crud;
mod description;
mod device;
mod envelope;
mod faults;
mod fields;
mod functions;
mod items;
mod link;
mod link_bulk_create;
mod login;
mod member;
mod name_pattern;
mod operations;
mod organization;
mod parameters;
mod permission;
mod references;
mod request_body;
mod revision_spec;
mod router;
mod selection;
mod set;
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
mod worker_steps;

pub(crate) use call::{Call, Reply};
pub(crate) use crud::{change_with, place, remove, told_fields};
pub(crate) use description::difference;
pub(crate) use faults::router as faults_router;
pub(crate) use fields::fields;
pub(crate) use items::Items;
pub(crate) use operations::{Operation, operations};
pub use permission::{OperationAccess, operation_access};
pub(crate) use router::{router, routes};

/// How this system is called in exchanges and changes.
pub(crate) const SYSTEM: &str = "confighub";
