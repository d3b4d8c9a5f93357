//! Why an environment could not be made.

use std::net::IpAddr;

use stagegate_tap::HubRefusal;

use super::ledger::LedgerError;
use crate::failure::Failure;

/// The environment could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// An emulator could not listen.
    #[error("an emulator could not be started")]
    Listen(#[from] stagegate_simulation::ServeError),
    /// The cluster could not be started.
    #[error("the embedded cluster could not be started")]
    Cluster(#[from] stagegate_kubernetes::ClusterError),
    /// The catalogue of images cannot be read.
    #[error("the catalogue of images cannot be read")]
    Catalogue(#[from] stagegate_kubernetes::CatalogueError),
    /// The thread that the emulators run on could not be started.
    #[error("a thread for the emulators could not be started")]
    Thread(#[source] std::io::Error),
    /// The emulators ended before they were ready: a defect of theirs.
    #[error("the emulators ended before they were ready")]
    Lost,
    /// A client could not be built.
    #[error("a client for the {system} could not be built: {reason}")]
    Client {
        /// `hub` or `cluster`.
        system: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The folder could not be made.
    #[error("cannot make the folder {folder}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A Kind cluster could not be made or used.
    #[error(transparent)]
    Kind(Box<stagegate_kind::Error>),
    /// No node of the cluster reaches this machine, where its images and the hub are.
    #[error("the cluster's nodes do not reach this machine on their own network: {said}")]
    NoRoute {
        /// What a node said, by address.
        said: String,
    },
    /// The registry of the images could not be started.
    #[error("the images for the cluster cannot be served")]
    Images(#[from] stagegate_images::RegistryError),
    /// The API server of a real cluster cannot be used.
    #[error(transparent)]
    Upstream(#[from] stagegate_tap::UpstreamError),
    /// What stands before a real cluster could not be started.
    #[error("the tap before the cluster could not be started")]
    Tap(#[from] stagegate_tap::TapError),
    /// The objects of a real cluster cannot be listed.
    #[error("the objects of the cluster cannot be listed")]
    Inventory(#[source] kube::Error),
    /// The API server of a real cluster does not say its version.
    #[error("the version of the cluster cannot be had")]
    Version(#[source] kube::Error),
    /// What a cluster held when it was made could not be written down, or read again.
    #[error("what the cluster held when it was made cannot be written down or read: {0}")]
    Baseline(String),
    /// A cluster that was to be used again is not as it was when it was made.
    #[error("cluster `{name}` is not clean: {remains}")]
    Unclean {
        /// The cluster.
        name: String,
        /// What is there, or is not, or not as it was.
        remains: String,
    },
    /// The nodes of a cluster that was to be used again have images from elsewhere.
    #[error("the nodes of cluster `{name}` have {has}, and this run wants {wanted}")]
    OtherImages {
        /// The cluster.
        name: String,
        /// What its containers run.
        has: &'static str,
        /// What they were to run.
        wanted: &'static str,
    },
    /// The process that cleans up after this one, should it be killed, could not be started.
    #[error("the process that would delete the cluster after a kill could not be started")]
    Reaper(#[source] std::io::Error),
    /// The user of a kubeconfig may not do what features need.
    #[error("{user} may not do on the cluster of context {context} what the features need: {}", .missing.join(", "))]
    NotAllowed {
        /// The context.
        context: String,
        /// Its user.
        user: String,
        /// Verbs and resources.
        missing: Vec<String>,
    },
    /// An existing cluster may be one that others depend on.
    #[error("the cluster of context {context} may be one that others depend on: {}", .objections.join("; "))]
    Guarded {
        /// The context.
        context: String,
        /// What speaks against it.
        objections: Vec<String>,
    },
    /// It is not known how the cluster's Pods reach the embedded hub.
    #[error("it is not known at which address of this machine the cluster's pods would reach the hub{}", addresses(.candidates))]
    NoHubAddress {
        /// Addresses from which its nodes are reached.
        candidates: Vec<IpAddr>,
    },
    /// A real hub cannot be used.
    #[error("the hub {url} cannot be used")]
    Hub {
        /// Its URL.
        url: String,
        /// What it says.
        source: HubRefusal,
    },
    /// What stands before a real hub could not be started.
    #[error(transparent)]
    HubTap(#[from] stagegate_tap::HubTapError),
    /// What the run makes cannot be written down.
    #[error("what the run makes cannot be written down")]
    Ledger(#[from] LedgerError),
    /// There is no hub in a container.
    #[error(transparent)]
    HubContainer(#[from] stagegate_container::ContainerError),
    /// A real end is there no more.
    #[error("{end} went away while the run used it: {reason}")]
    Gone {
        /// Which.
        end: String,
        /// What the connection says now.
        reason: String,
        /// The run, if what it made there is written down.
        run_id: Option<String>,
    },
}

impl From<stagegate_kind::Error> for EnvironmentError {
    fn from(error: stagegate_kind::Error) -> Self {
        Self::Kind(Box::new(error))
    }
}

impl EnvironmentError {
    /// What to do about it, where that can be said.
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Kind(error) => error.fix(),
            Self::NoRoute { .. } => Some(
                "look for a firewall between containers and this machine; rootless runtimes have no such way"
                    .to_owned(),
            ),
            Self::OtherImages { name, .. } => Some(format!(
                "use another --reuse NAME for the other --images, or delete this one: kind delete cluster --name {name}"
            )),
            Self::Unclean { name, .. } => {
                Some(format!("delete it, so that a new one is made: kind delete cluster --name {name}"))
            }
            Self::NotAllowed { .. } => Some(
                "let an administrator give these permissions in all namespaces, or take a cluster of your own, such as \
                 --cluster kind"
                    .to_owned(),
            ),
            Self::Guarded { context, .. } => {
                Some(format!("if you know that it is for tests, say so: --i-know-this-cluster {context}"))
            }
            Self::NoHubAddress { .. } => Some(
                "name it with --hub-address ADDRESS; what else is on that network reaches the hub, too".to_owned(),
            ),
            Self::Hub { source, .. } => Some(source.fix()),
            Self::HubTap(error) => error.fix(),
            Self::HubContainer(error) => error.fix(),
            Self::Upstream(error) => Some(error.fix()),
            Self::Ledger(error) => Some(error.fix()),
            Self::Folder { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                Some("make room there, or let TMPDIR name another folder".to_owned())
            }
            Self::Folder { .. } => Some("let TMPDIR name a folder that you may write to".to_owned()),
            Self::Version(_) | Self::Inventory(_) => {
                Some("see whether the cluster works: kubectl get --raw /readyz?verbose".to_owned())
            }
            Self::Gone { run_id, .. } => Some(gone(run_id.as_deref())),
            _ => None,
        }
    }

    /// As the failure of what could not be done because of it.
    pub fn failure(&self, what: &str) -> Failure {
        let failure = Failure::environment(what).caused_by(self);
        self.fix().into_iter().fold(failure, Failure::help)
    }
}

/// What is left to do where an end has gone.
fn gone(run_id: Option<&str>) -> String {
    let again = "see why it ended or was deleted, and run again";
    match run_id {
        Some(run_id) => {
            format!(
                "{again}; what the run made there goes with `stagegate clean {run_id} --remove` once it is back, and is \
                     forgotten with --forget if it never will be"
            )
        }
        None => again.to_owned(),
    }
}

fn addresses(addresses: &[IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if texts.is_empty() { String::new() } else { format!("; its nodes are reached from {}", texts.join(", ")) }
}
