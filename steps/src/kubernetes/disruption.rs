//! Disruptions of workloads: pods killed, deployments scaled, nodes drained.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, Preconditions};
use serde_json::json;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::pod::is_ready;
use super::{client, cluster_failure, pods_of};
use crate::confighub::seconds;

/// How long pods may take to go, in environment time: longer than their grace.
const GOING: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(500);

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "disruption",
            "I kill the pods of deployment {string} in namespace {string}",
            "Deletes each of them without grace, and waits until they are gone.",
            kill,
        )
        .sentence(
            "disruption",
            "deployment {string} in namespace {string} has new pods that are ready within {duration}",
            "As many as it wants are ready, and none of them is one of those that a step killed or evicted.",
            has_new_pods,
        )
        .sentence(
            "disruption",
            "I scale deployment {string} in namespace {string} to {int} replica(s)",
            "Sets its scale, and waits until it has so many pods.",
            scale,
        )
        .sentence(
            "disruption",
            "I drain the nodes of deployment {string} in namespace {string}",
            "Cordons the nodes on which its pods run and evicts their pods, but for those of DaemonSets and of the \
             system's namespaces; at the end of the scenario they are uncordoned, however it ends.",
            drain,
        )
        .needing(Capability::OwnNodes)
        .sentence(
            "disruption",
            "I uncordon the nodes",
            "Lets the scheduler use the nodes again that were drained.",
            uncordon,
        );
}

/// The variable with the uids of the pods that a step made go.
fn gone_of(namespace: &str, deployment: &str) -> String {
    format!("gone-pods {namespace}/{deployment}")
}

