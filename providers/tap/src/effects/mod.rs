//! What changes in a real cluster, told as the emulator tells it of itself.
//!
//! Every resource that can be watched is watched. A change of a version that a tapped request was answered with is
//! that request's; one that a controller made goes back to the request behind what it acted on. Renewed Leases and
//! heartbeats of Nodes are no changes.

mod answers;
mod known;
mod object;
mod queue;
mod quiet;
mod resource;
mod teller;
mod watch;
mod writer;

use std::time::Duration;

use stagegate_simulation::Simulation;
use tokio::sync::{mpsc, watch as channel};
use tokio_util::sync::CancellationToken;

pub(crate) use answers::Answers;
pub(crate) use object::text;
use resource::Resource;
use teller::Teller;
use watch::{Told, What};

use crate::made::OnMade;

/// How long the first lists may take together.
const FIRST_LISTS: Duration = Duration::from_secs(30);

/// The cluster's resources could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum EffectsError {
    /// Discovery failed.
    #[error("the cluster does not say what it serves: {0}")]
    Discovery(String),
    /// Its objects were not listed in time.
    #[error("the cluster did not list its {resource} within {FIRST_LISTS:?}")]
    Slow {
        /// Resources that are not listed yet.
        resource: String,
    },
}

/// Some of what was answered has not been seen by the watches.
#[derive(Debug, thiserror::Error)]
#[error(
    "after {limit:?} {under_way} requests are still under way, {waiting} changes wait to be told, and these objects \
     were answered but not seen, by uid: {unseen:?}"
)]
pub struct Unsettled {
    /// How long was waited.
    pub limit: Duration,
    /// Requests that are not yet answered.
    pub under_way: usize,
    /// Changes that were seen and not told.
    pub waiting: usize,
    /// The uids of objects whose change was answered and has not been seen.
    pub unseen: Vec<String>,
}

/// The watches of a cluster.
pub(crate) struct Effects {
    pub(crate) answers: Answers,
    backlog: channel::Receiver<usize>,
}

impl Effects {
    /// Begins to watch, and waits until all that is there now is known.
    pub(crate) async fn start(
        simulation: Simulation,
        client: kube::Client,
        (made, stop): (Option<OnMade>, CancellationToken),
    ) -> Result<Self, EffectsError> {
        let resources = Resource::all(&client).await;
        let resources = resources.map_err(|error| EffectsError::Discovery(crate::upstream::chain(&error)))?;
        let (sender, mut told) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let mut teller = Teller::new(simulation, client, answers.clone(), sender, (made, stop));
        let mut awaited: Vec<_> = resources.iter().map(|resource| resource.name.clone()).collect();
        for resource in resources {
            teller.watch(resource);
        }
        let first = async {
            while !awaited.is_empty() {
                let Some(one) = told.recv().await else { return };
                let first = awaited.iter().position(|name| *name == one.resource.name);
                if let Some(first) = first {
                    awaited.swap_remove(first);
                }
                match one {
                    Told { resource, what: What::All(objects), .. } if first.is_some() => {
                        teller.know(&resource, objects);
                    }
                    later => teller.take(later),
                }
            }
        };
        if tokio::time::timeout(FIRST_LISTS, first).await.is_err() {
            return Err(EffectsError::Slow { resource: awaited.join(", ") });
        }
        let (backlog, seen) = channel::channel(0);
        tokio::spawn(teller.run(told, backlog));
        Ok(Self { answers, backlog: seen })
    }

    /// Waits, in wall time, until all that was answered has been seen and told.
    pub(crate) async fn settled(&self, limit: Duration) -> Result<(), Unsettled> {
        let mut backlog = self.backlog.clone();
        let settled = async {
            loop {
                let changed = self.answers.changed();
                tokio::pin!(changed);
                changed.as_mut().enable();
                let (under_way, unseen) = self.answers.outstanding();
                let waiting = *backlog.borrow_and_update();
                if under_way == 0 && unseen.is_empty() && waiting == 0 {
                    return;
                }
                tokio::select! {
                    () = changed => {}
                    told = backlog.changed() => if told.is_err() { return },
                }
            }
        };
        if tokio::time::timeout(limit, settled).await.is_ok() {
            return Ok(());
        }
        let (under_way, unseen) = self.answers.outstanding();
        Err(Unsettled { limit, under_way, waiting: *self.backlog.borrow(), unseen })
    }
}
