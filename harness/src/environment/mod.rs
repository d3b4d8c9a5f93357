//! One hub, one cluster and one clock, made for a scenario and removed after it.

mod attention;
mod claim;
mod cluster_end;
mod cordon;
mod deletion;
mod error;
mod evidence;
mod existing;
mod faults;
mod folder;
mod http;
mod hub_client;
mod hub_container;
mod hub_end;
mod image_source;
mod inventory;
mod kind_maker;
mod kind_pool;
mod kind_site;
mod ledger;
mod leftovers;
mod node_images;
mod objects;
mod parts;
mod presence;
mod pulled_images;
mod reaper;
mod remote_hub;
mod removal;
mod retry;
mod shared_ends;
mod site;
mod sweep;
mod unanswered;
mod worker_program;

use std::time::Instant;

use stagegate_container::RUN_LABEL;
use stagegate_reports::journal::Event;
use stagegate_simulation::{Clock, Seed};

pub use attention::runtime;
pub use error::EnvironmentError;
pub use existing::{ContextError, find_context};
pub use faults::{NotUndone, needed_by_faults};
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
use self::claim::Claim;
use crate::journal::Scribe;
use crate::run::Settings;
use crate::script::Workspace;

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
    claim: Claim,
    /// Nodes that a step has cordoned and that are so still.
    cordoned: Vec<String>,
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
        let claim = Claim::of(site).await?;
        let ends = claim.ends().await?;
        let parts = parts::Parts::start(settings, scribe, ends, (scenario, attempt)).await?;
        let (clock, hub, cluster) = (parts.clock(), parts.hub_access()?, parts.cluster_access()?);
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        scribe.write(Event::EnvironmentReady { hub: hub.url.clone(), cluster: cluster.url.clone(), took_ms });
        let attention = Attention::pay(&clock);
        Ok(Self {
            clock,
            hub,
            cluster,
            _attention: attention,
            workspace: None,
            folder,
            parts,
            claim,
            cordoned: Vec::new(),
        })
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

    /// The label of what steps install on a cluster that others use, too, so that these see whose it is. What workers apply has
    /// none: to them it would be a change of what they applied.
    pub fn label_of_made(&self) -> Option<(&'static str, &str)> {
        Some((RUN_LABEL, self.claim.site.run_on_existing_cluster()?))
    }

    /// Allows at most `limit` entities of a type, such as `Space`.
    ///
    /// # Errors
    ///
    /// When the hub has no such type, or is a real one.
    pub fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), QuotaError> {
        self.parts.set_quota(entity_type, limit)
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
        STOP_LIMIT + self.claim.sweep_limit()
    }

    /// How to get to what a scenario has left on a real cluster or hub, a line each; from now on it stays. With emulators
    /// there is none.
    pub fn keep_ends(&self) -> Vec<String> {
        self.claim.keep()
    }

    /// Stops everything and removes the folder unless it is to be kept; gives what is left behind.
    pub async fn stop(self, keep: bool) -> Vec<String> {
        let Self { parts, folder, workspace, claim, .. } = self;
        parts.settled().await;
        parts.mute();
        if !claim.is_kept() {
            // While the tap still sees what workers make: they go with it. What would not go is tried again.
            let _remaining = claim.leave_shared().await;
            // What a worker made last is seen a moment after it is gone.
            parts.settled().await;
        }
        parts.stop().await;
        match workspace {
            Some(workspace) if keep => drop(workspace.keep()),
            other => drop(other),
        }
        let mut left = if claim.is_kept() { Vec::new() } else { claim.leave().await };
        left.extend(folder.remove(keep));
        left
    }
}
