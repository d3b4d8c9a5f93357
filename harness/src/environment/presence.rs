//! Whether the real ends of a run are still there while it uses them.

use std::time::Duration;

use kube::Client;
use stagegate_reports::diagnostic::chain;
use stagegate_tap::{HubRefusal, HubUpstream};
use tokio::time::Instant;

use super::EnvironmentError;

/// An end that has not answered for so long is gone, in wall time.
const GONE: Duration = Duration::from_secs(15);
/// How long is waited between looks, and for an answer.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(10);

/// A real end, reached past every tap, so that injected faults do not make it look gone.
#[derive(Clone)]
pub(super) enum Present {
    Cluster { name: String, client: Client },
    Hub(HubUpstream),
}

impl Present {
    /// Whether it answers, be it with a refusal.
    async fn answers(&self) -> Result<(), String> {
        match self {
            Self::Cluster { client, .. } => match client.apiserver_version().await {
                Ok(_) | Err(kube::Error::Api(_)) => Ok(()),
                Err(error) => Err(chain(&error)),
            },
            Self::Hub(hub) => match hub.get("/api/info").await {
                Err(HubRefusal::Unreachable { reason, .. }) => Err(reason),
                _ => Ok(()),
            },
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Cluster { name, .. } => format!("the cluster {name}"),
            Self::Hub(hub) => format!("the hub {}", hub.url()),
        }
    }

    /// Waits until it does not answer any more, as the error for that.
    pub(super) async fn lost(&self, run_id: Option<&str>) -> EnvironmentError {
        let mut answered = Instant::now();
        loop {
            let tried = tokio::time::timeout(ANSWER, self.answers()).await;
            match tried.unwrap_or_else(|_| Err(format!("no answer within {ANSWER:?}"))) {
                Ok(()) => answered = Instant::now(),
                Err(reason) if answered.elapsed() >= GONE => {
                    return EnvironmentError::Gone { end: self.name(), reason, run_id: run_id.map(str::to_owned) };
                }
                Err(_) => {}
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
