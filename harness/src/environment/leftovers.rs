//! What a run has made where others are at work, too, and removing it: by the run, by its reaper, or by hand later.

use stagegate_reports::diagnostic::chain;
use stagegate_tap::{HubUpstream, Upstream};

use super::ledger::{Ledger, LedgerError};
use super::removal::{Reach, Remaining};

/// What a run has made.
pub struct Leftovers {
    ledger: Ledger,
    reach: Reach,
}

impl Leftovers {
    /// What is in a ledger. Cluster and hub are reached as the run reached them; the hub's token is in no ledger.
    pub async fn of(ledger: Ledger, hub_token: Option<&str>) -> Self {
        let cluster = match &ledger.head().cluster {
            None => Err("the run had no existing cluster".to_owned()),
            Some(cluster) => match Upstream::of_file(&cluster.kubeconfig, Some(&cluster.context)).await {
                Ok(upstream) => Ok(upstream.client()),
                Err(error) => Err(chain(&error)),
            },
        };
        let hub: Result<HubUpstream, String> = match (&ledger.head().hub, hub_token) {
            (None, _) => Err("the run had no real hub".to_owned()),
            (Some(url), None) => Err(format!("a token for the hub {url} is needed")),
            (Some(url), Some(token)) => HubUpstream::new(url, token).map_err(|error| chain(&error)),
        };
        Self { ledger, reach: Reach { cluster, hub } }
    }

    /// The same by clients that are there.
    pub(super) fn reached(ledger: Ledger, reach: Reach) -> Self {
        Self { ledger, reach }
    }

    /// Whose they are.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What is still there.
    pub async fn present(&self) -> Vec<Remaining> {
        self.reach.present(&self.ledger.made()).await
    }

    /// Removes all of it; gives what would not go, which stays in the ledger.
    pub async fn remove(&self) -> Result<Vec<Remaining>, LedgerError> {
        let made = self.ledger.made();
        if made.is_empty() {
            return Ok(Vec::new());
        }
        let remaining = self.reach.remove(&made).await;
        let left: Vec<_> = remaining.iter().map(|remaining| remaining.made.clone()).collect();
        self.ledger.strike_out_all_but(&left)?;
        Ok(remaining)
    }
}
