//! What all environments of a run share: with emulators nothing, else the real ends that one scenario after the other
//! uses.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use stagegate_container::HubContainer;
use stagegate_reports::diagnostic::chain;
use stagegate_reports::journal::Event;
use stagegate_reports::{ClusterLane, HubLane};
use stagegate_simulation::Pace;
use stagegate_tap::OnMade;
use tokio_util::sync::CancellationToken;

use super::hub_container;
use super::kind_site::{self, KindSite};
use super::ledger::Ledger;
use super::reaper::{ReapOrder, Reaper};
use super::remote_hub::RemoteHub;
use super::shared_ends::{self, SharedEnds};
use super::{EnvironmentError, folder, sweep};
use crate::journal::Journal;
use crate::run::Settings;

/// Where a run's environments are made. Clones are the same site.
#[derive(Clone, Default)]
pub struct Site {
    kind: Option<Arc<KindSite>>,
    pub(super) shared: Option<Arc<SharedEnds>>,
    /// Says what is to be removed should all else fail.
    pub(super) ledger: Option<Ledger>,
    hub_container: Option<Arc<HubContainer>>,
    /// Docker made nothing for it: there is nothing to remove, and nobody to ask.
    without_container: bool,
    /// Removes what is left should this process be killed.
    reaper: Option<Arc<Reaper>>,
    /// What the last scenario has left stays, also after the run.
    kept: Arc<AtomicBool>,
}

