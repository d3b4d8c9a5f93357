//! Stand-in images for the nodes of a real cluster, and the registry that serves them.
//!
//! [`Registry::start`] makes, for each image of a [`Catalogue`](stagegate_kubernetes::Catalogue), an image of the same
//! name that behaves as its entry says: one layer with an executable of stagegate, which all of them share, and a
//! configuration that carries the entry in a variable, read by `stagegate workload`. A node that is told
//! [`hosts_toml`] takes every image from there, so that no manifest need be changed. An image that the catalogue does
//! not have is a 404, a private one a 401, and a pull takes its time.
//!
//! Each stand-in says in its labels and annotations that it is one ([`STAND_IN_LABEL`]).

mod answer;
mod archive;
mod contents;
mod executable;
mod image;
mod layer;
mod libraries;
mod node;
mod pull;
mod registry;
mod store;

pub use archive::Archive;
pub use executable::{Architecture, ExecutableError};
pub use image::STAND_IN_LABEL;
pub use node::{CONTAINERD_CONFIG_PATCHES, HOSTS_TOML_PATH, NodeImport, hosts_toml};
pub use pull::{Outcome, Pull};
pub use registry::{Registry, RegistryError};
pub use store::StandInError;
