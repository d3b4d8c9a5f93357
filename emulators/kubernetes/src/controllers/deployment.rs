//! Deployments: a ReplicaSet for each pod template, replaced step by step.
//!
//! The arithmetic is that of `pkg/controller/deployment` of Kubernetes 1.34.

use serde_json::{Value, json};

use super::pod_control::{cause, controller_reference, is_active};
use super::{Context, Outcome, rollout};
use crate::api::status::ApiError;
use crate::kinds::percent_of;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

pub(super) const NAME: &str = "deployment-controller";
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
const HASH: &str = "pod-template-hash";
const REPLICA_SETS: &str = "replicasets.apps";

/// Takes a Deployment one step further and writes its status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(deployment) = context.store.at(key) else { return Ok(Outcome::Done) };
    if object::is_terminating(&deployment.object) {
        return rollout::write_status(context, key, &deployment, &sets_of(context, &deployment));
    }
    let mut sets = sets_of(context, &deployment);
    if deployment.object["spec"]["paused"] == true {
        scale_paused(context, &deployment, &sets)?;
        return rollout::write_status(context, key, &deployment, &sets_of(context, &deployment));
    }
    if sets.current.is_none() {
        if recreates(&deployment) && has_running_pods(context, &sets.old) {
            scale_to_zero(context, &deployment, &sets.old)?;
            return rollout::write_status(context, key, &deployment, &sets);
        }
        create_set(context, &deployment, &sets)?;
        sets = sets_of(context, &deployment);
    }
    note_revision(context, &deployment, &sets)?;
    let deployment = context.store.at(key).unwrap_or(deployment);
    if recreates(&deployment) {
        scale_to_zero(context, &deployment, &sets.old)?;
        if !has_running_pods(context, &sets.old)
            && let Some((current, found)) = &sets.current
        {
            scale(context, &deployment, current, found, replicas(&deployment.object))?;
        }
    } else {
        roll(context, &deployment, &sets)?;
    }
    let sets = sets_of(context, &deployment);
    clean_up(context, &deployment, &sets)?;
    rollout::write_status(context, key, &deployment, &sets)
}

/// A Deployment's ReplicaSets.
pub(super) struct Sets {
    /// The one whose template is the Deployment's.
    pub(super) current: Option<(Key, Stored)>,
    /// The others, oldest first.
    pub(super) old: Vec<(Key, Stored)>,
}

impl Sets {
    pub(super) fn all(&self) -> impl Iterator<Item = &(Key, Stored)> {
        self.current.iter().chain(&self.old)
    }
}

fn sets_of(context: &Context, deployment: &Stored) -> Sets {
    let mut all = context.controlled(&deployment.object, REPLICA_SETS);
    all.sort_by_key(|(key, set)| (revision(&set.object), key.name.clone()));
    let wanted = &deployment.object["spec"]["template"];
    let current = all.iter().position(|(_, set)| {
        let mut template = set.object["spec"]["template"].clone();
        object::remove(&mut template, &["metadata", "labels", HASH]);
        template == *wanted
    });
    let current = current.map(|index| all.remove(index));
    Sets { current, old: all }
}

pub(super) fn revision(object: &Value) -> u64 {
    let annotation = object["metadata"]["annotations"].get(REVISION).and_then(Value::as_str);
    annotation.and_then(|text| text.parse().ok()).unwrap_or(0)
}

pub(super) fn replicas(object: &Value) -> i64 {
    integer(object, "/spec/replicas").unwrap_or(1)
}

fn available(object: &Value) -> i64 {
    integer(object, "/status/availableReplicas").unwrap_or(0)
}

fn recreates(deployment: &Stored) -> bool {
    text(&deployment.object, "/spec/strategy/type") == "Recreate"
}

/// `maxSurge` and `maxUnavailable` as numbers of Pods.
pub(super) fn limits(deployment: &Value) -> (i64, i64) {
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return (0, 0);
    }
    let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
    let total = replicas(deployment);
    let surge = percent_of(&rolling["maxSurge"], total, true);
    let unavailable = percent_of(&rolling["maxUnavailable"], total, false);
    (surge, if surge == 0 && unavailable == 0 { 1 } else { unavailable.min(total) })
}

