//! What a run has made where others are at work, too, and removing it: by the run, by its reaper, or by hand later.

use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::api::Api;
use stagegate_reports::diagnostic::chain;
use stagegate_tap::{HubUpstream, Made, Upstream};

use super::ledger::{Ledger, LedgerCluster, Place};
use super::removal::{Reach, Remaining};
use super::unanswered;

/// What a run has made.
pub struct Leftovers {
    ledger: Ledger,
    reach: Reach,
}

impl Leftovers {
    /// What is in a ledger. Cluster and hub are reached as the run reached them, and must be the same ones still; the
    /// hub's token is in no ledger.
    pub async fn of(ledger: Ledger, hub_token: Option<&str>) -> Self {
        let places = ledger.places();
        let cluster = match &ledger.head().cluster {
            None => Err("the run had no existing cluster".to_owned()),
            Some(cluster) => same_cluster(cluster, &places).await,
        };
        let hub = match (&ledger.head().hub, hub_token) {
            (None, _) => Err("the run had no real hub".to_owned()),
            (Some(url), None) => Err(format!("a token for the hub {url} is needed")),
            (Some(url), Some(token)) => same_hub(url, token, &places).await,
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
        let mut present = unanswered::settle(&self.ledger, &self.reach).await;
        present.extend(self.reach.present(&self.ledger.made()).await);
        present
    }

    /// Removes all of it; gives what would not go, which stays in the ledger.
    pub async fn remove(&self) -> Vec<Remaining> {
        let unseen = unanswered::settle(&self.ledger, &self.reach).await;
        let made = self.ledger.made();
        if made.is_empty() {
            return unseen;
        }
        let mut remaining = self.reach.remove(&made).await;
        let left: Vec<&Made> = remaining.iter().map(|remaining| &remaining.made).collect();
        // What was made meanwhile is in the ledger and stays there for the next time.
        let gone: Vec<Made> = made.into_iter().filter(|made| !left.contains(&made)).collect();
        if let Err(error) = self.ledger.strike_out(&gone) {
            // Whoever looks for it later finds it gone.
            tracing::warn!(error = chain(&error), "what has been removed is not struck out");
        }
        remaining.extend(unseen);
        remaining
    }
}

/// Which cluster it is that a client reaches.
pub(super) async fn uid_of_cluster(client: &Client) -> Result<String, kube::Error> {
    let system = Api::<Namespace>::all(client.clone()).get_metadata("kube-system").await?;
    Ok(system.metadata.uid.unwrap_or_default())
}

async fn same_cluster(cluster: &LedgerCluster, places: &[Place]) -> Result<Client, String> {
    let upstream = Upstream::of_file(&cluster.kubeconfig, Some(&cluster.context)).await;
    let client = upstream.map_err(|error| chain(&error))?.client();
    let uid = uid_of_cluster(&client).await.map_err(|error| chain(&error))?;
    if places.iter().any(|place| matches!(place, Place::Cluster(known) if *known != uid)) {
        return Err(format!("the context {} is of another cluster now", cluster.context));
    }
    Ok(client)
}

async fn same_hub(url: &str, token: &str, places: &[Place]) -> Result<HubUpstream, String> {
    let hub = HubUpstream::new(url, token).map_err(|error| chain(&error))?;
    let member = hub.get("/api/me").await.map_err(|error| error.to_string())?;
    let organization = member["OrganizationID"].as_str().unwrap_or_default();
    if places.iter().any(|place| matches!(place, Place::Organization(known) if known != organization)) {
        return Err(format!("the token for the hub {url} is of another organization"));
    }
    Ok(hub)
}
