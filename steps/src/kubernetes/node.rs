//! Nodes.

use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::ListParams;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, cluster_failure};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "node",
        "the cluster has a ready node",
        "The cluster answers, and the condition Ready of a node is True.",
        has_a_ready_node,
    );
}

async fn has_a_ready_node(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let api: Api<Node> = Api::all(client(scenario).await?);
    let nodes = api.list(&ListParams::default()).await;
    let nodes = nodes.map_err(|error| cluster_failure("nodes cannot be listed", &error))?;
    let is_ready = |node: &Node| {
        let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
        conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    if nodes.iter().any(is_ready) {
        return Ok(());
    }
    Err(Failure::assertion("the cluster has no ready node").actual(format!("{} nodes", nodes.items.len())))
}
