//! A cluster that was there before the run and stays after it.
//!
//! Others may be at work on it, so nothing is removed from it but what the run's ledger says that the run has made.

mod access;
mod guard;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::config::{Kubeconfig, KubeconfigError};
use stagegate_kind::Kind;
use stagegate_reports::journal::{Event, RealCluster};
use stagegate_tap::Upstream;

use self::guard::Inhabitants;
use super::EnvironmentError;
use super::claim::RealEnd;
use super::ledger::{Ledger, Place};
use super::leftovers::uid_of_cluster;
use crate::journal::Journal;
use crate::run::Settings;

/// The port by which the way to a node is found; nothing is sent to it.
const KUBELET: u16 = 10250;

/// The kubeconfig at `path` or where kubectl looks for one (`KUBECONFIG`, then `~/.kube/config`), and the context in
/// it: the one that is named, else the current one.
///
/// # Errors
///
/// When the file cannot be read, or has no such context.
pub fn find_context(path: Option<&Path>, context: Option<&str>) -> Result<(PathBuf, String), ContextError> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => usual_path()?,
    };
    let fail = |reason: String| ContextError::Kubeconfig { path: path.clone(), reason };
    let kubeconfig = Kubeconfig::read_from(&path).map_err(|error| fail(reason(&error)))?;
    let name = match context {
        Some(name) => name.to_owned(),
        None => {
            kubeconfig.current_context.filter(|name| !name.is_empty()).ok_or_else(|| fail(NO_CURRENT.to_owned()))?
        }
    };
    let Some(found) = kubeconfig.contexts.iter().find(|context| context.name == name) else {
        let known = kubeconfig.contexts.into_iter().map(|context| context.name).collect();
        return Err(ContextError::Context { name, known });
    };
    let of = found.context.as_ref();
    let cluster = of.map(|context| context.cluster.clone()).unwrap_or_default();
    let user = of.and_then(|context| context.user.clone()).unwrap_or_default();
    if !kubeconfig.clusters.iter().any(|known| known.name == cluster) {
        return Err(fail(format!("its context `{name}` is of cluster `{cluster}`, which it does not have")));
    }
    // A server would be asked without credentials, and its refusal would not say why.
    if !user.is_empty() && !kubeconfig.auth_infos.iter().any(|known| known.name == user) {
        return Err(fail(format!("its context `{name}` is of user `{user}`, whom it does not have")));
    }
    let path = std::path::absolute(&path).map_err(|error| fail(error.to_string()))?;
    Ok((path, name))
}

const NO_CURRENT: &str = "it has no current context";

/// The cluster that was meant cannot be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// There is no kubeconfig, or none that can be read.
    #[error("the kubeconfig {} cannot be used: {reason}", .path.display())]
    Kubeconfig {
        /// Where it was looked for.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Nobody said where it is.
    #[error("there is no kubeconfig: neither KUBECONFIG nor HOME is set")]
    Homeless,
    /// `KUBECONFIG` names several files.
    #[error("KUBECONFIG names several files")]
    Several,
    /// It has no context of this name.
    #[error("the kubeconfig has no context `{name}`; it has: {}", .known.join(", "))]
    Context {
        /// The name that was given.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
}

impl ContextError {
    /// What to do about it.
    pub fn fix(&self) -> String {
        let fix = match self {
            Self::Kubeconfig { reason, .. } if reason == NO_CURRENT => {
                "choose one with --context NAME; `kubectl config get-contexts` lists them"
            }
            Self::Kubeconfig { .. } => "name another file with --cluster kubeconfig=PATH, or mend it",
            Self::Homeless => "name a file with --cluster kubeconfig=PATH",
            Self::Several => "take one of them with --cluster kubeconfig=PATH",
            Self::Context { .. } => "take one of those, or name another file with --cluster kubeconfig=PATH",
        };
        fix.to_owned()
    }
}

fn reason(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(source, _) => source.to_string(),
        KubeconfigError::Parse(error) => format!("it is no YAML of a kubeconfig: {}", error.without_snippet()),
        other => stagegate_reports::diagnostic::chain(other),
    }
}

fn usual_path() -> Result<PathBuf, ContextError> {
    if let Some(paths) = std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty()) {
        let mut paths = std::env::split_paths(&paths);
        return match (paths.next(), paths.next()) {
            (Some(path), None) => Ok(path),
            _ => Err(ContextError::Several),
        };
    }
    std::env::var_os("HOME").map(|home| Path::new(&home).join(".kube/config")).ok_or(ContextError::Homeless)
}

