//! Deployments.

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, ApiResource};
use serde_json::Value;
use stagegate_harness::failure::{Blame, Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::pod::troubles;
use super::wait::{Awaited, until};
use super::{client, cluster_failure, pods_of};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "deployment",
            "deployment {string} in namespace {string} is available within {duration}",
            "Every wanted replica is updated and available, for the newest generation.",
            is_available,
        )
        .sentence(
            "deployment",
            "deployment {string} in namespace {string} does not become available within {duration}",
            "It exists, and is not available when this much environment time has passed.",
            does_not_become_available,
        )
        .sentence(
            "deployment",
            "deployment {string} in namespace {string} has {int} ready replica(s)",
            "So many of its pods are ready now, and no fewer are wanted.",
            has_ready_replicas,
        )
        .sentence(
            "deployment",
            "deployment {string} in namespace {string} runs image {string}",
            "Each of its running pods has a container with this image and knows the image's id.",
            runs_image,
        )
        .sentence(
            "deployment",
            "the pods of deployment {string} in namespace {string} have not restarted",
            "Every container of its pods has a restart count of 0.",
            have_not_restarted,
        );
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// What `kubectl rollout status` waits for.
fn available(deployment: &Value) -> Result<(), String> {
    let wanted = deployment.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let observed = number(deployment, "/status/observedGeneration");
    if observed < number(deployment, "/metadata/generation") {
        return Err("its newest generation has not been observed yet".to_owned());
    }
    let (updated, available) =
        (number(deployment, "/status/updatedReplicas"), number(deployment, "/status/availableReplicas"));
    if wanted > 0 && updated >= wanted && available >= wanted {
        Ok(())
    } else {
        Err(format!("{available} of {wanted} replicas are available, {updated} are updated"))
    }
}

fn awaited<'a>(namespace: &'a str, name: &'a str) -> Awaited<'a> {
    Awaited { resource: ApiResource::erase::<Deployment>(&()), namespace, name }
}

async fn is_available(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    let what = format!("deployment `{name}` in namespace `{namespace}` is not available");
    let outcome = until(scenario, &what, &awaited(namespace, name), limit, available).await;
    let Err(mut failure) = outcome else { return Ok(()) };
    // What the pods wait for says more than the Deployment's own status.
    if let Ok(pods) = pods_of(&client(scenario).await?, namespace, name).await {
        failure.diagnostic.causes.extend(troubles(&pods));
    }
    Err(failure)
}

async fn does_not_become_available(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    match until(scenario, "", &awaited(namespace, name), limit, available).await {
        Ok(_) => Err(Failure::assertion(format!("deployment `{name}` in namespace `{namespace}` is available"))),
        // What broke while waiting is no proof that it is unavailable.
        Err(failure) if failure.blame == Blame::Environment => Err(failure),
        Err(_) => {
            let deployment = get(scenario, namespace, name).await?;
            let now = serde_json::to_value(&deployment).unwrap_or_default();
            match available(&now) {
                Ok(()) => Err(Failure::assertion(format!("deployment `{name}` is available after all"))),
                Err(_) => Ok(()),
            }
        }
    }
}

async fn get(scenario: &mut Scenario, namespace: &str, name: &str) -> Result<Deployment, Failure> {
    let api: Api<Deployment> = Api::namespaced(client(scenario).await?, namespace);
    api.get(name)
        .await
        .map_err(|error| cluster_failure(format!("deployment `{name}` in namespace `{namespace}`"), &error))
}

async fn has_ready_replicas(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace, expected) = (arguments.text(0)?, arguments.text(1)?, arguments.int(2)?);
    let deployment = get(scenario, namespace, name).await?;
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let ready = deployment.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    if i64::from(ready) == expected && i64::from(wanted) == expected {
        return Ok(());
    }
    Err(Failure::assertion(format!("ready replicas of deployment `{name}` in namespace `{namespace}`"))
        .expected(expected.to_string())
        .actual(format!("{ready} ready, {wanted} wanted")))
}

async fn runs_image(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace, image) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    for pod in pods_of(&client(scenario).await?, namespace, name).await? {
        let spec = pod.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
        let specified: Vec<&str> = spec.iter().filter_map(|container| container.image.as_deref()).collect();
        let with_image = spec.iter().find(|container| container.image.as_deref() == Some(image));
        let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
        let running = statuses.iter().any(|status| {
            with_image.is_some_and(|container| container.name == status.name)
                && !status.image_id.is_empty()
                && status.state.as_ref().is_some_and(|state| state.running.is_some())
        });
        if !running {
            let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
            return Err(Failure::assertion(format!("pod `{pod_name}` does not run the image")).expected(image).actual(
                match with_image {
                    Some(container) => format!("container `{}` has it and is not running", container.name),
                    None => specified.join(", "),
                },
            ));
        }
    }
    Ok(())
}

async fn have_not_restarted(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace) = (arguments.text(0)?, arguments.text(1)?);
    for pod in pods_of(&client(scenario).await?, namespace, name).await? {
        let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
        let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
        if statuses.is_empty() {
            return Err(Failure::assertion(format!("pod `{pod_name}` has no container status yet")));
        }
        if let Some(status) = statuses.iter().find(|status| status.restart_count > 0) {
            return Err(Failure::assertion(format!("container `{}` of pod `{pod_name}` has restarted", status.name))
                .expected("0 restarts")
                .actual(status.restart_count.to_string()));
        }
    }
    Ok(())
}
