//! StatefulSets: numbered Pods, one after the other.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::pod_control::{self, cause, is_ready};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "statefulset-controller";
const REVISION: &str = "controller-revision-hash";
const CLAIM_TEMPLATES: &str = "a StatefulSet with volumeClaimTemplates is not supported by the stagegate Kubernetes emulator: nothing binds volumes";

/// Makes, replaces or deletes at most one Pod, then writes the status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(set) = context.store.at(key) else { return Ok(Outcome::Done) };
    if !list(&set.object, "/spec/volumeClaimTemplates").is_empty() {
        context.event(NAME, &set, "Warning", "NotSupported", CLAIM_TEMPLATES);
        return Ok(Outcome::Done);
    }
    let revision = revision(&set.object);
    let failed = if object::is_terminating(&set.object) { false } else { step(context, &set, &revision).is_err() };
    write_status(context, key, &set, &revision)?;
    Ok(if failed { Outcome::Retry } else { Outcome::Done })
}

fn revision(set: &Value) -> String {
    let digest = Sha256::digest(set["spec"]["template"].to_string());
    let hash: String = format!("{digest:x}").chars().take(10).collect();
    format!("{}-{hash}", object::name(set))
}

fn pods_of(context: &Context, set: &Stored) -> Vec<(i64, Stored)> {
    let mut pods: Vec<_> = context
        .controlled(&set.object, "pods")
        .into_iter()
        .filter_map(|(key, pod)| Some((key.name.rsplit('-').next()?.parse().ok()?, pod)))
        .collect();
    pods.sort_by_key(|(ordinal, _)| *ordinal);
    pods
}

fn step(context: &Context, set: &Stored, revision: &str) -> Result<(), ApiError> {
    let wanted = integer(&set.object, "/spec/replicas").unwrap_or(1);
    let parallel = text(&set.object, "/spec/podManagementPolicy") == "Parallel";
    let pods = pods_of(context, set);
    for ordinal in 0..wanted {
        match pods.iter().find(|(one, _)| *one == ordinal) {
            None => {
                create(context, set, ordinal, revision)?;
                if !parallel {
                    return Ok(());
                }
            }
            Some((_, pod)) if !parallel && (!is_ready(&pod.object) || object::is_terminating(&pod.object)) => {
                return Ok(());
            }
            Some(_) => {}
        }
    }
    let surplus = pods.iter().rev().filter(|(ordinal, _)| *ordinal >= wanted);
    for (_, pod) in surplus {
        if !object::is_terminating(&pod.object) {
            pod_control::delete(context, NAME, set, &pod.object)?;
        }
        if !parallel {
            return Ok(());
        }
    }
    update_one(context, set, &pods, revision)
}

fn create(context: &Context, set: &Stored, ordinal: i64, revision: &str) -> Result<(), ApiError> {
    let object = &*set.object;
    let name = format!("{}-{ordinal}", object::name(object));
    let mut pod = pod_control::from_template(object, &object["spec"]["template"], ("name", &name));
    for (key, value) in [
        ("statefulset.kubernetes.io/pod-name", name.as_str()),
        ("apps.kubernetes.io/pod-index", &ordinal.to_string()),
        (REVISION, revision),
    ] {
        object::set(&mut pod, &["metadata", "labels", key], value);
    }
    object::set(&mut pod, &["spec", "hostname"], name);
    object::set(&mut pod, &["spec", "subdomain"], text(object, "/spec/serviceName"));
    pod_control::create(context, NAME, set, pod)?;
    Ok(())
}

/// Rolling update: the highest Pod of another revision is replaced, once the others are ready.
fn update_one(context: &Context, set: &Stored, pods: &[(i64, Stored)], revision: &str) -> Result<(), ApiError> {
    if text(&set.object, "/spec/updateStrategy/type") == "OnDelete" {
        return Ok(());
    }
    let first = integer(&set.object, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    for (ordinal, pod) in pods.iter().rev().filter(|(ordinal, _)| *ordinal >= first) {
        if !is_ready(&pod.object) && pod.object["metadata"]["labels"][REVISION] == revision {
            return Ok(());
        }
        if pod.object["metadata"]["labels"][REVISION] != revision {
            if !object::is_terminating(&pod.object) {
                tracing::debug!(ordinal, "replacing a Pod of an old revision");
                pod_control::delete(context, NAME, set, &pod.object)?;
            }
            return Ok(());
        }
    }
    Ok(())
}

fn write_status(context: &Context, key: &Key, set: &Stored, revision: &str) -> Result<(), ApiError> {
    let pods = pods_of(context, set);
    let count = |test: &dyn Fn(&Value) -> bool| pods.iter().filter(|(_, pod)| test(&pod.object)).count();
    let updated = count(&|pod| pod["metadata"]["labels"][REVISION] == revision);
    let ready = count(&is_ready);
    context.update(NAME, key, cause(set), |new| {
        let complete = updated == pods.len();
        let current = if complete { revision } else { text(new, "/status/currentRevision") }.to_owned();
        let mut status = json!({
            "observedGeneration": new["metadata"]["generation"],
            "replicas": pods.len(),
            "availableReplicas": ready,
            "currentRevision": current,
            "updateRevision": revision,
            "collisionCount": 0,
        });
        let of_current = count(&|pod| pod["metadata"]["labels"][REVISION] == *current);
        for (field, count) in [("readyReplicas", ready), ("updatedReplicas", updated), ("currentReplicas", of_current)]
        {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        new["status"] = status;
    })?;
    Ok(())
}