/// A short hash in letters that form no words, as in Pod names.
fn template_hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let fnv = template
        .to_string()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    fnv.to_string().bytes().map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect()
}

fn create_set(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let object = &*deployment.object;
    let hash = template_hash(&object["spec"]["template"]);
    let mut template = object["spec"]["template"].clone();
    object::set(&mut template, &["metadata", "labels", HASH], hash.clone());
    let mut selector = object["spec"]["selector"].clone();
    object::set(&mut selector, &["matchLabels", HASH], hash.clone());
    let (surge, _) = limits(object);
    let running: i64 = sets.old.iter().map(|(_, set)| replicas(&set.object)).sum();
    let size = first_size(object, running);
    let mut annotations = json!({
        DESIRED: replicas(object).to_string(),
        MAXIMUM: (replicas(object) + surge).to_string(),
        REVISION: next_revision(sets).to_string(),
    });
    copy_annotations(object, &mut annotations);
    let set = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", object::name(object)),
            "namespace": object::namespace(object),
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
            "ownerReferences": [controller_reference(object)],
        },
        "spec": {
            "replicas": size,
            "minReadySeconds": object["spec"]["minReadySeconds"].as_i64().unwrap_or(0),
            "selector": selector,
            "template": template,
        },
    });
    let set = context.create(NAME, REPLICA_SETS, set, cause(deployment))?;
    if size > 0 {
        let message = format!("Scaled up replica set {} from 0 to {size}", object::name(&set));
        context.event(NAME, deployment, "Normal", "ScalingReplicaSet", &message);
    }
    Ok(())
}

/// The size a new ReplicaSet starts with.
fn first_size(deployment: &Value, running: i64) -> i64 {
    let wanted = replicas(deployment);
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return wanted;
    }
    let (surge, _) = limits(deployment);
    wanted.min((wanted + surge - running).max(0))
}

/// The Deployment's annotations that its ReplicaSets carry, such as the change cause.
fn copy_annotations(deployment: &Value, annotations: &mut Value) {
    const KEPT_BACK: [&str; 2] = ["kubectl.kubernetes.io/last-applied-configuration", REVISION];
    for (key, value) in deployment["metadata"]["annotations"].as_object().into_iter().flatten() {
        if !KEPT_BACK.contains(&key.as_str()) {
            annotations[key] = value.clone();
        }
    }
}

fn next_revision(sets: &Sets) -> u64 {
    sets.old.iter().map(|(_, set)| revision(&set.object)).max().unwrap_or(0) + 1
}

/// The current ReplicaSet has the highest revision, and the Deployment says it.
fn note_revision(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let Some((key, set)) = &sets.current else { return Ok(()) };
    let mut number = revision(&set.object);
    if number < next_revision(sets) {
        number = next_revision(sets);
        context.update(NAME, key, cause(deployment), |set| {
            object::set(set, &["metadata", "annotations", REVISION], number.to_string());
        })?;
    }
    let key = Key::new("deployments.apps", object::namespace(&deployment.object), object::name(&deployment.object));
    context.update(NAME, &key, cause(deployment), |deployment| {
        object::set(deployment, &["metadata", "annotations", REVISION], number.to_string());
    })?;
    Ok(())
}

