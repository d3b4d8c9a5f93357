//! The same Deployment in several namespaces, each a variant.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, cluster_failure, pods_of};
use crate::table::{Table, same_rows};
use crate::workload::Property;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "deployment",
            "deployment {string} has in these namespaces:",
            "It has this in each namespace now: | namespace |, and any of | replicas | ready replicas | image | and \
             variables of the container, named in capitals.",
            has_in_namespaces,
        )
        .sentence(
            "deployment",
            "no deployment in namespace {string} has pods that restarted",
            "There are pods, and every container of each has a restart count of 0.",
            none_restarted,
        )
        .sentence(
            "deployment",
            "I delete the pods of deployment {string} in namespace {string}",
            "Deletes them, so that the Deployment makes new ones.",
            delete_pods,
        );
}

async fn has_in_namespaces(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let table = Table::with(arguments, &["namespace"])?;
    let columns = table.columns_beside(&[]);
    let properties = columns.iter().map(|column| Property::of_column(column)).collect::<Result<Vec<_>, _>>()?;
    let client = client(scenario).await?;
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let namespace = row.get("namespace");
        let api: Api<Deployment> = Api::namespaced(client.clone(), namespace);
        let what = format!("deployment `{name}` in namespace `{namespace}`");
        let deployment = api.get(name).await.map_err(|error| cluster_failure(what, &error))?;
        let deployment = serde_json::to_value(&deployment).unwrap_or(Value::Null);
        found.push(properties.iter().map(|property| property.of(&deployment)).collect());
        expected.push(row.cells(&columns));
    }
    same_rows(&format!("what deployment `{name}` has: {}", columns.join(" | ")), &expected, &found)
}

async fn none_restarted(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let namespace = arguments.text(0)?;
    let api: Api<Pod> = Api::namespaced(client(scenario).await?, namespace);
    let pods = api.list(&ListParams::default()).await;
    let pods = pods.map_err(|error| cluster_failure("pods cannot be listed", &error))?;
    if pods.items.is_empty() {
        return Err(Failure::assertion(format!("there is no pod in namespace `{namespace}`")));
    }
    for pod in pods {
        let statuses = pod.status.and_then(|status| status.container_statuses).unwrap_or_default();
        if let Some(status) = statuses.iter().find(|status| status.restart_count > 0) {
            let name = pod.metadata.name.unwrap_or_default();
            return Err(Failure::assertion(format!("container `{}` of pod `{name}` has restarted", status.name))
                .expected("0 restarts")
                .actual(status.restart_count.to_string()));
        }
    }
    Ok(())
}

async fn delete_pods(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace) = (arguments.text(0)?, arguments.text(1)?);
    let client = client(scenario).await?;
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    for pod in pods_of(&client, namespace, name).await? {
        let pod = pod.metadata.name.unwrap_or_default();
        let deleted = api.delete(&pod, &DeleteParams::default()).await;
        deleted.map_err(|error| cluster_failure(format!("pod `{pod}` was not deleted"), &error))?;
    }
    Ok(())
}