fn uid(pod: &Pod) -> String {
    pod.metadata.uid.clone().unwrap_or_default()
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

/// Remembers the pods of a deployment as ones that are to be replaced.
fn remember(scenario: &mut Scenario, namespace: &str, deployment: &str, pods: &[Pod]) {
    let uids: Vec<String> = pods.iter().map(uid).collect();
    scenario.set_variable(&gone_of(namespace, deployment), uids.join(" "));
}

async fn kill(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (deployment, namespace) = (arguments.text(0)?, arguments.text(1)?);
    let cluster = client(scenario).await?;
    let pods = pods_of(&cluster, namespace, deployment).await?;
    remember(scenario, namespace, deployment, &pods);
    let api: Api<Pod> = Api::namespaced(cluster, namespace);
    for pod in &pods {
        let only_this = Preconditions { uid: pod.metadata.uid.clone(), resource_version: None };
        let at_once = DeleteParams { preconditions: Some(only_this), ..DeleteParams::default().grace_period(0) };
        let what = format!("pod `{}` was not killed", name(pod));
        api.delete(name(pod), &at_once).await.map_err(|error| cluster_failure(what, &error))?;
    }
    until_gone(scenario, &pods).await
}

/// Waits until none of the pods is there.
async fn until_gone(scenario: &mut Scenario, pods: &[Pod]) -> StepResult {
    let uids: BTreeSet<String> = pods.iter().map(uid).collect();
    wait_until(scenario, GOING, "not all pods that were to go are gone", async |cluster| {
        let all = Api::<Pod>::all(cluster).list(&ListParams::default()).await?;
        let there: Vec<&str> = all.iter().filter(|pod| uids.contains(&uid(pod))).map(name).collect();
        Ok(if there.is_empty() { None } else { Some(there.join(", ")) })
    })
    .await
}

/// Looks every half second whether `look` finds nothing amiss any more, for at most `limit` of environment time.
async fn wait_until(
    scenario: &mut Scenario,
    limit: Duration,
    what: &str,
    look: impl AsyncFn(kube::Client) -> Result<Option<String>, kube::Error>,
) -> StepResult {
    let cluster = client(scenario).await?;
    let clock = scenario.environment().await?.clock().clone();
    let mut last = String::new();
    let looking = async {
        loop {
            match look(cluster.clone()).await {
                Ok(None) => return,
                Ok(Some(amiss)) => last = amiss,
                Err(error) => last = super::message(&error),
            }
            clock.sleep(INTERVAL).await;
        }
    };
    let outcome = Box::pin(scenario.wait(limit, looking)).await?;
    outcome.map_err(|_| Failure::assertion(what).expected(format!("within {}", seconds(limit))).actual(last))
}

async fn has_new_pods(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (deployment, namespace, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    let gone = scenario.variable(&gone_of(namespace, deployment)).map(str::to_owned).map_err(|_| {
        Failure::assertion(format!("no step has made pods of deployment `{deployment}` in namespace `{namespace}` go"))
            .help("kill them or drain their nodes before")
    })?;
    let gone: BTreeSet<&str> = gone.split(' ').collect();
    let what = format!("deployment `{deployment}` in namespace `{namespace}` has no new pods that are ready");
    wait_until(scenario, limit, &what, async |cluster| {
        let wanted = Api::<Deployment>::namespaced(cluster.clone(), namespace).get(deployment).await?.spec.replicas;
        let wanted = usize::try_from(wanted.unwrap_or(1)).unwrap_or_default();
        let pods = pods_of(&cluster, namespace, deployment).await.unwrap_or_default();
        let old = pods.iter().filter(|pod| gone.contains(uid(pod).as_str())).count();
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        let done = old == 0 && ready == wanted && pods.len() == wanted;
        Ok((!done).then(|| format!("{ready} of {wanted} are ready, of {} pods {old} are old", pods.len())))
    })
    .await
}

async fn scale(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (deployment, namespace, replicas) = (arguments.text(0)?, arguments.text(1)?, arguments.int(2)?);
    let wanted = usize::try_from(replicas).map_err(|_| Failure::assertion("a scale is not negative"))?;
    let cluster = client(scenario).await?;
    let api: Api<Deployment> = Api::namespaced(cluster, namespace);
    let what = format!("deployment `{deployment}` in namespace `{namespace}` was not scaled");
    let patch = Patch::Merge(json!({ "spec": { "replicas": replicas } }));
    api.patch_scale(deployment, &PatchParams::default(), &patch)
        .await
        .map_err(|error| cluster_failure(what.clone(), &error))?;
    wait_until(scenario, GOING, &what, async |cluster| {
        let pods = pods_of(&cluster, namespace, deployment).await.unwrap_or_default();
        Ok((pods.len() != wanted).then(|| format!("it has {} pods", pods.len())))
    })
    .await
}

/// Namespaces whose pods stay on a node that is drained.
fn is_of_system(namespace: &str) -> bool {
    namespace.starts_with("kube-") || namespace == "local-path-storage"
}

/// Whether a pod would be there again at once, or is none that the API server can evict.
fn stays(pod: &Pod) -> bool {
    let of_daemon_set = pod.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "DaemonSet");
    let mirrored =
        pod.metadata.annotations.as_ref().is_some_and(|notes| notes.contains_key("kubernetes.io/config.mirror"));
    of_daemon_set || mirrored || is_of_system(pod.metadata.namespace.as_deref().unwrap_or_default())
}

async fn drain(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (deployment, namespace) = (arguments.text(0)?, arguments.text(1)?);
    let cluster = client(scenario).await?;
    let own = pods_of(&cluster, namespace, deployment).await?;
    remember(scenario, namespace, deployment, &own);
    let node_of = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
    let nodes: BTreeSet<String> = own.iter().filter_map(node_of).collect();
    if nodes.is_empty() {
        return Err(Failure::assertion(format!("no pod of deployment `{deployment}` is on a node")));
    }
    for node in &nodes {
        let cordoned = scenario.environment().await?.cordon(node).await;
        cordoned.map_err(|error| cluster_failure(format!("node `{node}` was not cordoned"), &error))?;
    }
    let all = Api::<Pod>::all(cluster.clone()).list(&ListParams::default()).await;
    let all = all.map_err(|error| cluster_failure("pods cannot be listed", &error))?;
    let there = |pod: &Pod| node_of(pod).is_some_and(|node| nodes.contains(&node));
    let evicted: Vec<Pod> = all.items.into_iter().filter(|pod| there(pod) && !stays(pod)).collect();
    for pod in &evicted {
        let api: Api<Pod> = Api::namespaced(cluster.clone(), pod.metadata.namespace.as_deref().unwrap_or_default());
        let what = format!("pod `{}` was not evicted", name(pod));
        api.evict(name(pod), &EvictParams::default()).await.map_err(|error| cluster_failure(what, &error))?;
    }
    until_gone(scenario, &evicted).await
}

async fn uncordon(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let uncordoned = scenario.environment().await?.uncordon().await;
    match uncordoned.map_err(|error| cluster_failure("a node was not uncordoned", &error))? {
        0 => Err(Failure::assertion("no step has cordoned a node").help("drain one before")),
        _ => Ok(()),
    }
}
