//! Kubernetes clusters in containers: a typed wrapper on the command line of [kind](https://kind.sigs.k8s.io).
//!
//! ```no_run
//! use std::time::Duration;
//! use stagegate_kind::{ClusterConfig, ClusterName, Creation, Kind, Requirements};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kind = Kind::find()?;
//! kind.preflight(&Requirements::default())?;
//!
//! let config = ClusterConfig::new(ClusterName::of("example")?).image("kindest/node:v1.34.0");
//! let cluster = kind.create(&config, &Creation::new("run/kubeconfig", "run-1"))?.deleted_on_drop();
//! cluster.wait_ready(Duration::from_secs(120))?;
//! # Ok(())
//! # }
//! ```
//!
//! Every call blocks its thread; asynchronous callers use `spawn_blocking`. A [`Kind`] that was given a token with
//! [`Kind::stopped_by`] ends its calls when the token is cancelled: the program that runs is killed with its process group, and
//! what a creation has made so far is deleted before it returns. A caller that is interrupted cancels the token and
//! waits for the blocking call to return:
//!
//! ```
//! # use stagegate_kind::{Cluster, ClusterConfig, Creation, Error, Kind};
//! # use tokio_util::sync::CancellationToken;
//! fn create_until(stop: CancellationToken, kind: Kind, config: ClusterConfig, how: Creation) -> Result<Cluster, Error> {
//!     kind.stopped_by(stop).create(&config, &how)
//! }
//! ```
//!
//! Clusters of ours have names that begin with [`ClusterName::PREFIX`], and a [`Mark`] in the first node once they are complete. No
//! other cluster is used or deleted. Nothing is written to a user's kubeconfig, and nothing listens on all addresses.

mod adopt;
mod cluster;
mod command;
mod config;
mod create;
mod delete;
mod error;
mod kind;
mod kubeconfig;
mod marker;
mod name;
mod network;
mod node;
mod preflight;
mod ready;
mod runtime;

pub use cluster::{Cluster, DeletedOnDrop};
pub use command::Output;
pub use config::{ClusterConfig, ConfigError, Mount, NodeConfig, PortMapping, Protocol};
pub use create::Creation;
pub use error::{CreateFailure, Error};
pub use kind::Kind;
pub use marker::Mark;
pub use name::{ClusterName, NameError};
pub use network::Route;
pub use node::{Node, NodeCommand, NodeRole};
pub use preflight::{Preflight, Problem, Requirements};
pub use ready::Missing;
pub use runtime::Runtime;
