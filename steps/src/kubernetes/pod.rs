//! Pods.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::Api;
use kube::runtime::watcher::{self, Event, watcher};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::journal::Scribe;
use stagegate_harness::run::{Capability, Scenario, is_beginning};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};
use stagegate_reports::journal::{Event as JournalEvent, Record};

use super::client;
use super::wait::{RETRY, is_final};
use crate::confighub::seconds;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "pod",
            "a pod labelled {string} in namespace {string} waits with reason {string} within {duration}",
            "A container of such a pod is waiting for this reason, such as ImagePullBackOff.",
            waits_with_reason,
        )
        .needing(Capability::Containers)
        .sentence(
            "pod",
            "no pod in namespace {string} waits for an image",
            "There are pods, and none has a container that waits with ErrImagePull or ImagePullBackOff.",
            none_waits_for_an_image,
        )
        .sentence(
            "pod",
            "a pod labelled {string} in namespace {string} is running within {duration}",
            "Such a pod's phase is Running and all its containers are ready.",
            is_running,
        );
}

pub(super) fn statuses(pod: &Pod) -> &[ContainerStatus] {
    pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default()
}

/// The pod's condition Ready, and since when it is as it is.
pub(super) fn readiness(pod: &Pod) -> (bool, String) {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
    let since = ready.and_then(|condition| condition.last_transition_time.as_ref());
    let is_ready = ready.is_some_and(|condition| condition.status == "True");
    (is_ready, since.map(|time| time.0.to_string()).unwrap_or_default())
}

pub(super) fn is_ready(pod: &Pod) -> bool {
    readiness(pod).0 && pod.metadata.deletion_timestamp.is_none()
}

/// Why a container waits: reason and message.
fn waiting(status: &ContainerStatus) -> Option<(String, String)> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    Some((waiting.reason.clone().unwrap_or_default(), waiting.message.clone().unwrap_or_default()))
}

/// What keeps pods from being ready, a line each.
pub(super) fn troubles(pods: &[Pod]) -> Vec<String> {
    let mut lines = Vec::new();
    for pod in pods {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        for status in statuses(pod).iter().filter(|status| !status.ready) {
            let container = &status.name;
            match waiting(status) {
                Some((reason, message)) => {
                    lines.push(format!("pod {name}, container {container}: {reason}: {message}"));
                }
                None => lines.push(format!("pod {name}, container {container}: not ready")),
            }
        }
    }
    lines
}

/// Pods of the scenario that wait for what does not come by itself, such as an image, a secret or room on a node: a line
/// for each of the first few. Nothing when they cannot be listed: it is asked for what failed already.
pub(crate) async fn stuck(scenario: &mut Scenario) -> Vec<String> {
    const FEW: usize = 3;
    let Ok(client) = client(scenario).await else { return Vec::new() };
    let Ok(records) = scenario.scribe().map(Scribe::records) else { return Vec::new() };
    let seen: BTreeSet<(Option<String>, String)> = records.into_iter().filter_map(seen_pod).collect();
    let Ok(pods) = Api::<Pod>::all(client).list(&kube::api::ListParams::default()).await else { return Vec::new() };
    let own = pods.iter().filter(|pod| {
        let name = pod.metadata.name.clone().unwrap_or_default();
        seen.contains(&(pod.metadata.namespace.clone(), name))
    });
    own.flat_map(what_it_waits_for).take(FEW).collect()
}

/// The pod that a record says was made or changed.
fn seen_pod(record: Record) -> Option<(Option<String>, String)> {
    match record.event {
        JournalEvent::Effect(effect) if effect.kind == "Pod" => Some((effect.scope, effect.name)),
        _ => None,
    }
}

fn what_it_waits_for(pod: &Pod) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let name = format!("pod {}/{}", text(&pod.metadata.namespace), text(&pod.metadata.name));
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let unscheduled = conditions.filter(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    let unscheduled = unscheduled.map(|condition| format!("{name}: {}", text(&condition.message)));
    let waits = statuses(pod).iter().filter_map(|status| {
        let (reason, message) = waiting(status)?;
        (!is_beginning(&reason)).then(|| format!("{name}, container {}: {reason}: {message}", status.name))
    });
    unscheduled.chain(waits).collect()
}

/// Watches the pods that a label selector selects until one of them passes `check`.
async fn until_a_pod(
    scenario: &mut Scenario,
    what: &str,
    arguments: &Arguments,
    limit: std::time::Duration,
    check: impl Fn(&Pod) -> bool,
) -> StepResult {
    let (labels, namespace) = (arguments.text(0)?, arguments.text(1)?);
    let api: Api<Pod> = Api::namespaced(client(scenario).await?, namespace);
    let clock = scenario.environment().await?.clock().clone();
    let mut last: Option<Pod> = None;
    let mut last_error: Option<String> = None;
    let watching = async {
        let mut events = watcher(api, watcher::Config::default().labels(labels)).boxed();
        loop {
            match events.try_next().await {
                Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) if check(&pod) => return true,
                Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) => last = Some(pod),
                Ok(Some(_)) => {}
                Ok(None) => std::future::pending().await,
                Err(error) => {
                    last_error = Some(error.to_string());
                    if is_final(&error) {
                        return false;
                    }
                    clock.sleep(RETRY).await;
                }
            }
        }
    };
    if Box::pin(scenario.wait(limit, watching)).await? == Ok(true) {
        return Ok(());
    }
    let mut failure = Failure::assertion(what).expected(format!("within {}", seconds(limit)));
    failure = match last {
        Some(pod) => {
            let phase = pod.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
            failure.actual(format!("phase {phase}; {}", troubles(&[pod]).join("; ")))
        }
        None => failure.actual(format!("there is no pod labelled `{labels}` in namespace `{namespace}`")),
    };
    if let Some(error) = last_error {
        failure = failure.cause(error);
    }
    Err(failure)
}

async fn waits_with_reason(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (reason, limit) = (arguments.text(2)?, arguments.duration(3)?);
    let check = |pod: &Pod| statuses(pod).iter().filter_map(waiting).any(|(waits_for, _)| waits_for == reason);
    until_a_pod(scenario, &format!("no pod waits with reason {reason}"), arguments, limit, check).await
}

async fn is_running(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(2)?;
    let check = |pod: &Pod| {
        let running = pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"));
        running && !statuses(pod).is_empty() && statuses(pod).iter().all(|status| status.ready)
    };
    until_a_pod(scenario, "no pod is running and ready", arguments, limit, check).await
}

async fn none_waits_for_an_image(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let namespace = arguments.text(0)?;
    let api: Api<Pod> = Api::namespaced(client(scenario).await?, namespace);
    let pods = api.list(&kube::api::ListParams::default()).await;
    let pods = pods.map_err(|error| super::cluster_failure("pods cannot be listed", &error))?;
    if pods.items.is_empty() {
        return Err(Failure::assertion(format!("there is no pod in namespace `{namespace}`")));
    }
    let of_image = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"];
    let stuck =
        pods.iter().flat_map(statuses).filter_map(waiting).find(|(reason, _)| of_image.contains(&reason.as_str()));
    match stuck {
        None => Ok(()),
        Some((reason, message)) => {
            Err(Failure::assertion(format!("a pod in namespace `{namespace}` waits for an image"))
                .actual(format!("{reason}: {message}"))
                .help("check that the image's name and tag are right and that it has been published"))
        }
    }
}
