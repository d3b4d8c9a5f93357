//! One hub, one cluster and one clock, made for a scenario and removed after it.

mod attention;
mod cluster_end;
mod evidence;
mod existing;
mod folder;
mod http;
mod hub_client;
mod hub_end;
mod inventory;
mod kind_site;
mod ledger;
mod leftovers;
mod objects;
mod parts;
mod reaper;
mod remote_hub;
mod removal;
mod shared_ends;
mod site;
mod sweep;
mod worker_program;

use std::time::Instant;

use stagegate_reports::journal::Event;
use stagegate_simulation::{Clock, FaultFileError, Seed, parse_fault_rules};
use stagegate_tap::HubRefusal;

pub use attention::runtime;
pub use existing::{ContextError, find_context};
pub use folder::Folder;
pub use hub_client::{HubClient, HubError};
pub use hub_end::QuotaError;
pub use ledger::{Ledger, LedgerCluster, LedgerError, LedgerHead, state_folder};
pub use leftovers::Leftovers;
pub use objects::objects;
pub use reaper::{DISMISSED, ReapOrder};
pub use removal::Remaining;
pub use site::Site;
pub use worker_program::WorkerProgram;

use self::attention::Attention;
use crate::failure::Failure;
use crate::journal::Scribe;
use crate::run::Settings;
use crate::script::Workspace;

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
    /// What a cluster held could not be written down.
    #[error("what the cluster holds cannot be written down: {0}")]
    Baseline(String),
    /// A cluster that was to be used again is not as it was when it was made.
    #[error("cluster `{name}` is not clean: {remains}")]
    Unclean {
        /// The cluster.
        name: String,
        /// What is there, or is not, or not as it was.
        remains: String,
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
        candidates: Vec<std::net::IpAddr>,
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
            Self::Hub { source: HubRefusal::Unreachable { .. }, .. } => {
                Some("see whether it runs and whether its URL is right".to_owned())
            }
            Self::Hub { source, .. } if source.status() == Some(::http::StatusCode::UNAUTHORIZED) => {
                Some("the token is wrong or has ended; log in again and give a new one".to_owned())
            }
            _ => None,
        }
    }

    /// As the failure of what could not be done because of it.
    pub fn failure(&self, what: &str) -> Failure {
        let failure = Failure::environment(what).caused_by(self);
        self.fix().into_iter().fold(failure, Failure::help)
    }
}

