//! Deployments: a ReplicaSet for each pod template, replaced step by step.
//!
//! The arithmetic is that of `pkg/controller/deployment` of Kubernetes 1.34.

use serde_json::Value;

use super::deployment_scaling::{self, scale};
use super::deployment_sets::{self, Sets, active, sets_of};
use super::pod_control::{cause, is_active};
use super::{Context, Outcome, rollout};
use crate::api::status::ApiError;
use crate::kinds::percent_of;
use crate::store::object::{self, integer, text};
use crate::store::{Key, Stored};

pub(super) const NAME: &str = "deployment-controller";

/// Takes a Deployment one step further and writes its status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(deployment) = context.store.at(key) else { return Ok(Outcome::Done) };
    let sets = sets_of(context, &deployment)?;
    if object::is_terminating(&deployment.object) {
        return rollout::write_numbers(context, key, &deployment, &sets);
    }
    rollout::note_pause(context, key, &deployment)?;
    let deployment = context.store.at(key).unwrap_or(deployment);
    let paused = deployment.object["spec"]["paused"] == true;
    if paused || deployment_scaling::is_scaling(&deployment, &sets) {
        let sets = deployment_sets::prepare(context, key, &deployment, sets, false)?;
        let deployment = context.store.at(key).unwrap_or(deployment);
        deployment_scaling::follow_size(context, &deployment, &sets)?;
        if paused {
            clean_up(context, &deployment, &sets_of(context, &deployment)?)?;
        }
        return rollout::write_numbers(context, key, &deployment, &sets_of(context, &deployment)?);
    }
    if text(&deployment.object, "/spec/strategy/type") == "Recreate" {
        recreate(context, key, &deployment, sets)
    } else {
        roll(context, key, &deployment, sets)
    }
}

pub(super) fn replicas(object: &Value) -> i64 {
    integer(object, "/spec/replicas").unwrap_or(1)
}

pub(super) fn available(object: &Value) -> i64 {
    integer(object, "/status/availableReplicas").unwrap_or(0)
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

fn recreate(context: &Context, key: &Key, deployment: &Stored, sets: Sets) -> Result<Outcome, ApiError> {
    let mut sets = deployment_sets::prepare(context, key, deployment, sets, false)?;
    let mut stopped = false;
    for (key, set) in sets.old.iter().filter(|(_, set)| replicas(&set.object) > 0) {
        stopped |= scale(context, deployment, key, set, 0)?;
    }
    if !stopped && !has_running_pods(context, &sets.old) {
        if sets.current.is_none() {
            sets = deployment_sets::prepare(context, key, deployment, sets, true)?;
        }
        if let Some((key, current)) = &sets.current {
            scale(context, deployment, key, current, replicas(&deployment.object))?;
        }
    }
    finish(context, key, deployment)
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
fn roll(context: &Context, key: &Key, deployment: &Stored, sets: Sets) -> Result<Outcome, ApiError> {
    let sets = deployment_sets::prepare(context, key, deployment, sets, true)?;
    if let Some((key, current)) = &sets.current {
        let (wanted, size) = (replicas(&deployment.object), replicas(&current.object));
        let next = if size > wanted { wanted } else { deployment_sets::new_size(&deployment.object, &sets) };
        if !scale(context, deployment, key, current, next)? {
            shrink_old(context, deployment, &sets, current)?;
        }
    }
    finish(context, key, deployment)
}

fn shrink_old(context: &Context, deployment: &Stored, sets: &Sets, current: &Stored) -> Result<(), ApiError> {
    let total: i64 = sets.all().map(|(_, set)| replicas(&set.object)).sum();
    let (_, unavailable) = limits(&deployment.object);
    let minimum = replicas(&deployment.object) - unavailable;
    let mut spare = total - minimum - (replicas(&current.object) - available(&current.object));
    if sets.old.iter().all(|(_, set)| replicas(&set.object) == 0) || spare <= 0 {
        return Ok(());
    }
    // Pods that do not serve go first, whatever their age.
    for (key, set) in &sets.old {
        let unhealthy = (replicas(&set.object) - available(&set.object)).clamp(0, spare);
        if unhealthy > 0 {
            spare -= unhealthy;
            scale(context, deployment, key, set, replicas(&set.object) - unhealthy)?;
        }
    }
    let sets = sets_of(context, deployment)?;
    let serving: i64 = sets.all().map(|(_, set)| available(&set.object)).sum();
    let mut surplus = (serving - minimum).max(0);
    for (key, set) in &sets.old {
        let fewer = replicas(&set.object).min(surplus);
        if fewer > 0 {
            surplus -= fewer;
            scale(context, deployment, key, set, replicas(&set.object) - fewer)?;
        }
    }
    Ok(())
}

fn finish(context: &Context, key: &Key, deployment: &Stored) -> Result<Outcome, ApiError> {
    let deployment = context.store.at(key).unwrap_or_else(|| deployment.clone());
    let sets = sets_of(context, &deployment)?;
    if rollout::is_complete(&deployment.object, &deployment.object["status"]) {
        clean_up(context, &deployment, &sets)?;
    }
    rollout::write_status(context, key, &deployment, &sets)
}

/// Deletes the oldest empty ReplicaSets beyond `revisionHistoryLimit`.
fn clean_up(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let limit = integer(&deployment.object, "/spec/revisionHistoryLimit").and_then(|n| usize::try_from(n).ok());
    let Some(limit) = limit else { return Ok(()) };
    let empty = |set: &Value| {
        !active(set)
            && integer(set, "/status/replicas").unwrap_or(0) == 0
            && integer(set, "/metadata/generation") <= integer(set, "/status/observedGeneration")
    };
    let mut old: Vec<_> = sets.old.iter().filter(|(_, set)| !object::is_terminating(&set.object)).collect();
    old.sort_by_key(|(_, set)| deployment_sets::revision(&set.object));
    let surplus = old.len().saturating_sub(limit);
    for (key, _) in old.into_iter().take(surplus).filter(|(_, set)| empty(&set.object)) {
        context.delete(NAME, key, cause(deployment))?;
    }
    Ok(())
}
