//! Code of ours that runs as the process of a container.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::node::log::LogSink;

/// What runs inside a container whose image the catalogue declares as `program: NAME`.
///
/// The future must live on the environment's clock: it sleeps with `Clock::sleep` and holds a
/// `Busy` while it works.
pub trait Program: Send + Sync {
    /// The name by which the catalogue refers to it.
    fn name(&self) -> &str;
    /// Starts the process; its output is the exit code.
    fn run(&self, container: Container) -> BoxFuture<'static, i32>;
}

/// What a container's process sees.
#[derive(Debug, Clone)]
pub struct Container {
    /// Environment variables, resolved from `env` and `envFrom`.
    pub env: BTreeMap<String, String>,
    /// `command` and `args` of the container.
    pub args: Vec<String>,
    /// The Pod's namespace.
    pub namespace: String,
    /// The Pod's name.
    pub pod: String,
    /// The Pod's service account.
    pub service_account: String,
    /// Takes what it prints.
    pub log: LogSink,
    /// Cancelled when the kubelet sends SIGTERM.
    pub stop: CancellationToken,
    /// Where the cluster's API is, without a trailing slash.
    pub api_url: String,
    /// The service account's bearer token.
    pub api_token: String,
}