fn addresses(addresses: &[std::net::IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if texts.is_empty() { String::new() } else { format!("; its nodes are reached from {}", texts.join(", ")) }
}

/// Access to the environment's hub.
#[derive(Debug, Clone)]
pub struct HubAccess {
    /// The API's client, as the environment's user.
    pub client: HubClient,
    /// Base URL without a trailing slash; the API is below `/api`.
    pub url: String,
    /// The real client's session: paths relative to HOME, and their texts.
    pub session: Vec<(String, String)>,
}

/// Access to the environment's cluster.
#[derive(Clone)]
pub struct ClusterAccess {
    /// The API's client, as the environment's administrator.
    pub client: kube::Client,
    /// Base URL.
    pub url: String,
    /// A bearer token for it.
    pub token: String,
}

/// How long the emulators may take to stop.
const STOP_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// One hub, one cluster and one clock.
pub struct Environment {
    clock: Clock,
    hub: HubAccess,
    cluster: ClusterAccess,
    _attention: Attention,
    // Before the folder, so that its own folder inside is gone first.
    workspace: Option<Workspace>,
    folder: Folder,
    parts: parts::Parts,
    site: Site,
}

impl Environment {
    /// Makes the environment of one attempt at one scenario and writes that it is ready.
    pub async fn start(
        settings: &Settings,
        site: &Site,
        scribe: &Scribe,
        (scenario, attempt): (usize, usize),
    ) -> Result<Self, EnvironmentError> {
        let began = Instant::now();
        let folder = Folder::new(&settings.folder, scenario, attempt);
        let ends = site.ends().await?;
        let parts = parts::Parts::start(settings, scribe, ends, (scenario, attempt)).await?;
        let (clock, hub, cluster) = (parts.clock(), parts.hub_access()?, parts.cluster_access()?);
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        scribe.write(Event::EnvironmentReady { hub: hub.url.clone(), cluster: cluster.url.clone(), took_ms });
        let attention = Attention::pay(&clock);
        let site = site.clone();
        Ok(Self { clock, hub, cluster, _attention: attention, workspace: None, folder, parts, site })
    }

    /// The environment's time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The source of the environment's ids and names.
    pub fn seed(&self) -> &Seed {
        self.parts.seed()
    }

    /// The hub.
    pub fn hub(&self) -> &HubAccess {
        &self.hub
    }

    /// The cluster.
    pub fn cluster(&self) -> &ClusterAccess {
        &self.cluster
    }

    /// The scenario's own folder.
    pub fn folder(&mut self) -> &mut Folder {
        &mut self.folder
    }

    /// Makes `workspace` the one in which scripts run.
    pub fn set_workspace(&mut self, workspace: Workspace) {
        self.workspace = Some(workspace);
    }

    /// Where scripts run, once a tutorial has been chosen.
    pub fn workspace(&mut self) -> Option<&mut Workspace> {
        self.workspace.as_mut()
    }

    /// A kubeconfig for the cluster, its user presenting `token`.
    pub fn kubeconfig(&self, token: &str) -> String {
        self.parts.kubeconfig(token)
    }

    /// Allows at most `limit` entities of a type, such as `Space`.
    ///
    /// # Errors
    ///
    /// When the hub has no such type, or is a real one.
    pub fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), QuotaError> {
        self.parts.set_quota(entity_type, limit)
    }

    /// Adds rules for faults, which are written as a YAML list; gives how many they are. One that names no
    /// system is about `system`, `confighub` or `kubernetes`.
    ///
    /// # Errors
    ///
    /// [`FaultFileError`] when the text cannot be read, or the cluster is a real one that cannot follow a rule; then no
    /// rule is added.
    pub fn inject(&self, system: &str, rules: &str) -> Result<usize, FaultFileError> {
        let mut rules = parse_fault_rules(rules)?;
        for rule in &mut rules {
            rule.matching.system.get_or_insert_with(|| system.to_owned());
        }
        if let Some(rule) = rules.iter().find(|rule| !self.parts.follows(rule)) {
            return Err(FaultFileError {
                at: None,
                reason: format!("a real cluster cannot be told to follow the effect `{}`", rule.effect),
                help: "run the scenario on the embedded cluster, or use effects on requests".to_owned(),
            });
        }
        self.parts.inject(&rules);
        Ok(rules.len())
    }

    /// Waits until what has been done so far is in the journal with its effects: a real cluster tells them a little
    /// later than it answers.
    pub async fn settled(&self) {
        self.parts.settled().await;
    }

    /// Writes what helps to understand a failure: unhealthy pods with their events and logs, and
    /// the state of units and workers.
    pub async fn collect_evidence(&self, scribe: &Scribe) {
        evidence::collect(self, scribe).await;
    }

    /// How long [`Environment::stop`] may take, in wall time, before the run goes on without it.
    pub fn stop_limit(&self) -> std::time::Duration {
        STOP_LIMIT + self.site.sweep_limit()
    }

    /// Stops everything and removes the folder unless it is to be kept; gives what is left behind.
    pub async fn stop(self, keep: bool) -> Vec<String> {
        let Self { parts, folder, workspace, site, .. } = self;
        parts.settled().await;
        parts.stop().await;
        match workspace {
            Some(workspace) if keep => drop(workspace.keep()),
            other => drop(other),
        }
        let mut left = folder.remove(keep);
        left.extend(site.leave().await);
        left
    }
}