fn scale(context: &Context, deployment: &Stored, key: &Key, set: &Stored, size: i64) -> Result<bool, ApiError> {
    let (surge, _) = limits(&deployment.object);
    let wanted = replicas(&deployment.object);
    let before = replicas(&set.object);
    context.update(NAME, key, cause(deployment), |set| {
        object::set(set, &["spec", "replicas"], size);
        object::set(set, &["metadata", "annotations", DESIRED], wanted.to_string());
        object::set(set, &["metadata", "annotations", MAXIMUM], (wanted + surge).to_string());
    })?;
    if before != size {
        let direction = if before < size { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {} from {before} to {size}", key.name);
        context.event(NAME, deployment, "Normal", "ScalingReplicaSet", &message);
    }
    Ok(before != size)
}

fn scale_to_zero(context: &Context, deployment: &Stored, sets: &[(Key, Stored)]) -> Result<(), ApiError> {
    for (key, set) in sets.iter().filter(|(_, set)| replicas(&set.object) > 0) {
        scale(context, deployment, key, set, 0)?;
    }
    Ok(())
}

/// A paused Deployment still follows a change of its size.
fn scale_paused(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let active: Vec<_> = sets.all().filter(|(_, set)| replicas(&set.object) > 0).collect();
    if let [(key, set)] = active.as_slice() {
        scale(context, deployment, key, set, replicas(&deployment.object))?;
    }
    Ok(())
}

fn has_running_pods(context: &Context, sets: &[(Key, Stored)]) -> bool {
    sets.iter().any(|(_, set)| {
        context
            .controlled(&set.object, "pods")
            .iter()
            .any(|(_, pod)| is_active(&pod.object) || object::is_terminating(&pod.object))
    })
}

/// One step of a rolling update: up, or else down.
fn roll(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let Some((key, current)) = &sets.current else { return Ok(()) };
    let object = &*deployment.object;
    let wanted = replicas(object);
    let (surge, unavailable) = limits(object);
    let size = replicas(&current.object);
    let total: i64 = sets.all().map(|(_, set)| replicas(&set.object)).sum();
    let next = if size > wanted { wanted } else { size + (wanted - size).min((wanted + surge - total).max(0)) };
    if scale(context, deployment, key, current, next)? {
        return Ok(());
    }
    let old_total: i64 = sets.old.iter().map(|(_, set)| replicas(&set.object)).sum();
    if old_total == 0 {
        return Ok(());
    }
    let minimum = wanted - unavailable;
    let new_unavailable = replicas(&current.object) - available(&current.object);
    let mut spare = total - minimum - new_unavailable;
    if spare <= 0 {
        return Ok(());
    }
    // Pods that do not serve go first, whatever their age.
    let mut sizes: Vec<i64> = sets.old.iter().map(|(_, set)| replicas(&set.object)).collect();
    for (size, (_, set)) in sizes.iter_mut().zip(&sets.old) {
        let unhealthy = (*size - available(&set.object)).clamp(0, spare);
        *size -= unhealthy;
        spare -= unhealthy;
    }
    let serving: i64 = sets.all().map(|(_, set)| available(&set.object)).sum();
    let mut surplus = (serving - minimum).max(0);
    for size in &mut sizes {
        let fewer = (*size).min(surplus);
        *size -= fewer;
        surplus -= fewer;
    }
    for (size, (key, set)) in sizes.into_iter().zip(&sets.old) {
        if size != replicas(&set.object) {
            scale(context, deployment, key, set, size)?;
        }
    }
    Ok(())
}

/// Deletes the oldest empty ReplicaSets beyond `revisionHistoryLimit`, once the rollout is complete.
fn clean_up(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let limit = integer(&deployment.object, "/spec/revisionHistoryLimit").and_then(|n| usize::try_from(n).ok());
    let Some(limit) = limit else { return Ok(()) };
    let empty = |set: &Value| replicas(set) == 0 && integer(set, "/status/replicas").unwrap_or(0) == 0;
    let surplus = sets.old.len().saturating_sub(limit);
    for (key, _) in sets.old.iter().take(surplus).filter(|(_, set)| empty(&set.object)) {
        context.delete(NAME, key, cause(deployment))?;
    }
    Ok(())
}

/// The condition of a kind that any of the ReplicaSets has.
pub(super) fn condition_of(sets: &Sets, of: &str) -> Option<Value> {
    sets.all()
        .find_map(|(_, set)| list(&set.object, "/status/conditions").iter().find(|one| one["type"] == of).cloned())
}
