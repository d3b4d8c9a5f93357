//! What one environment has of the site that all environments of a run share.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stagegate_reports::diagnostic::chain;
use stagegate_simulation::Pace;
use stagegate_tap::OnMade;

use super::kind_pool::Lease;
use super::ledger::Ledger;
use super::remote_hub::RemoteHub;
use super::site::Site;
use super::{EnvironmentError, sweep};

/// The site as one environment has it: a Kind cluster for itself, if the run has any; an existing cluster and a real hub
/// together with what others do there.
pub(super) struct Claim {
    pub(super) site: Site,
    kind: Option<Lease>,
}

impl Claim {
    /// Waits for a cluster that no other environment has.
    pub(super) async fn of(site: &Site) -> Result<Self, EnvironmentError> {
        let kind = match &site.kind {
            Some(pool) => Some(pool.lease().await?),
            None => None,
        };
        Ok(Self { site: site.clone(), kind })
    }

    /// What the environment is made on.
    pub(super) async fn ends(&self) -> Result<Ends, EnvironmentError> {
        let shared = self.site.shared.as_ref();
        let existing = shared.and_then(|shared| Some(shared.cluster.as_ref()?.end.clone()));
        let cluster = match &self.kind {
            Some(cluster) => Some(cluster.claim().await?),
            None => existing,
        };
        Ok(Ends { cluster, hub: shared.and_then(|shared| shared.hub.clone()) })
    }

    /// What the scenario has left on real ends stays, also after the run; gives how to get to it and to remove it, a line
    /// each. No other scenario can begin after that one: it would meet what is there.
    pub(super) fn keep(&self) -> Vec<String> {
        let site = &self.site;
        if self.kind.is_none() && site.shared.is_none() {
            return Vec::new();
        }
        site.kept.store(true, Ordering::Release);
        let clean = |ledger: &Ledger| format!("; to remove it: stagegate clean {} --remove", ledger.head().run_id);
        // A cluster that is used again has none, and is swept when it is.
        let remove = site.ledger.as_ref().map(clean).unwrap_or_default();
        let kind = self.kind.as_ref().map(|cluster| {
            cluster.keep();
            let name = cluster.name();
            format!("Kind cluster {name}: kind export kubeconfig --name {name}{remove}")
        });
        let made = site.ledger.iter().filter(|_| site.shared.is_some()).flat_map(Ledger::made);
        let made: Vec<String> = made.map(|made| made.to_string()).collect();
        let shared = (!made.is_empty()).then(|| format!("{}{remove}", made.join(", ")));
        let hub = site
            .hub_container
            .as_ref()
            .map(|hub| format!("container {} with the hub at {}{remove}", hub.name(), hub.url()));
        kind.into_iter().chain(hub).chain(shared).collect()
    }

    /// Whether what the scenario has left stays.
    pub(super) fn is_kept(&self) -> bool {
        match &self.kind {
            Some(cluster) => cluster.is_kept(),
            None => self.site.kept.load(Ordering::Acquire),
        }
    }

    /// Removes what the scenario has left on real ends; gives what would not go, a line each. A Kind cluster that is not
    /// as it was is deleted, and the next scenario gets another one.
    pub(super) async fn leave(&self) -> Vec<String> {
        let mut left = Vec::new();
        if let Some(cluster) = &self.kind {
            left.extend(cluster.sweep().await.err().map(|error| chain(&error)));
        }
        left.extend(self.leave_shared().await);
        left
    }

    /// Of that, what was made where others are at work, too.
    pub(super) async fn leave_shared(&self) -> Vec<String> {
        match &self.site.shared {
            Some(shared) => shared.sweep().await,
            None => Vec::new(),
        }
    }

    /// The longest that removing what the scenario has left may take, in wall time.
    pub(super) fn sweep_limit(&self) -> Duration {
        let sweeps = u32::from(self.kind.is_some()) + u32::from(self.site.shared.is_some());
        2 * sweeps * sweep::LIMIT
    }
}

/// What an environment's hub and cluster are.
#[derive(Clone)]
pub(super) struct Ends {
    /// A real cluster; the emulator if there is none.
    pub(super) cluster: Option<RealEnd>,
    /// A real hub; the emulator if there is none.
    pub(super) hub: Option<RemoteHub>,
}

/// A real cluster, as an environment needs to know it.
#[derive(Clone)]
pub(super) struct RealEnd {
    /// The file with the kubeconfig of its administrator.
    pub(super) kubeconfig: Arc<Path>,
    /// The context in that; its current one when there is none.
    pub(super) context: Option<String>,
    /// This machine's address at which its Pods reach it; loopback when none do.
    pub(super) hub_address: Option<IpAddr>,
    /// Is told what is made, where others are at work, too.
    pub(super) made: Option<OnMade>,
    /// No worker of somebody else applies to it.
    pub(super) only_workers: bool,
}

impl Ends {
    /// Real ends go by the wall.
    pub(super) fn pace(&self) -> Pace {
        if self.cluster.is_some() || self.hub.is_some() { Pace::Times(1.0) } else { Pace::Jump }
    }

    /// Where the hub, or what stands before it, listens if containers must reach it.
    pub(super) fn hub_address(&self) -> Option<IpAddr> {
        self.cluster.as_ref()?.hub_address
    }
}
