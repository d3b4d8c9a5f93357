//! Nodes that the scheduler is kept from, as `kubectl cordon` does it.

use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;
use stagegate_reports::diagnostic::chain;
use stagegate_tap::Made;

use super::Environment;
use super::site::Site;

impl Environment {
    /// Keeps the scheduler from giving a node Pods. It is written down first, so that it is undone whatever becomes of
    /// the run.
    pub async fn cordon(&mut self, node: &str) -> Result<(), kube::Error> {
        let nodes: Api<Node> = Api::all(self.cluster.client.clone());
        if is_cordoned(&nodes.get(node).await?) {
            // It was so before: that stays.
            return Ok(());
        }
        self.claim.site.note_cordoned(node);
        self.cordoned.push(node.to_owned());
        set_unschedulable(&self.cluster.client, node, true).await
    }

    /// Lets the scheduler use the nodes again that were cordoned; gives how many.
    pub async fn uncordon(&mut self) -> Result<usize, kube::Error> {
        let mut count = 0;
        while let Some(node) = self.cordoned.last().cloned() {
            set_unschedulable(&self.cluster.client, &node, false).await?;
            self.claim.site.note_uncordoned(&node);
            self.cordoned.pop();
            count += 1;
        }
        Ok(count)
    }
}

impl Site {
    /// Writes down that a node of a cluster that others use, too, is cordoned.
    fn note_cordoned(&self, node: &str) {
        if let (Some(ledger), Some(_)) = (&self.ledger, &self.shared) {
            ledger.note(Made::Cordon { node: node.to_owned() });
        }
    }

    /// It is so no more.
    fn note_uncordoned(&self, node: &str) {
        if let (Some(ledger), Some(_)) = (&self.ledger, &self.shared)
            && let Err(error) = ledger.strike_out(&[Made::Cordon { node: node.to_owned() }])
        {
            tracing::warn!(error = chain(&error), node, "a node that is as it was stays written down");
        }
    }
}

/// Whether the scheduler gives a node no Pods.
pub(super) fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or_default()
}

/// Cordons or uncordons a node, as kubectl does, and looks whether it is so then.
pub(super) async fn set_unschedulable(client: &Client, node: &str, cordoned: bool) -> Result<(), kube::Error> {
    let nodes: Api<Node> = Api::all(client.clone());
    let patch = Patch::Strategic(json!({ "spec": { "unschedulable": cordoned } }));
    let patched = nodes.patch(node, &PatchParams::default(), &patch).await?;
    if is_cordoned(&patched) == cordoned {
        return Ok(());
    }
    let message = format!("node {node} is {}cordoned all the same", if cordoned { "not " } else { "" });
    Err(kube::Error::Service(message.into()))
}
