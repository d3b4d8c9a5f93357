//! The cluster's end of an environment.

use std::sync::Arc;
use std::time::Duration;

use stagegate_kubernetes::{Catalogue, Cluster, Options};
use stagegate_simulation::{FaultRule, Simulation};
use stagegate_tap::{ClusterTap, Upstream};

use super::EnvironmentError;
use super::claim::Ends;
use super::worker_program::WorkerProgram;

/// The longest that watches of a real cluster may lag behind its answers, in wall time.
pub(super) const SETTLING: Duration = Duration::from_secs(10);

/// The cluster of one environment, or what stands before it.
pub(super) enum ClusterEnd {
    /// The emulator.
    Embedded(Cluster),
    /// What stands before a real one.
    Tapped(ClusterTap),
}

impl ClusterEnd {
    pub(super) async fn start(
        simulation: &Simulation,
        ends: &Ends,
        images: Catalogue,
    ) -> Result<Self, EnvironmentError> {
        if let Some(real) = &ends.cluster {
            let upstream = Upstream::of_file(&real.kubeconfig, real.context.as_deref()).await?;
            let options = stagegate_tap::Options {
                made: real.made.clone(),
                only_workers: real.only_workers,
                ..stagegate_tap::Options::default()
            };
            let tap = ClusterTap::start(simulation.clone(), upstream, options).await?;
            for (resource, reason) in tap.unseen() {
                tracing::warn!(resource, reason, "changes of objects of this resource are not told");
            }
            return Ok(Self::Tapped(tap));
        }
        let worker = WorkerProgram { simulation: simulation.clone() };
        let options = Options { catalogue: images, programs: vec![Arc::new(worker)], ..Options::default() };
        Ok(Self::Embedded(Cluster::start(simulation.clone(), options).await?))
    }

    /// Base URL without a trailing slash; the port speaks clear text and TLS.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Embedded(cluster) => cluster.url(),
            Self::Tapped(tap) => tap.url(),
        }
    }

    /// The administrator's bearer token.
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Embedded(cluster) => cluster.token(),
            Self::Tapped(tap) => tap.token(),
        }
    }

    /// Waits until what the cluster has answered has been told as effects, too; the emulator tells at once.
    pub(super) async fn settled(&self) {
        if let Self::Tapped(tap) = self
            && let Err(error) = tap.settled(SETTLING).await
        {
            tracing::warn!(%error, "some effects on the cluster are told late or not at all");
        }
    }

    /// Whether a rule for faults has any effect here.
    pub(super) fn follows(&self, rule: &FaultRule) -> bool {
        matches!(self, Self::Embedded(_)) || ClusterTap::follows(rule)
    }

    /// A kubeconfig whose user presents `token`.
    pub(super) fn kubeconfig(&self, token: &str) -> String {
        match self {
            Self::Embedded(cluster) => cluster.kubeconfig(token),
            Self::Tapped(tap) => tap.kubeconfig(token),
        }
    }
}