/// The cluster, ready for the scenarios of a run.
pub(super) struct ExistingCluster {
    pub(super) end: RealEnd,
    pub(super) client: Client,
    /// Whether containers run on its nodes.
    pub(super) runs_containers: bool,
    /// Nothing speaks against it: nobody else has anything there.
    pub(super) is_unused: bool,
}

impl ExistingCluster {
    /// Looks whether the cluster can and may be used.
    pub(super) async fn prepare(
        settings: &Settings,
        (kubeconfig, context): (&Path, &str),
        (ledger, journal): (&Ledger, &Journal),
    ) -> Result<Self, EnvironmentError> {
        let began = Instant::now();
        journal.write(Event::Preparing { what: format!("looking at the cluster of context {context}") });
        let upstream = Upstream::of_file(kubeconfig, Some(context)).await?;
        let client = upstream.client();
        let version = client.apiserver_version().await.map_err(EnvironmentError::Version)?.git_version;
        let missing = access::missing(&client).await.map_err(EnvironmentError::Inventory)?;
        if !missing.is_empty() {
            let (context, user) = (context.to_owned(), upstream.user().to_owned());
            return Err(EnvironmentError::NotAllowed { context, user, missing });
        }
        let inhabitants = Inhabitants::look(&client).await.map_err(EnvironmentError::Inventory)?;
        let objections = inhabitants.objections(context, (upstream.url(), upstream.is_local()));
        if !objections.is_empty() && settings.cluster.known.as_deref() != Some(context) {
            return Err(EnvironmentError::Guarded { context: context.to_owned(), objections });
        }
        let uid = uid_of_cluster(&client).await.map_err(EnvironmentError::Inventory)?;
        ledger.place(Place::Cluster(uid))?;
        let runs_containers = inhabitants.runs_containers();
        // Also a real hub is reached through a tap of ours.
        let hub_address = if runs_containers {
            Some(hub_address(settings, &inhabitants.nodes)?)
        } else {
            settings.cluster.hub_address
        };
        let mut cluster = RealCluster {
            name: context.to_owned(),
            version,
            node_image: None,
            images: String::new(),
            made: false,
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
        };
        let images = match runs_containers {
            _ if cluster.is_emulated() => "what an emulator's catalogue says",
            true => "what their registries serve",
            false => "nothing: its nodes are feigned",
        };
        images.clone_into(&mut cluster.images);
        journal.write(Event::ClusterReady(cluster));
        let end = RealEnd {
            kubeconfig: Arc::from(kubeconfig),
            context: Some(context.to_owned()),
            hub_address,
            made: Some(ledger.on_made()),
            only_workers: inhabitants.workers.is_empty(),
        };
        Ok(Self { end, client, runs_containers, is_unused: objections.is_empty() })
    }
}

/// This machine's address for the cluster's Pods: the one that was given, else the one from which the nodes are reached
/// if that is on a network of containers, which nobody else is on.
fn hub_address(settings: &Settings, nodes: &[Node]) -> Result<IpAddr, EnvironmentError> {
    if let Some(address) = settings.cluster.hub_address {
        return Ok(address);
    }
    let statuses = nodes.iter().filter_map(|node| node.status.as_ref()?.addresses.as_ref());
    let internal = statuses.flatten().filter(|address| address.type_ == "InternalIP");
    let towards: Vec<IpAddr> = internal.filter_map(|node| local_address(node.address.parse().ok()?)).collect();
    let gateways = Kind::find().ok().and_then(|kind| kind.gateways().ok()).unwrap_or_default();
    towards
        .iter()
        .find(|address| gateways.contains(address))
        .copied()
        .ok_or(EnvironmentError::NoHubAddress { candidates: towards })
}

/// The address that this machine would send from. Connecting a datagram socket sends nothing.
fn local_address(node: IpAddr) -> Option<IpAddr> {
    let unspecified: SocketAddr =
        if node.is_ipv4() { SocketAddr::from(([0, 0, 0, 0], 0)) } else { SocketAddr::from(([0u16; 8], 0)) };
    let socket = UdpSocket::bind(unspecified).ok()?;
    socket.connect((node, KUBELET)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
