//! DaemonSets: one Pod on each node that its template allows.
//!
//! What a node must be like is `NodeShouldRunDaemonPod` in `pkg/controller/daemon` of Kubernetes 1.34.

use serde_json::{Value, json};

use super::adoption::{claim, sooner};
use super::pod_control::{self, cause, is_ready, until_available};
use super::revisions::{self, Style};
use super::{Context, Outcome, placement};
use crate::api::status::ApiError;
use crate::kinds::percent_of;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "daemonset-controller";
const REVISION: &str = "controller-revision-hash";
const GENERATION: &str = "pod-template-generation";
const STYLE: Style = Style { who: NAME, hash_label: REVISION };

/// Makes what is missing, replaces what is of an old template, writes the status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(set) = context.store.at(key) else { return Ok(Outcome::Done) };
    let (all, current) = revisions::of(context, STYLE, &set)?;
    let hash = revisions::hash_of(STYLE, &current.object).to_owned();
    let failed = !object::is_terminating(&set.object) && step(context, &set, &hash).is_err();
    let pods = pods_of(context, &set)?;
    write_status(context, key, &set, &hash, &pods)?;
    let in_use = |one: &Value| {
        let hash = revisions::hash_of(STYLE, one);
        one["metadata"]["name"] == current.object["metadata"]["name"]
            || pods.iter().any(|pod| pod.object["metadata"]["labels"][REVISION] == hash)
    };
    revisions::truncate(context, STYLE, &set, &all, in_use)?;
    let waits = pods.iter().filter_map(|pod| until_available(context, &set.object, &pod.object));
    let next = waits.filter(|wait| !wait.is_zero()).min().map_or(Outcome::Done, Outcome::After);
    Ok(if failed { sooner(Outcome::Retry, next) } else { next })
}

fn pods_of(context: &Context, set: &Stored) -> Result<Vec<Stored>, ApiError> {
    Ok(claim(context, NAME, set, "pods")?.into_iter().map(|(_, pod)| pod).collect())
}

/// The node a Pod of a DaemonSet is on or is meant for.
fn node_of(pod: &Value) -> &str {
    match text(pod, "/spec/nodeName") {
        "" => text(
            pod,
            "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0",
        ),
        node => node,
    }
}

/// Whether a node is to have a Pod, and whether a Pod that it has may stay.
fn wants(set: &Value, node: &Value) -> (bool, bool) {
    let mut pod = json!({"spec": set["spec"]["template"]["spec"]});
    add_tolerations(&mut pod);
    let named = text(&pod, "/spec/nodeName");
    if (!named.is_empty() && named != object::name(node)) || !placement::affinity_allows(&pod, node) {
        return (false, false);
    }
    let repelling = |effect: &str| {
        list(node, "/spec/taints")
            .iter()
            .any(|taint| text(taint, "/effect") == effect && placement::repels(taint, &pod))
    };
    let stays = !repelling("NoExecute");
    (stays && !repelling("NoSchedule"), stays)
}

fn step(context: &Context, set: &Stored, hash: &str) -> Result<(), ApiError> {
    let (nodes, _) = context.store.list("nodes", None);
    let pods = pods_of(context, set)?;
    let mut failure = None;
    for node in &nodes {
        let name = object::name(&node.object);
        let here: Vec<_> = pods.iter().filter(|pod| node_of(&pod.object) == name).collect();
        let (wanted, stays) = wants(&set.object, &node.object);
        for pod in here.iter().filter(|pod| !object::is_terminating(&pod.object)) {
            if ["Failed", "Succeeded"].contains(&text(&pod.object, "/status/phase")) {
                let phase = if text(&pod.object, "/status/phase") == "Failed" { "failed" } else { "succeeded" };
                let reason = if phase == "failed" { "FailedDaemonPod" } else { "SucceededDaemonPod" };
                let level = if phase == "failed" { "Warning" } else { "Normal" };
                let (namespace, pod_name) = (object::namespace(&pod.object), object::name(&pod.object));
                let message =
                    format!("Found {phase} daemon pod {namespace}/{pod_name} on node {name}, will try to kill it");
                context.event(NAME, set, level, reason, &message);
                pod_control::delete(context, NAME, set, &pod.object)?;
            } else if !stays {
                pod_control::delete(context, NAME, set, &pod.object)?;
            }
        }
        if wanted && here.is_empty() {
            failure = pod_control::create(context, NAME, set, pod_for(set, hash, name)).err().or(failure);
        }
    }
    for pod in pods.iter().filter(|pod| !object::is_terminating(&pod.object)) {
        let known = nodes.iter().any(|node| object::name(&node.object) == node_of(&pod.object));
        if !known && !node_of(&pod.object).is_empty() {
            pod_control::delete(context, NAME, set, &pod.object)?;
        }
    }
    failure.map_or_else(|| replace(context, set, hash), Err)
}

