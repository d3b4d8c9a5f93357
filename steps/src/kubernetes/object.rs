//! Objects of any kind: whether they are there.

use kube::api::{Api, ApiResource, DeleteParams, DynamicObject};
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
        )
        .sentence(
            "object",
            "{word} {string} is labelled {string}",
            "The cluster-scoped object of this kind and name has this KEY=VALUE among its labels.",
            is_labelled,
        )
        .sentence(
            "object",
            "I delete {word} {string} from the cluster",
            "Deletes a cluster-scoped object, and with a Namespace all that is in it.",
            delete_cluster_scoped,
        )
        .sentence(
            "object",
            "I delete {word} {string} from namespace {string}",
            "Deletes a namespaced object.",
            delete_namespaced,
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

/// Access to objects of a kind; the step's scope must be the kind's.
async fn api(client: kube::Client, kind: &str, namespace: Option<&str>) -> Result<Api<DynamicObject>, Failure> {
    let (resource, scope) = resource(&client, kind).await?;
    match (namespace, scope) {
        (Some(namespace), Scope::Namespaced) => Ok(Api::namespaced_with(client, namespace, &resource)),
        (None, Scope::Cluster) => Ok(Api::all_with(client, &resource)),
        (None, Scope::Namespaced) => {
            Err(Failure::assertion(format!("{kind} is namespaced")).help("add `in namespace \"…\"`"))
        }
        (Some(_), Scope::Cluster) => {
            Err(Failure::assertion(format!("{kind} is cluster-scoped")).help("leave the namespace out"))
        }
    }
}

/// Whether there is such an object.
async fn is_there(scenario: &mut Scenario, kind: &str, name: &str, namespace: Option<&str>) -> Result<bool, Failure> {
    let cluster = client(scenario).await?;
    let api = api(cluster.clone(), kind, namespace).await?;
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

async fn is_labelled(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (kind, name, label) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let api = api(client(scenario).await?, kind, None).await?;
    let object = api.get(name).await.map_err(|error| cluster_failure(format!("{kind} `{name}`"), &error))?;
    let labels = object.metadata.labels.unwrap_or_default();
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if labels.iter().any(|found| found == label) {
        return Ok(());
    }
    Err(Failure::assertion(format!("{kind} `{name}` has not the label")).expected(label).actual(labels.join(", ")))
}

async fn delete(scenario: &mut Scenario, arguments: &Arguments, namespace: Option<&str>) -> StepResult {
    let (kind, name) = (arguments.text(0)?, arguments.text(1)?);
    let api = api(client(scenario).await?, kind, namespace).await?;
    let what = format!("{kind} `{name}` was not deleted");
    api.delete(name, &DeleteParams::default()).await.map_err(|error| cluster_failure(what, &error))?;
    Ok(())
}

async fn delete_cluster_scoped(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    delete(scenario, arguments, None).await
}

async fn delete_namespaced(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    delete(scenario, arguments, Some(arguments.text(2)?)).await
}
