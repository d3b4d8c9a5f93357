//! What all environments of a run share: with emulators nothing, else the real ends that one scenario after the other
//! uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use stagegate_container::HubContainer;
use stagegate_reports::diagnostic::chain;
use stagegate_reports::journal::Event;
use stagegate_reports::{ClusterLane, HubLane};
use tokio_util::sync::CancellationToken;

use super::hub_container;
use super::kind_pool::{self, KindPool};
use super::ledger::Ledger;
use super::reaper::{ReapOrder, Reaper};
use super::shared_ends::{self, SharedEnds};
use super::{EnvironmentError, folder};
use crate::journal::Journal;
use crate::run::Settings;

/// Where a run's environments are made. Clones are the same site.
#[derive(Clone, Default)]
pub struct Site {
    pub(super) kind: Option<Arc<KindPool>>,
    pub(super) shared: Option<Arc<SharedEnds>>,
    /// Says what is to be removed should all else fail.
    pub(super) ledger: Option<Ledger>,
    pub(super) hub_container: Option<Arc<HubContainer>>,
    /// Docker made nothing for it: there is nothing to remove, and nobody to ask.
    without_container: bool,
    /// Removes what is left should this process be killed.
    reaper: Option<Arc<Reaper>>,
    /// What a scenario has left stays, also after the run.
    pub(super) kept: Arc<AtomicBool>,
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
            ClusterLane::Kind => kind_pool::names_of_new(settings, run_id)?,
            _ => Vec::new(),
        };
        let head = shared_ends::ledger_head(settings, run_id, &kind);
        let order = ReapOrder {
            folder: settings.folder.clone(),
            clusters: kind,
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
            let pool = KindPool::new(settings, run_id, journal, stop)?;
            // Before any is made, so that all of them are deleted should one fail.
            self.kind = Some(Arc::clone(&pool));
            pool.make_all().await?;
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
                Some(pool) => pool.lost().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(error) = gone.next() => error,
            error = unwritable => error.into(),
            error = kind => error,
        }
    }

    /// The run's id, with which what steps make on the cluster is labelled where others are at work, too.
    pub(super) fn run_on_existing_cluster(&self) -> Option<&str> {
        self.shared.as_ref()?.cluster.as_ref()?;
        Some(&self.ledger.as_ref()?.head().run_id)
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

    /// Whether what a scenario has left stays.
    fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// Removes all that was made for the run; gives what would not go, a line each.
    pub async fn close(&self) -> Vec<String> {
        let left = if self.is_kept() { self.delete_clusters().await } else { self.remove_all().await };
        if let Some(reaper) = &self.reaper {
            reaper.dismiss().await;
        }
        left
    }

    /// Deletes the Kind clusters, but for those in which there is something to look at; gives what would not go.
    async fn delete_clusters(&self) -> Vec<String> {
        match &self.kind {
            Some(pool) => pool.close().await,
            None => Vec::new(),
        }
    }

    async fn remove_all(&self) -> Vec<String> {
        let mut left = self.delete_clusters().await;
        if let Some(shared) = &self.shared {
            left.extend(shared.sweep().await);
        }
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
