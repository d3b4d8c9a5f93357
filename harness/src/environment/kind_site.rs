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
    state: Mutex<State>,
    kept: AtomicBool,
    /// Why the cluster does not answer any more, once it does not although nobody here has deleted it.
    gone: watch::Sender<Option<String>>,
}

/// What is known of the cluster. Whoever changes it may be cut off, by a limit or the end of the run.
#[derive(Default)]
struct State {
    present: Option<Made>,
    /// Something of this name may be there, even if none is present.
    begun: bool,
    /// A scenario has had it since it was last swept.
    used: bool,
}

impl KindSite {
    /// A cluster that is still to be made, or found.
    pub(super) fn new(maker: Maker) -> Self {
        Self { maker, state: Mutex::default(), kept: AtomicBool::new(false), gone: watch::Sender::new(None) }
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

    /// Makes the cluster unless it is there.
    pub(super) async fn make(&self) -> Result<(), EnvironmentError> {
        self.made(&mut *self.state.lock().await).await
    }

    /// The cluster for the next scenario; another one if the last could not be made clean.
    pub(super) async fn claim(&self) -> Result<RealEnd, EnvironmentError> {
        let mut state = self.state.lock().await;
        // Should its sweep have been cut off.
        self.swept(&mut state).await?;
        if let Some(reason) = self.gone.borrow().clone() {
            return Err(self.gone(reason));
        }
        self.made(&mut state).await?;
        state.used = true;
        state.present.as_ref().map(|made| made.end.clone()).ok_or(EnvironmentError::Lost)
    }

    /// Removes what the last scenario left. A cluster that is not as it was then is deleted.
    pub(super) async fn sweep(&self) -> Result<(), EnvironmentError> {
        self.swept(&mut *self.state.lock().await).await
    }

    async fn made(&self, state: &mut State) -> Result<(), EnvironmentError> {
        if state.present.is_some() {
            return Ok(());
        }
        if state.begun {
            self.maker.delete_until_settled().await?;
        }
        state.begun = !self.maker.stays;
        let made = self.maker.make().await;
        // One that failed has removed what it made.
        state.begun &= made.is_ok();
        state.present = Some(made?);
        Ok(())
    }

    async fn swept(&self, state: &mut State) -> Result<(), EnvironmentError> {
        let Some(made) = state.present.as_ref().filter(|_| state.used) else { return Ok(()) };
        self.maker.tell_pulled(made).await;
        let remains = match sweep(&made.client, &made.baseline).await {
            Ok(swept) if swept.remains.is_empty() => {
                tracing::debug!(removed = swept.removed.join(", "), "swept");
                state.used = false;
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
        if let Some(made) = state.present.take() {
            made.delete().await?;
        }
        (state.begun, state.used) = (false, false);
        Ok(())
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
            let present =
                self.state.lock().await.present.as_ref().map(|made| (made.client.clone(), made.deleted.clone()));
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
        let mut state = self.state.lock().await;
        if self.maker.stays || self.is_kept() {
            state.present = None;
            return Vec::new();
        }
        if let Some(made) = state.present.take() {
            state.begun = made.delete().await.is_err();
        }
        // A runtime that has much to end at once may fail to kill a container, and can a moment later.
        let deleted = if state.begun { self.maker.delete_until_settled().await } else { Ok(()) };
        state.begun = deleted.is_err();
        deleted.err().map(|error| format!("Kind cluster {}: {}", self.name(), chain(&error))).into_iter().collect()
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
