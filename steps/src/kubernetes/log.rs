//! Logs.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, cluster_failure, pods_of};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "log",
            "the log of deployment {string} in namespace {string} contains {string}",
            "A pod of the Deployment has logged a line with this text.",
            contains,
        )
        .needing(Capability::Containers);
}

async fn contains(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace, expected) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let client = client(scenario).await?;
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let mut logs = String::new();
    for pod in pods_of(&client, namespace, name).await? {
        let pod = pod.metadata.name.unwrap_or_default();
        let log = api.logs(&pod, &LogParams::default()).await;
        logs += &log.map_err(|error| cluster_failure(format!("the log of pod `{pod}`"), &error))?;
    }
    if logs.contains(expected) {
        return Ok(());
    }
    let actual = if logs.is_empty() { "the log is empty".to_owned() } else { logs };
    Err(Failure::assertion(format!("the log of deployment `{name}` does not contain the text"))
        .expected(expected)
        .actual(actual))
}
