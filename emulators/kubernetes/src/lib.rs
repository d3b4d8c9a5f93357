//! An emulator of the Kubernetes API, its controllers and a node.
//!
//! [`Cluster::start`] serves the API of Kubernetes 1.34 on a loopback port. Controllers turn
//! Deployments into Pods, and a simulated node runs them as the image [`Catalogue`] declares. All of
//! it lives on the clock and the seed of one [`stagegate_simulation::Simulation`].

mod access;
mod admission;
mod api;
mod certificates;
mod cluster;
mod command;
mod controllers;
mod kinds;
mod node;
pub mod observation;
mod program;
mod store;

#[cfg(feature = "fuzzing")]
pub use api::fuzzing;
pub use certificates::{Authority, CertificateError};
pub use cluster::{Cluster, ClusterError, Options};
pub use node::NAME as NODE;
pub use node::catalogue::{Answer, Catalogue, CatalogueError, Crash, Image, Listener, Missing, Reference, Variant};
pub use node::log::LogSink;
pub use program::{Container, Program};
pub use stagegate_simulation::ServeError;

/// The version of Kubernetes that the cluster behaves like.
pub const VERSION: &str = "v1.34.1";
