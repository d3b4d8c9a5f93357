//! Configuration data: Kubernetes YAML that is read, changed in place, compared and merged.
//!
//! Changes are splices of the text, so that comments, order, quoting and document separators of all
//! that is not changed stay as they are. Nothing here knows the hub.

mod alignment;
mod changes;
mod conflict;
mod counterparts;
mod difference;
mod edit;
mod entries;
mod error;
mod expansion;
mod gap;
mod graft;
mod merge;
mod mutation;
mod origin;
mod path;
mod resource;
mod scalar;
mod similarity;
mod splice;
#[cfg(test)]
pub(crate) use difference::Leaves;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use changes::{mutations, record_mutations};
pub(crate) use conflict::Conflict;
pub(crate) use difference::leaves;
#[cfg_attr(not(test), allow(unused_imports, reason = "tests and fuzz targets use it"))]
pub(crate) use edit::remove;
#[cfg_attr(not(test), allow(unused_imports, reason = "tests and fuzz targets use it"))]
pub(crate) use edit::set;
pub(crate) use edit::set_all;
pub(crate) use error::ConfigurationError;
pub(crate) use merge::{Lines, Protection, merge};
pub(crate) use mutation::{MutationSources, Places};
pub(crate) use path::{Path, Step, resolved_text};
pub(crate) use resource::{Resource, resources};
pub(crate) use scalar::Scalar;