impl Site {
    /// Every environment has emulators of its own, and nobody cleans up after a killed run.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// Makes what the lane of `settings` wants. What takes a while, and what comes of it, is told to `journal`. When
    /// `stop` is cancelled meanwhile, what has been made is removed again before this returns.
    ///
    /// # Errors
    ///
    /// When a cluster or a hub cannot be made or used; nothing of it is left then.
    pub async fn prepare(
        settings: &Settings,
        run_id: &str,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<Self, EnvironmentError> {
        let kind = match settings.lane.cluster {
            ClusterLane::Kind => kind_site::name_of_new(settings, run_id)?,
            _ => None,
        };
        let head = shared_ends::ledger_head(settings, run_id, kind.as_deref());
        let order = ReapOrder {
            folder: settings.folder.clone(),
            cluster: kind,
            hub_container: (settings.lane.hub == HubLane::Container).then(|| run_id.to_owned()),
            ledger: head.as_ref().map(|head| Ledger::path_of(&head.run_id)).transpose()?,
            hub_token: settings.hub_token.as_ref().map(|token| token.0.clone()),
        };
        let reaper = Reaper::start(&settings.executable, &order).await.map_err(EnvironmentError::Reaper)?;
        // Only now, so that somebody removes it wherever this process is killed.
        let mut site = Self { reaper: Some(Arc::new(reaper)), ..Self::default() };
        let begun = folder::make(&settings.folder).and_then(|()| Ok(head.map(Ledger::begin).transpose()?));
        let filled = match begun {
            Ok(ledger) => {
                site.ledger = ledger;
                site.fill(settings, run_id, journal, stop).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = filled {
            for what in site.close().await {
                journal.write(Event::Leftover { what });
            }
            return Err(error);
        }
        Ok(site)
    }

    async fn fill(
        &mut self,
        settings: &Settings,
        run_id: &str,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<(), EnvironmentError> {
        // What can be found wanting at once comes first; a container's network is there once the cluster is.
        let in_container = settings.lane.hub == HubLane::Container;
        if !in_container {
            self.share(settings, journal, stop).await?;
        }
        if settings.lane.cluster == ClusterLane::Kind {
            let site = KindSite::prepare(settings, run_id, journal.clone(), stop.clone()).await?;
            self.kind = Some(Arc::new(site));
        }
        if in_container {
            let hub = tokio::select! {
                started = hub_container::start(settings, run_id, journal) => started,
                () = stop.cancelled() => return Err(EnvironmentError::Lost),
            };
            self.without_container = hub.as_ref().is_err_and(hub_container::made_nothing);
            self.hub_container = Some(Arc::new(hub?));
            self.share(settings, journal, stop).await?;
        }
        Ok(())
    }

    async fn share(
        &mut self,
        settings: &Settings,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<(), EnvironmentError> {
        let Some(ledger) = self.ledger.clone() else { return Ok(()) };
        let prepared = tokio::select! {
            prepared = SharedEnds::prepare(settings, (ledger, journal), self.hub_container.as_deref()) => prepared?,
            () = stop.cancelled() => return Err(EnvironmentError::Lost),
        };
        self.shared = prepared.map(Arc::new);
        Ok(())
    }

    /// What the next scenario's environment is made on.
    pub(super) async fn ends(&self) -> Result<Ends, EnvironmentError> {
        let existing = self.shared.as_ref().and_then(|shared| Some(shared.cluster.as_ref()?.end.clone()));
        let cluster = match &self.kind {
            Some(site) => Some(site.claim().await?),
            None => existing,
        };
        Ok(Ends { cluster, hub: self.shared.as_ref().and_then(|shared| shared.hub.clone()) })
    }

    /// What a scenario has left on real ends stays, also after the run; gives how to get to it and to remove it, a line
    /// each. There can be no other scenario after that one: it would meet what is there.
    pub(super) fn keep(&self) -> Vec<String> {
        if self.kind.is_none() && self.shared.is_none() {
            return Vec::new();
        }
        self.kept.store(true, Ordering::Release);
        let clean = |ledger: &Ledger| format!("; to remove it: stagegate clean {} --remove", ledger.head().run_id);
        // A cluster that is used again has none, and is swept when it is.
        let remove = self.ledger.as_ref().map(clean).unwrap_or_default();
        let kind = self.kind.as_ref().map(|site| {
            let name = site.name();
            format!("Kind cluster {name}: kind export kubeconfig --name {name}{remove}")
        });
        let made = self.ledger.iter().filter(|_| self.shared.is_some()).flat_map(Ledger::made);
        let made: Vec<String> = made.map(|made| made.to_string()).collect();
        let shared = (!made.is_empty()).then(|| format!("{}{remove}", made.join(", ")));
        let hub = self
            .hub_container
            .as_ref()
            .map(|hub| format!("container {} with the hub at {}{remove}", hub.name(), hub.url()));
        kind.into_iter().chain(hub).chain(shared).collect()
    }

    /// Whether what a scenario has left stays.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// Removes what a scenario has left on real ends; gives what would not go, a line each. A Kind cluster that is not
    /// as it was is deleted, and the next scenario gets another one.
    pub(super) async fn leave(&self) -> Vec<String> {
        let mut left = Vec::new();
        if let Some(site) = &self.kind {
            left.extend(site.sweep().await.err().map(|error| chain(&error)));
        }
        left.extend(self.leave_shared().await);
        left
    }

    /// Of that, what was made where others are at work, too.
    pub(super) async fn leave_shared(&self) -> Vec<String> {
        match &self.shared {
            Some(shared) => shared.sweep().await,
            None => Vec::new(),
        }
    }

    /// Waits until a real end does not answer any more, or what the run makes cannot be written down; with emulators for
    /// ever.
    pub async fn lost(&self) -> EnvironmentError {
        let run_id = self.ledger.as_ref().filter(|_| self.shared.is_some()).map(|ledger| ledger.head().run_id.as_str());
        let shared = self.shared.as_ref().map(|shared| shared.present()).unwrap_or_default();
        let mut gone: FuturesUnordered<_> = shared.iter().map(|end| end.lost(run_id)).collect();
        let unwritable = async {
            match &self.ledger {
                Some(ledger) => ledger.unwritable().await,
                None => std::future::pending().await,
            }
        };
        let kind = async {
            match &self.kind {
                Some(site) => site.lost().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(error) = gone.next() => error,
            error = unwritable => error.into(),
            error = kind => error,
        }
    }

    /// The longest that removing what a scenario has left may take, in wall time.
    pub(super) fn sweep_limit(&self) -> Duration {
        let sweeps = u32::from(self.kind.is_some()) + u32::from(self.shared.is_some());
        2 * sweeps * sweep::LIMIT
    }

    /// Whether containers run on the cluster's nodes; those of kwok only say so.
    pub(crate) fn runs_containers(&self) -> bool {
        let existing = self.shared.as_ref().and_then(|shared| shared.cluster.as_ref());
        existing.is_none_or(|cluster| cluster.runs_containers)
    }

    /// Whether nodes, clock and workers of the cluster can be made to fail.
    pub(crate) fn has_own_cluster(&self) -> bool {
        self.kind.is_none() && self.shared.as_ref().is_none_or(|shared| shared.cluster.is_none())
    }

    /// Whether nobody else has anything on the cluster's nodes.
    pub(crate) fn has_own_nodes(&self) -> bool {
        let existing = self.shared.as_ref().and_then(|shared| shared.cluster.as_ref());
        existing.is_none_or(|cluster| cluster.is_unused)
    }

    /// Whether the hub is ours to tell what it should allow.
    pub(crate) fn has_own_hub(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.hub.is_none())
    }

    /// Whether the hub has entities of this name in the API.
    pub(crate) fn hub_has(&self, name: &str) -> bool {
        let hub = self.shared.as_ref().and_then(|shared| shared.hub.as_ref());
        hub.is_none_or(|hub| !hub.unanswered.contains_key(name))
    }

    /// Removes all that was made for the run; gives what would not go, a line each.
    pub async fn close(&self) -> Vec<String> {
        let left = if self.is_kept() { Vec::new() } else { self.remove_all().await };
        if let Some(reaper) = &self.reaper {
            reaper.dismiss().await;
        }
        left
    }

    async fn remove_all(&self) -> Vec<String> {
        let mut left = Vec::new();
        if let Some(site) = &self.kind {
            left.extend(site.close().await);
        }
        left.extend(self.leave_shared().await);
        if let Some(ledger) = &self.ledger {
            if ledger.head().hub_container && !self.without_container {
                left.extend(hub_container::remove(&ledger.head().run_id).await);
            }
            // What was made while the rest was removed.
            let told = |made: &String| left.iter().any(|line| line == made || line.starts_with(&format!("{made}: ")));
            let late: Vec<String> = ledger.made().iter().map(ToString::to_string).filter(|made| !told(made)).collect();
            left.extend(late);
            if left.is_empty() {
                left.extend(ledger.end().err().map(|error| chain(&error)));
            }
        }
        left
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