fn pod_for(set: &Stored, hash: &str, node: &str) -> Value {
    let object = &set.object;
    let prefix = format!("{}-", object::name(object));
    let mut pod = pod_control::from_template(object, &object["spec"]["template"], ("generateName", &prefix));
    object::set(&mut pod, &["metadata", "labels", REVISION], hash);
    object::set(&mut pod, &["metadata", "labels", GENERATION], template_generation(object));
    add_tolerations(&mut pod);
    let field = json!([{"key": "metadata.name", "operator": "In", "values": [node]}]);
    let required = ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
    let pointer = format!("/{}/nodeSelectorTerms", required.join("/"));
    let mut terms = list(&pod, &pointer).to_vec();
    if terms.is_empty() {
        terms.push(json!({}));
    }
    for term in &mut terms {
        term["matchFields"] = field.clone();
    }
    object::set(&mut pod, &[&required[..], &["nodeSelectorTerms"]].concat(), terms);
    pod
}

fn template_generation(set: &Value) -> &str {
    text(set, "/metadata/annotations/deprecated.daemonset.template.generation")
}

/// The tolerations of every daemon Pod (`AddOrUpdateDaemonPodTolerations`).
fn add_tolerations(pod: &mut Value) {
    let mut tolerations = list(pod, "/spec/tolerations").to_vec();
    let mut wanted = vec![
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ];
    if pod["spec"]["hostNetwork"] == true {
        wanted.push(("network-unavailable", "NoSchedule"));
    }
    for (condition, effect) in wanted {
        let added = json!({"key": format!("node.kubernetes.io/{condition}"), "operator": "Exists", "effect": effect});
        if !tolerations.contains(&added) {
            tolerations.push(added);
        }
    }
    object::set(pod, &["spec", "tolerations"], tolerations);
}

/// Rolling update: old Pods go as far as `maxUnavailable` allows; those that do not serve go at once.
fn replace(context: &Context, set: &Stored, hash: &str) -> Result<(), ApiError> {
    let object = &set.object;
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Ok(());
    }
    let (nodes, _) = context.store.list("nodes", None);
    let wanted = nodes.iter().filter(|node| wants(object, &node.object).0).count();
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    let most = percent_of(&object["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"], wanted, true);
    let pods = pods_of(context, set)?;
    let alive: Vec<_> = pods.iter().filter(|pod| !object::is_terminating(&pod.object)).collect();
    let serves = |pod: &Stored| until_available(context, object, &pod.object).is_some_and(|wait| wait.is_zero());
    let serving = alive.iter().filter(|pod| serves(pod)).count();
    let mut spare = most - (wanted - i64::try_from(serving).unwrap_or(0)).max(0);
    for pod in alive.into_iter().filter(|pod| pod.object["metadata"]["labels"][REVISION] != hash) {
        if !serves(pod) {
            pod_control::delete(context, NAME, set, &pod.object)?;
        } else if spare > 0 {
            spare -= 1;
            pod_control::delete(context, NAME, set, &pod.object)?;
        }
    }
    Ok(())
}

fn write_status(context: &Context, key: &Key, set: &Stored, hash: &str, pods: &[Stored]) -> Result<(), ApiError> {
    let (nodes, _) = context.store.list("nodes", None);
    let (mut desired, mut scheduled, mut misscheduled) = (0_i64, 0_i64, 0_i64);
    let (mut ready, mut available, mut updated) = (0_i64, 0_i64, 0_i64);
    for node in &nodes {
        let here = pods.iter().filter(|pod| node_of(&pod.object) == object::name(&node.object));
        let newest = here.max_by_key(|pod| is_ready(&pod.object));
        let (wanted, _) = wants(&set.object, &node.object);
        desired += i64::from(wanted);
        let Some(pod) = newest else { continue };
        if !wanted {
            misscheduled += 1;
            continue;
        }
        scheduled += 1;
        ready += i64::from(is_ready(&pod.object));
        let serves = until_available(context, &set.object, &pod.object).is_some_and(|wait| wait.is_zero());
        available += i64::from(serves);
        updated += i64::from(pod.object["metadata"]["labels"][REVISION] == hash);
    }
    context.update(NAME, key, cause(set), |new| {
        let mut status = json!({
            "currentNumberScheduled": scheduled,
            "desiredNumberScheduled": desired,
            "numberMisscheduled": misscheduled,
            "numberReady": ready,
            "observedGeneration": integer(new, "/metadata/generation"),
        });
        for (field, count) in [
            ("updatedNumberScheduled", updated),
            ("numberAvailable", available),
            ("numberUnavailable", desired - available),
        ] {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        new["status"] = status;
    })?;
    Ok(())
}
