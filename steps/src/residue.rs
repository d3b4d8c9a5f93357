//! What is left behind: all that hub and cluster hold, before and after.

use std::collections::BTreeSet;

use kube::api::ApiResource;
use kube::discovery::ApiCapabilities;
use serde_json::Value;
use stagegate_harness::environment::objects;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

const NOTED: &str = "noted-holdings";

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "residue",
            "I note what the hub and the cluster hold",
            "Remembers every space, and every Kubernetes object that a client can list.",
            note,
        )
        .sentence(
            "residue",
            "nothing is left within {duration} that they did not hold then",
            "Every space and Kubernetes object that there was not when it was noted is gone. Events, requests for certificates and the heartbeats of nodes do not count.",
            nothing_is_left,
        );
}

async fn note(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let held: Vec<String> = holdings(scenario).await?.into_iter().collect();
    scenario.set_variable(NOTED, held.join("\n"));
    Ok(())
}

/// They come and pass by themselves.
const PASSING: [&str; 2] = ["Event", "CertificateSigningRequest"];
/// Where kubelets keep their heartbeats: a node that has just joined has none yet.
const HEARTBEATS: &str = "kube-node-lease";

/// Every space and every Kubernetes object, a line each.
async fn holdings(scenario: &mut Scenario) -> Result<BTreeSet<String>, Failure> {
    let hub = scenario.environment().await?.hub().client.clone();
    let cluster = scenario.environment().await?.cluster().client.clone();
    let spaces: Vec<Value> = hub
        .get("/space", &[])
        .await
        .map_err(|error| Failure::environment("the spaces cannot be listed").caused_by(&error))?;
    let slug = |space: &Value| space.pointer("/Space/Slug").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut held: BTreeSet<String> = spaces.iter().map(|space| format!("space {}", slug(space))).collect();
    let unlisted =
        |error: kube::Error| Failure::environment("the cluster's objects cannot be listed").caused_by(&error);
    let lasting = |resource: &ApiResource, _: &ApiCapabilities| !PASSING.contains(&resource.kind.as_str());
    let objects = objects(&cluster, lasting).await.map_err(unlisted)?;
    for (resource, object) in
        objects.into_iter().filter(|(_, object)| object.metadata.namespace.as_deref() != Some(HEARTBEATS))
    {
        let namespace = object.metadata.namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
        held.insert(format!("{} {namespace}{}", resource.kind, object.metadata.name.unwrap_or_default()));
    }
    Ok(held)
}

async fn nothing_is_left(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(0)?;
    let noted = scenario.variable(NOTED).map(str::to_owned).map_err(|_| {
        Failure::assertion("it was not noted what the hub and the cluster hold")
            .help("add the step `Given I note what the hub and the cluster hold` at the beginning")
    })?;
    let noted: BTreeSet<String> = noted.lines().map(str::to_owned).collect();
    let clock = scenario.environment().await?.clock().clone();
    let began = clock.now();
    loop {
        let left: Vec<String> = holdings(scenario).await?.difference(&noted).cloned().collect();
        if left.is_empty() {
            return Ok(());
        }
        if clock.since(began) >= limit {
            return Err(Failure::assertion("something is left behind").actual(left.join("\n")));
        }
        let clock = clock.clone();
        let pause = std::time::Duration::from_secs(1);
        let _passed = scenario.wait(pause * 2, async move { clock.sleep(pause).await }).await?;
    }
}
