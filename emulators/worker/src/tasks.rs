//! What a worker has going on beside its stream.

use std::future::Future;

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Spawns tasks that end with the worker.
#[derive(Clone)]
pub(crate) struct Tasks {
    steps: TaskTracker,
    closing: CancellationToken,
    gone: CancellationToken,
}

impl Tasks {
    /// The tasks of one worker; they are dropped with the guard.
    pub(crate) fn new() -> (Self, DropGuard) {
        let gone = CancellationToken::new();
        let tasks = Self { steps: TaskTracker::new(), closing: gone.child_token(), gone: gone.clone() };
        (tasks, gone.drop_guard())
    }

    /// Runs `future` until it ends or the worker is gone.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let gone = self.gone.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = gone.cancelled() => {}
                () = future => {}
            }
        });
    }

    /// Runs `steps`, which [`Self::finish_steps`] waits for.
    pub(crate) fn spawn_steps(&self, steps: impl Future<Output = ()> + Send + 'static) {
        self.spawn(self.steps.track_future(steps));
    }

    /// Runs `wait` until it ends or the stream has ended: what waits then has nobody to report to.
    pub(crate) fn spawn_wait(&self, wait: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = wait => {}
            }
        });
    }

    /// Resolves when the stream has ended.
    pub(crate) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Lets the steps under way finish (recorded run 14i) and drops all waits.
    pub(crate) async fn finish_steps(&self) {
        self.closing.cancel();
        self.steps.close();
        self.steps.wait().await;
    }
}
