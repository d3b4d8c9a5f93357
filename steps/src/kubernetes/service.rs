//! Services: endpoints and answers.

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use kube::api::ListParams;
use stagegate_harness::failure::{Blame, Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, cluster_failure, message};
use crate::confighub::seconds;

/// How often a Service is asked that does not answer yet.
const INTERVAL: Duration = Duration::from_millis(500);

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "service",
            "service {string} in namespace {string} has ready endpoints",
            "At least one ready endpoint stands behind the Service.",
            has_ready_endpoints,
        )
        .sentence(
            "service",
            "service {string} in namespace {string} answers {string} on port {int}",
            "An HTTP GET of the path through the Service's port is answered with a status below 400.",
            answers,
        )
        .needing(Capability::Containers)
        .sentence(
            "service",
            "service {string} in namespace {string} answers {string} on port {int} within {duration}",
            "As without a time, asked again every half second until it is.",
            answers_within,
        )
        .needing(Capability::Containers)
        .sentence(
            "service",
            "service {string} in namespace {string} answers {string} on port {int} throughout {duration}",
            "As without a time, asked every half second for so long; each time it does.",
            answers_throughout,
        )
        .needing(Capability::Containers);
}

async fn has_ready_endpoints(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace) = (arguments.text(0)?, arguments.text(1)?);
    let client = client(scenario).await?;
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let what = format!("service `{name}` in namespace `{namespace}`");
    services.get(name).await.map_err(|error| cluster_failure(what.clone(), &error))?;
    let slices: Api<EndpointSlice> = Api::namespaced(client, namespace);
    let of_service = ListParams::default().labels(&format!("kubernetes.io/service-name={name}"));
    let slices = slices.list(&of_service).await.map_err(|error| cluster_failure(what.clone(), &error))?;
    let ready = slices
        .iter()
        .flat_map(|slice| slice.endpoints.clone().unwrap_or_default())
        .filter(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(false))
        .count();
    if ready > 0 {
        return Ok(());
    }
    Err(Failure::assertion(format!("{what} has no ready endpoints"))
        .help("check that the Service's selector selects pods and that they are ready"))
}

async fn answers(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (name, namespace, path, port) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?, arguments.int(3)?);
    let client = client(scenario).await?;
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let what = format!("service `{name}` in namespace `{namespace}` does not answer `{path}` on port {port}");
    let service = services.get(name).await.map_err(|error| cluster_failure(what.clone(), &error))?;
    let uri = format!("/api/v1/namespaces/{namespace}/services/{name}:{port}/proxy/{}", path.trim_start_matches('/'));
    let request = http::Request::get(&uri).body(Vec::new()).map_err(|error| Failure::assertion(error.to_string()))?;
    match client.request_text(request).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let said = message(&error);
            let mut failure = Failure::assertion(what).actual(said.clone());
            if let Some(target) = target_port(&service, port) {
                failure = failure.cause(format!("port {port} of the service goes to port {target} of its pods"));
                if said.contains("connection refused") {
                    failure = failure.help(format!(
                        "nothing in the image listens on port {target}; point the Service's targetPort at the port it listens on"
                    ));
                }
            }
            Err(failure)
        }
    }
}

async fn answers_within(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(4)?;
    let clock = scenario.environment().await?.clock().clone();
    let began = clock.now();
    loop {
        let outcome = answers(scenario, arguments).await;
        match outcome {
            Err(failure) if failure.blame == Blame::System && clock.since(began) < limit => {}
            outcome => return outcome,
        }
        let clock = clock.clone();
        let _passed = scenario.wait(INTERVAL * 2, async move { clock.sleep(INTERVAL).await }).await?;
    }
}

async fn answers_throughout(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(4)?;
    let clock = scenario.environment().await?.clock().clone();
    let began = clock.now();
    loop {
        if let Err(mut failure) = answers(scenario, arguments).await {
            failure.diagnostic.causes.push(format!("after {}", seconds(clock.since(began))));
            return Err(failure);
        }
        if clock.since(began) >= limit {
            return Ok(());
        }
        let clock = clock.clone();
        let _passed = scenario.wait(INTERVAL * 2, async move { clock.sleep(INTERVAL).await }).await?;
    }
}

fn target_port(service: &Service, port: i64) -> Option<String> {
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
    let ports = service.spec.as_ref()?.ports.as_ref()?;
    let found = ports.iter().find(|candidate| i64::from(candidate.port) == port)?;
    Some(match &found.target_port {
        None => port.to_string(),
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
    })
}
