//! What all environments of a run share: with emulators nothing, else the cluster that one scenario after the other uses.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stagegate_reports::ClusterLane;
use stagegate_simulation::Pace;
use tokio_util::sync::CancellationToken;

use super::kind_site::KindSite;
use super::{EnvironmentError, sweep};
use crate::journal::Journal;
use crate::run::Settings;

/// Where a run's environments are made. Clones are the same site.
#[derive(Clone, Default)]
pub struct Site {
    kind: Option<Arc<KindSite>>,
}

impl Site {
    /// Every environment has emulators of its own.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// Makes what the lane of `settings` wants. What takes a while, and what comes of it, is told to `journal`. When
    /// `stop` is cancelled meanwhile, what has been made is removed again before this returns.
    ///
    /// # Errors
    ///
    /// When a cluster cannot be made or used; nothing of it is left then.
    pub async fn prepare(
        settings: &Settings,
        run_id: &str,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<Self, EnvironmentError> {
        match &settings.lane.cluster {
            ClusterLane::Embedded => Ok(Self::embedded()),
            ClusterLane::Kind => {
                let site = KindSite::prepare(settings, run_id, journal.clone(), stop.clone()).await?;
                Ok(Self { kind: Some(Arc::new(site)) })
            }
            ClusterLane::Kubeconfig(context) => {
                Err(EnvironmentError::NotYetSupported(format!("the cluster of the context {context}")))
            }
        }
    }

    /// What the next scenario's environment is made on.
    pub(super) async fn ends(&self) -> Result<Ends, EnvironmentError> {
        match &self.kind {
            None => Ok(Ends { cluster: None }),
            Some(site) => Ok(Ends { cluster: Some(site.claim().await?) }),
        }
    }

    /// Removes what a scenario has left on a real cluster. What will not go makes the next scenario get another one.
    pub(super) async fn leave(&self) -> Result<(), EnvironmentError> {
        match &self.kind {
            None => Ok(()),
            Some(site) => site.sweep().await,
        }
    }

    /// The longest that removing what a scenario has left may take, in wall time.
    pub(super) fn sweep_limit(&self) -> Duration {
        if self.kind.is_some() { 2 * sweep::LIMIT } else { Duration::ZERO }
    }

    /// Removes all that was made for the run; gives what would not go, a line each.
    pub async fn close(&self) -> Vec<String> {
        match &self.kind {
            None => Vec::new(),
            Some(site) => site.close().await,
        }
    }
}

/// What an environment's hub and cluster are.
#[derive(Clone)]
pub(super) struct Ends {
    /// A real cluster; the emulator if there is none.
    pub(super) cluster: Option<RealEnd>,
}

/// A real cluster, as an environment needs to know it.
#[derive(Clone)]
pub(super) struct RealEnd {
    /// The file with the kubeconfig of its administrator.
    pub(super) kubeconfig: Arc<Path>,
    /// This machine's address on the network of its nodes.
    pub(super) gateway: IpAddr,
}

impl Ends {
    /// A real cluster goes by the wall.
    pub(super) fn pace(&self) -> Pace {
        if self.cluster.is_some() { Pace::Times(1.0) } else { Pace::Jump }
    }

    /// Where the embedded hub listens, if containers must reach it.
    pub(super) fn hub_address(&self) -> Option<IpAddr> {
        self.cluster.as_ref().map(|cluster| cluster.gateway)
    }
}
