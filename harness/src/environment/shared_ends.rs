//! The ends of a run that others use, too: an existing cluster, a real hub, or both.

use stagegate_container::HubContainer;
use stagegate_reports::{ClusterLane, HubLane};

use super::EnvironmentError;
use super::existing::ExistingCluster;
use super::ledger::{Ledger, LedgerCluster, LedgerHead};
use super::leftovers::Leftovers;
use super::presence::Present;
use super::remote_hub::RemoteHub;
use super::removal::Reach;
use crate::journal::Journal;
use crate::run::Settings;

/// The ends, and what the run has made there.
pub(super) struct SharedEnds {
    pub(super) cluster: Option<ExistingCluster>,
    pub(super) hub: Option<RemoteHub>,
    leftovers: Leftovers,
}

/// The first line of the run's ledger, if it has anything but emulators. `kind` are the names of the Kind clusters that are
/// made for it.
pub(super) fn ledger_head(settings: &Settings, run_id: &str, kind: &[String]) -> Option<LedgerHead> {
    let cluster = existing(settings)
        .map(|(kubeconfig, context)| LedgerCluster { kubeconfig: kubeconfig.to_owned(), context: context.to_owned() });
    let hub = match &settings.lane.hub {
        HubLane::Embedded | HubLane::Container => None,
        HubLane::Url(url) => Some(url.clone()),
    };
    let hub_container = settings.lane.hub == HubLane::Container;
    if cluster.is_none() && hub.is_none() && kind.is_empty() && !hub_container {
        return None;
    }
    let (run_id, kind, folder) = (run_id.to_owned(), kind.to_vec(), settings.folder.clone());
    Some(LedgerHead { run_id, cluster, kind, folder, hub_container, hub })
}

fn existing(settings: &Settings) -> Option<(&std::path::Path, &str)> {
    match (&settings.lane.cluster, &settings.cluster.kubeconfig) {
        (ClusterLane::Kubeconfig(context), Some(kubeconfig)) => Some((kubeconfig, context)),
        _ => None,
    }
}

impl SharedEnds {
    /// Looks whether they can be used. `None` when the run has none.
    pub(super) async fn prepare(
        settings: &Settings,
        (ledger, journal): (Ledger, &Journal),
        container: Option<&HubContainer>,
    ) -> Result<Option<Self>, EnvironmentError> {
        let cluster = match existing(settings) {
            Some(named) => Some(ExistingCluster::prepare(settings, named, (&ledger, journal)).await?),
            None => None,
        };
        let token = settings.hub_token.as_ref().map_or("", |token| &token.0);
        let access = match &settings.lane.hub {
            HubLane::Url(url) => Some((url.as_str(), token)),
            HubLane::Container => container.map(|hub| (hub.url(), hub.token())),
            HubLane::Embedded => None,
        };
        let hub = match access {
            Some(access) => Some(RemoteHub::prepare(access, (&ledger, journal)).await?),
            None => None,
        };
        if cluster.is_none() && hub.is_none() {
            return Ok(None);
        }
        let none = |what: &str| format!("the run has no {what}");
        let reach = Reach {
            cluster: cluster.as_ref().map(|cluster| cluster.client.clone()).ok_or_else(|| none("existing cluster")),
            hub: hub.as_ref().map(|hub| hub.upstream.clone()).ok_or_else(|| none("real hub")),
        };
        Ok(Some(Self { cluster, hub, leftovers: Leftovers::reached(ledger, reach) }))
    }

    /// The ends, to be looked after.
    pub(super) fn present(&self) -> Vec<Present> {
        let cluster = self.cluster.as_ref().map(|cluster| Present::Cluster {
            name: format!("of context {}", cluster.end.context.as_deref().unwrap_or_default()),
            client: cluster.client.clone(),
        });
        let hub = self.hub.as_ref().map(|hub| Present::Hub(hub.upstream.clone()));
        cluster.into_iter().chain(hub).collect()
    }

    /// Removes what the run has made so far; gives what would not go, a line each.
    pub(super) async fn sweep(&self) -> Vec<String> {
        self.leftovers.remove().await.iter().map(ToString::to_string).collect()
    }
}
