//! Steps on Kubernetes objects.

pub(crate) mod apply;
mod deployment;
mod disruption;
mod fault;
mod log;
mod node;
mod object;
mod pod;
mod service;
mod steady_state;
mod untouched;
mod variants;
mod wait;

pub(crate) use self::pod::stuck;

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, ListParams};
use stagegate_harness::failure::{Blame, Failure};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::VocabularyBuilder;

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    node::add(builder);
    object::add(builder);
    apply::add(builder);
    deployment::add(builder);
    fault::add(builder);
    variants::add(builder);
    pod::add(builder);
    service::add(builder);
    log::add(builder);
    untouched::add(builder);
    disruption::add(builder);
    steady_state::add(builder);
}

pub(crate) async fn client(scenario: &mut Scenario) -> Result<kube::Client, Failure> {
    Ok(scenario.environment().await?.cluster().client.clone())
}

/// A step asked the cluster for something and did not get it.
pub(crate) fn cluster_failure(what: impl Into<String>, error: &kube::Error) -> Failure {
    let mut failure = Failure::assertion(what).cause(message(error));
    if !matches!(error, kube::Error::Api(_)) {
        failure.blame = Blame::Environment;
    }
    failure
}

/// An API error as kubectl would say it.
fn message(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} ({} {})", status.message, status.code, status.reason),
        other => other.to_string(),
    }
}

/// The pods that a Deployment's selector selects.
async fn pods_of(
    client: &kube::Client,
    namespace: &str,
    deployment: &str,
) -> Result<Vec<k8s_openapi::api::core::v1::Pod>, Failure> {
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), namespace);
    let found = deployments
        .get(deployment)
        .await
        .map_err(|error| cluster_failure(format!("deployment `{deployment}` in namespace `{namespace}`"), &error))?;
    let labels = found.spec.selector.match_labels.unwrap_or_default();
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(client.clone(), namespace);
    let pods = pods
        .list(&ListParams::default().labels(&crate::manifest::selector(&labels)))
        .await
        .map_err(|error| cluster_failure("the deployment's pods cannot be listed", &error))?;
    if pods.items.is_empty() {
        return Err(Failure::assertion(format!("deployment `{deployment}` in namespace `{namespace}` has no pods")));
    }
    Ok(pods.items)
}
