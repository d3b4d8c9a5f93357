//! What is collected when a scenario fails: events, logs and the state of units and workers.

use k8s_openapi::api::core::v1::{Event as KubernetesEvent, Pod};
use kube::api::{Api, ListParams, LogParams};
use serde_json::Value;
use stagegate_reports::journal::{Attachment, Event};
use stagegate_simulation::FaultState;

use super::Environment;
use crate::journal::Scribe;

/// Pods whose logs are collected; more would bury the telling ones.
const PODS: usize = 20;
const LOG_LINES: i64 = 200;

pub(super) async fn collect(environment: &Environment, scribe: &Scribe) {
    let rules: Vec<String> = environment.faults().iter().map(rule_line).collect();
    attach(scribe, "faults of the scenario", Some(rules.join("\n")));
    attach(scribe, "units and workers of the hub", hub_state(environment).await);
    attach(scribe, "Kubernetes events", events(environment).await);
    let pods: Api<Pod> = Api::all(environment.cluster.client.clone());
    match pods.list(&ListParams::default()).await {
        Ok(pods) => {
            attach(scribe, "pods", Some(pods.iter().map(pod_line).collect::<Vec<_>>().join("\n")));
            for pod in pods.iter().take(PODS) {
                let (name, log) = pod_log(environment, pod).await;
                attach(scribe, &name, log);
            }
        }
        Err(error) => attach(scribe, "pods", Some(format!("cannot be listed: {error}"))),
    }
}

fn rule_line(state: &FaultState) -> String {
    let label = state.rule.label.as_deref().map(|label| format!(" ({label})")).unwrap_or_default();
    format!("rule {}{label}: {}; met {} times", state.id, state.rule.effect, state.hits)
}

fn attach(scribe: &Scribe, name: &str, text: Option<String>) {
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        let attachment = Attachment { name: name.to_owned(), media_type: "text/plain".to_owned(), text };
        scribe.write(Event::Attachment(attachment));
    }
}

async fn hub_state(environment: &Environment) -> Option<String> {
    let client = &environment.hub.client;
    let mut lines = Vec::new();
    let include = [("include", "UnitEventID,TargetID,SpaceID")];
    let units: Result<Vec<Value>, _> = client.get("/unit", &include).await;
    let workers: Result<Vec<Value>, _> = client.get("/bridge_worker", &[("include", "SpaceID")]).await;
    for unit in units.ok()? {
        let text = |pointer: &str| unit.pointer(pointer).map(plain).unwrap_or_default();
        lines.push(format!(
            "unit {}/{}: head revision {}, live revision {}, target {}, last action {} {} {}",
            text("/Space/Slug"),
            text("/Unit/Slug"),
            text("/Unit/HeadRevisionNum"),
            text("/Unit/LiveRevisionNum"),
            text("/Target/Slug"),
            text("/LatestUnitEvent/Action"),
            text("/LatestUnitEvent/Status"),
            text("/LatestUnitEvent/Message"),
        ));
    }
    for worker in workers.unwrap_or_default() {
        let text = |pointer: &str| worker.pointer(pointer).map(plain).unwrap_or_default();
        let (space, slug) = (text("/Space/Slug"), text("/BridgeWorker/Slug"));
        let (condition, seen) = (text("/BridgeWorker/Condition"), text("/BridgeWorker/LastSeenAt"));
        lines.push(format!("worker {space}/{slug}: {condition}, last seen {seen}"));
    }
    Some(lines.join("\n"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn events(environment: &Environment) -> Option<String> {
    let events: Api<KubernetesEvent> = Api::all(environment.cluster.client.clone());
    let events = events.list(&ListParams::default()).await.ok()?;
    let line = |event: &KubernetesEvent| {
        let object = &event.involved_object;
        let name = |value: &Option<String>| value.clone().unwrap_or_default();
        format!(
            "{} {} {}/{} {}",
            name(&event.type_),
            name(&event.reason),
            name(&object.kind),
            name(&object.name),
            name(&event.message)
        )
    };
    Some(events.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn pod_line(pod: &Pod) -> String {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Unknown");
    let waiting = status
        .and_then(|status| status.container_statuses.as_ref())
        .into_iter()
        .flatten()
        .filter_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone())
        .collect::<Vec<_>>()
        .join(", ");
    format!("{namespace}/{name} {phase} {waiting}").trim_end().to_owned()
}

async fn pod_log(environment: &Environment, pod: &Pod) -> (String, Option<String>) {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let pods: Api<Pod> = Api::namespaced(environment.cluster.client.clone(), namespace);
    let params = LogParams { tail_lines: Some(LOG_LINES), ..LogParams::default() };
    (format!("log of {namespace}/{name}"), pods.logs(name, &params).await.ok())
}
