//! A Kind cluster that scenarios of a run use one after the other.

use std::sync::atomic::{AtomicBool, Ordering};

use stagegate_reports::diagnostic::chain;
use stagegate_reports::journal::Event;
use tokio::sync::{Mutex, watch};

use super::EnvironmentError;
use super::claim::RealEnd;
use super::kind_maker::{Made, Maker};
use super::presence::{LOOK_AGAIN, Present};
use super::sweep::sweep;

/// The cluster, and how to make it anew.
pub(super) struct KindSite {
    maker: Maker,
    present: Mutex<Option<Made>>,
    kept: AtomicBool,
    /// Why the cluster does not answer any more, once it does not although nobody here has deleted it.
    gone: watch::Sender<Option<String>>,
}

impl KindSite {
    /// A cluster that is still to be made, or found.
    pub(super) fn new(maker: Maker) -> Self {
        Self { maker, present: Mutex::new(None), kept: AtomicBool::new(false), gone: watch::Sender::new(None) }
    }

    /// From now on it stays, also after the run.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// Whether it stays, as there is something to look at.
    pub(super) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// The whole name of its cluster.
    pub(super) fn name(&self) -> &str {
        self.maker.name()
    }

    /// The cluster for the next scenario; another one if the last could not be made clean.
    pub(super) async fn claim(&self) -> Result<RealEnd, EnvironmentError> {
        let mut present = self.present.lock().await;
        if let Some(reason) = self.gone.borrow().clone() {
            return Err(self.gone(reason));
        }
        if let Some(made) = present.as_ref() {
            return Ok(made.end.clone());
        }
        let made = self.maker.make().await?;
        let end = made.end.clone();
        *present = Some(made);
        Ok(end)
    }

    /// Removes what the last scenario left. A cluster that is not as it was then is deleted.
    pub(super) async fn sweep(&self) -> Result<(), EnvironmentError> {
        let mut present = self.present.lock().await;
        let Some(made) = present.as_ref() else { return Ok(()) };
        self.maker.tell_pulled(made).await;
        let remains = match sweep(&made.client, &made.baseline).await {
            Ok(swept) if swept.remains.is_empty() => {
                tracing::debug!(removed = swept.removed.join(", "), "swept");
                return Ok(());
            }
            Ok(swept) => swept.remains.join(", "),
            Err(error @ kube::Error::Api(_)) => chain(&error),
            Err(error) => {
                // Another one would hide that somebody deletes what the run uses.
                self.gone.send_replace(Some(chain(&error)));
                return Ok(());
            }
        };
        let what = format!("the cluster is not as it was ({remains}); it is deleted and made anew");
        self.maker.journal.write(Event::Preparing { what });
        match present.take() {
            Some(made) => made.delete().await,
            None => Ok(()),
        }
    }

    /// Waits until the cluster does not answer any more although nobody here has deleted it.
    pub(super) async fn lost(&self) -> EnvironmentError {
        let mut gone = self.gone.subscribe();
        let seen_by_a_sweep = async {
            let reason = gone.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
            self.gone(reason.unwrap_or_default())
        };
        tokio::select! {
            error = seen_by_a_sweep => error,
            error = self.watched() => error,
        }
    }

    /// The same, found by asking one cluster after the other while scenarios use it.
    async fn watched(&self) -> EnvironmentError {
        loop {
            let present = self.present.lock().await.as_ref().map(|made| (made.client.clone(), made.deleted.clone()));
            let Some((client, deleted)) = present else {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            };
            let present = Present::Cluster { name: format!("{} of Kind", self.name()), client };
            tokio::select! {
                error = present.lost(None) => return error,
                () = deleted.cancelled() => {}
            }
        }
    }

    fn gone(&self, reason: String) -> EnvironmentError {
        EnvironmentError::Gone { end: format!("the cluster {} of Kind", self.name()), reason, run_id: None }
    }

    /// Deletes the cluster unless it stays; gives what would not go.
    pub(super) async fn close(&self) -> Vec<String> {
        let made = self.present.lock().await.take();
        match made {
            Some(made) if !self.maker.stays && !self.is_kept() => {
                made.delete().await.err().map(|error| chain(&error)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Calls of kind block their thread.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, stagegate_kind::Error> + Send + 'static,
) -> Result<T, EnvironmentError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(done) => done.map_err(EnvironmentError::from),
        Err(_) => Err(EnvironmentError::Lost),
    }
}
