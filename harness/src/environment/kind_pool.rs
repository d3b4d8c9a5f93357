//! The Kind clusters of a run: one for each scenario that runs at the same time.

use std::ops::Deref;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use stagegate_kind::ClusterName;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::EnvironmentError;
use super::kind_maker::Maker;
use super::kind_site::KindSite;
use crate::journal::Journal;
use crate::run::Settings;

/// The clusters, and which of them no environment has.
pub(super) struct KindPool {
    clusters: Vec<Arc<KindSite>>,
    free: Mutex<mpsc::UnboundedReceiver<Arc<KindSite>>>,
    /// Where those go that are free again.
    freed: mpsc::UnboundedSender<Arc<KindSite>>,
    /// Ends what kind is doing.
    stop: CancellationToken,
}

/// The names of the run's clusters, whole.
fn names(settings: &Settings, run_id: &str) -> Result<Vec<ClusterName>, EnvironmentError> {
    let name = match &settings.cluster.reuse {
        Some(name) => name,
        None => run_id.split('-').next().unwrap_or(run_id),
    };
    let name_of = |number: usize| if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
    let names = (1..=settings.jobs).map(|number| ClusterName::of(&name_of(number))).collect::<Result<_, _>>();
    Ok(names.map_err(stagegate_kind::Error::from)?)
}

/// The names of the clusters that are made for the run and go with it.
pub(super) fn names_of_new(settings: &Settings, run_id: &str) -> Result<Vec<String>, EnvironmentError> {
    if settings.cluster.reuse.is_some() {
        return Ok(Vec::new());
    }
    Ok(names(settings, run_id)?.iter().map(ToString::to_string).collect())
}

impl KindPool {
    /// Clusters that are still to be made.
    pub(super) fn new(
        settings: &Settings,
        run_id: &str,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<Arc<Self>, EnvironmentError> {
        let cluster = |name| {
            let maker = Maker::new(settings, (name, run_id), journal.clone(), stop.clone())?;
            Ok(Arc::new(KindSite::new(maker)))
        };
        let clusters: Vec<Arc<KindSite>> =
            names(settings, run_id)?.into_iter().map(cluster).collect::<Result<_, EnvironmentError>>()?;
        let (freed, free) = mpsc::unbounded_channel();
        for cluster in &clusters {
            // The receiver lives as long as this does.
            let _sent = freed.send(Arc::clone(cluster));
        }
        Ok(Arc::new(Self { clusters, free: Mutex::new(free), freed, stop: stop.clone() }))
    }

    /// Makes all of them, side by side. When one fails the others have come to their end, too.
    pub(super) async fn make_all(&self) -> Result<(), EnvironmentError> {
        join_all(self.clusters.iter().map(|cluster| cluster.make())).await.into_iter().collect()
    }

    /// Waits for one that nobody has.
    pub(super) async fn lease(&self) -> Result<Lease, EnvironmentError> {
        let cluster = self.free.lock().await.recv().await.ok_or(EnvironmentError::Lost)?;
        Ok(Lease { cluster, freed: self.freed.clone() })
    }

    /// Waits until one of them does not answer any more although nobody here has deleted it.
    pub(super) async fn lost(&self) -> EnvironmentError {
        let mut gone: FuturesUnordered<_> = self.clusters.iter().map(|cluster| cluster.lost()).collect();
        match gone.next().await {
            Some(error) => error,
            None => std::future::pending().await,
        }
    }

    /// Deletes those that do not stay; gives what would not go.
    pub(super) async fn close(&self) -> Vec<String> {
        // One may just be made anew for a scenario that is over.
        self.stop.cancel();
        join_all(self.clusters.iter().map(|cluster| cluster.close())).await.into_iter().flatten().collect()
    }
}

/// A cluster that one environment has until this is dropped.
pub(super) struct Lease {
    cluster: Arc<KindSite>,
    freed: mpsc::UnboundedSender<Arc<KindSite>>,
}

impl Deref for Lease {
    type Target = KindSite;

    fn deref(&self) -> &KindSite {
        &self.cluster
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // One that is kept is nobody's any more. Without a receiver the run is over.
        if !self.cluster.is_kept() {
            let _sent = self.freed.send(Arc::clone(&self.cluster));
        }
    }
}
