//! Objects of any kind: whether they are there.

use kube::api::{Api, ApiResource, DynamicObject};
use kube::discovery::{Discovery, Scope};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, cluster_failure};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "object",
            "the cluster has {word} {string}",
            "There is a cluster-scoped object of this kind, such as Namespace, and name.",
            has_cluster_scoped,
        )
        .sentence(
            "object",
            "the cluster has {word} {string} in namespace {string}",
            "There is a namespaced object of this kind, such as Service, and name.",
            has_namespaced,
        )
        .sentence(
            "object",
            "the cluster has no {word} {string}",
            "There is no cluster-scoped object of this kind and name.",
            lacks_cluster_scoped,
        )
        .sentence(
            "object",
            "the cluster has no {word} {string} in namespace {string}",
            "There is no namespaced object of this kind and name.",
            lacks_namespaced,
        );
}

async fn resource(client: &kube::Client, kind: &str) -> Result<(ApiResource, Scope), Failure> {
    let discovery = Discovery::new(client.clone()).run_aggregated().await;
    let discovery = discovery.map_err(|error| cluster_failure("the cluster's kinds cannot be listed", &error))?;
    let found = discovery
        .groups()
        .flat_map(kube::discovery::ApiGroup::recommended_resources)
        .find(|(resource, _)| resource.kind.eq_ignore_ascii_case(kind));
    found.map(|(resource, capabilities)| (resource, capabilities.scope)).ok_or_else(|| {
        Failure::assertion(format!("the cluster knows no kind `{kind}`")).help("write the kind as in a manifest")
    })
}

/// Whether there is such an object; the step's scope must be the kind's.
async fn is_there(scenario: &mut Scenario, kind: &str, name: &str, namespace: Option<&str>) -> Result<bool, Failure> {
    let client = client(scenario).await?;
    let cluster = client.clone();
    let (resource, scope) = resource(&client, kind).await?;
    let api: Api<DynamicObject> = match (namespace, scope) {
        (Some(namespace), Scope::Namespaced) => Api::namespaced_with(client, namespace, &resource),
        (None, Scope::Cluster) => Api::all_with(client, &resource),
        (None, Scope::Namespaced) => {
            return Err(Failure::assertion(format!("{kind} is namespaced")).help("add `in namespace \"…\"`"));
        }
        (Some(_), Scope::Cluster) => {
            return Err(Failure::assertion(format!("{kind} is cluster-scoped")).help("leave the namespace out"));
        }
    };
    if let Some(namespace) = namespace {
        // In a namespace that is not there nothing is there, which would prove nothing.
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(cluster);
        namespaces.get(namespace).await.map_err(|error| cluster_failure(format!("namespace `{namespace}`"), &error))?;
    }
    let found = api.get_opt(name).await;
    Ok(found.map_err(|error| cluster_failure(format!("{kind} `{name}`"), &error))?.is_some())
}

async fn expect(scenario: &mut Scenario, arguments: &Arguments, namespace: Option<usize>, there: bool) -> StepResult {
    let (kind, name) = (arguments.text(0)?, arguments.text(1)?);
    let namespace = namespace.map(|index| arguments.text(index)).transpose()?;
    if is_there(scenario, kind, name, namespace).await? == there {
        return Ok(());
    }
    let place = namespace.map(|namespace| format!(" in namespace `{namespace}`")).unwrap_or_default();
    let verb = if there { "has no" } else { "has" };
    Err(Failure::assertion(format!("the cluster {verb} {kind} `{name}`{place}")))
}

async fn has_cluster_scoped(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    expect(scenario, arguments, None, true).await
}

async fn has_namespaced(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    expect(scenario, arguments, Some(2), true).await
}

async fn lacks_cluster_scoped(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    expect(scenario, arguments, None, false).await
}

async fn lacks_namespaced(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    expect(scenario, arguments, Some(2), false).await
}
