//! The ReplicaSets of a Deployment: finding them, numbering them, making the one of the present template.

use serde_json::{Value, json};

use super::deployment::{NAME, limits, replicas};
use super::pod_control::{cause, controller_reference};
use super::{Context, adoption, rollout};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, text};
use crate::store::{Key, Stored};

pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const HASH: &str = "pod-template-hash";
const REPLICA_SETS: &str = "replicasets.apps";

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

pub(super) fn sets_of(context: &Context, deployment: &Stored) -> Result<Sets, ApiError> {
    let mut all = adoption::claim(context, NAME, deployment, REPLICA_SETS)?;
    all.sort_by_key(|(key, set)| {
        (text(&set.object, "/metadata/creationTimestamp").to_owned(), revision(&set.object), key.name.clone())
    });
    let wanted = &deployment.object["spec"]["template"];
    let current = all.iter().position(|(_, set)| same_template(&set.object, wanted));
    let current = current.map(|index| all.remove(index));
    Ok(Sets { current, old: all })
}

fn same_template(set: &Value, wanted: &Value) -> bool {
    let mut template = set["spec"]["template"].clone();
    object::remove(&mut template, &["metadata", "labels", HASH]);
    template == *wanted
}

/// Whether a ReplicaSet is to have Pods.
pub(super) fn active(set: &Value) -> bool {
    replicas(set) > 0
}

/// A number in an annotation.
pub(super) fn number_in(object: &Value, annotation: &str) -> Option<i64> {
    object["metadata"]["annotations"].get(annotation).and_then(Value::as_str).and_then(|text| text.parse().ok())
}

pub(super) fn revision(object: &Value) -> i64 {
    number_in(object, REVISION).unwrap_or(0)
}

/// Numbers the current ReplicaSet, or makes it with `make`.
pub(super) fn prepare(
    context: &Context,
    key: &Key,
    deployment: &Stored,
    sets: Sets,
    make: bool,
) -> Result<Sets, ApiError> {
    let next = sets.old.iter().map(|(_, set)| revision(&set.object)).max().unwrap_or(0) + 1;
    match &sets.current {
        Some((set_key, set)) => {
            let object = &deployment.object;
            let written = context.update(NAME, set_key, cause(deployment), |set| {
                annotate(object, set, next);
                keep_min_ready_seconds(object, set);
            })?;
            let first = rollout::has_deadline(object) && rollout::condition(object, "Progressing").is_none();
            context.update(NAME, key, cause(deployment), |deployment| {
                let number = revision(&written).to_string();
                object::set(deployment, &["metadata", "annotations", REVISION], number);
            })?;
            if first {
                let message = format!("Found new replica set {:?}", object::name(&set.object));
                rollout::set_progressing(context, key, deployment, ("True", "FoundNewReplicaSet", &message))?;
            }
        }
        None if make => create_set(context, key, deployment, &sets, next)?,
        None => return Ok(sets),
    }
    sets_of(context, deployment)
}

/// The size that the current ReplicaSet may grow to now.
pub(super) fn new_size(deployment: &Value, sets: &Sets) -> i64 {
    let wanted = replicas(deployment);
    let size = sets.current.as_ref().map_or(0, |(_, set)| replicas(&set.object));
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return wanted;
    }
    let (surge, _) = limits(deployment);
    let total: i64 = sets.all().map(|(_, set)| replicas(&set.object)).sum();
    size + (wanted - size).min((wanted + surge - total).max(0))
}

/// A short hash in letters that form no words, as in Pod names (`k8s.io/apimachinery/pkg/util/rand`).
pub(super) fn template_hash(template: &Value, collisions: Option<i64>) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let salt = collisions.map(|count| count.to_string()).unwrap_or_default();
    let fnv = template
        .to_string()
        .bytes()
        .chain(salt.bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    fnv.to_string().bytes().map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect()
}

fn create_set(context: &Context, key: &Key, deployment: &Stored, sets: &Sets, next: i64) -> Result<(), ApiError> {
    let object = &*deployment.object;
    let size = new_size(object, sets);
    let set = new_set(object, size, next);
    let name = object::name(&set).to_owned();
    match context.create(NAME, REPLICA_SETS, set, cause(deployment)) {
        Ok(_) => {}
        Err(error) if error.reason == "AlreadyExists" => {
            let collisions = integer(object, "/status/collisionCount").unwrap_or(0) + 1;
            context.update(NAME, key, cause(deployment), |deployment| {
                object::set(deployment, &["status", "collisionCount"], collisions);
            })?;
            return Err(error);
        }
        Err(error) => {
            let message = format!("Failed to create new replica set {name:?}: {}", error.message);
            if rollout::has_deadline(object) {
                rollout::set_progressing(context, key, deployment, ("False", "ReplicaSetCreateError", &message))?;
            }
            context.event(NAME, deployment, "Warning", "ReplicaSetCreateError", &message);
            return Err(error);
        }
    }
    if size > 0 {
        let message = format!("Scaled up replica set {name} from 0 to {size}");
        context.event(NAME, deployment, "Normal", "ScalingReplicaSet", &message);
    }
    context.update(NAME, key, cause(deployment), |deployment| {
        object::set(deployment, &["metadata", "annotations", REVISION], next.to_string());
    })?;
    if rollout::has_deadline(object) {
        let message = format!("Created new replica set {name:?}");
        rollout::set_progressing(context, key, deployment, ("True", "NewReplicaSetCreated", &message))?;
    }
    Ok(())
}

fn new_set(deployment: &Value, size: i64, revision: i64) -> Value {
    let collisions = integer(deployment, "/status/collisionCount");
    let hash = template_hash(&deployment["spec"]["template"], collisions);
    let mut template = deployment["spec"]["template"].clone();
    object::set(&mut template, &["metadata", "labels", HASH], hash.clone());
    let mut selector = deployment["spec"]["selector"].clone();
    object::set(&mut selector, &["matchLabels", HASH], hash.clone());
    let (surge, _) = limits(deployment);
    let mut set = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", object::name(deployment)),
            "namespace": object::namespace(deployment),
            "labels": template["metadata"]["labels"],
            "annotations": {
                DESIRED: replicas(deployment).to_string(),
                MAXIMUM: (replicas(deployment) + surge).to_string(),
            },
            "ownerReferences": [controller_reference(deployment)],
        },
        "spec": {"replicas": size, "selector": selector, "template": template},
    });
    annotate(deployment, &mut set, revision);
    keep_min_ready_seconds(deployment, &mut set);
    set
}

fn keep_min_ready_seconds(deployment: &Value, set: &mut Value) {
    match integer(deployment, "/spec/minReadySeconds") {
        None | Some(0) => drop(object::remove(set, &["spec", "minReadySeconds"])),
        Some(seconds) => object::set(set, &["spec", "minReadySeconds"], seconds),
    }
}

/// The Deployment's annotations that its ReplicaSets carry, such as the change cause, and the revision.
fn annotate(deployment: &Value, set: &mut Value, next: i64) {
    const KEPT_BACK: [&str; 5] =
        ["kubectl.kubernetes.io/last-applied-configuration", REVISION, REVISION_HISTORY, DESIRED, MAXIMUM];
    for (key, value) in deployment["metadata"]["annotations"].as_object().into_iter().flatten() {
        if !KEPT_BACK.contains(&key.as_str()) {
            object::set(set, &["metadata", "annotations", key], value.clone());
        }
    }
    let before = number_in(set, REVISION);
    if before.unwrap_or(0) >= next {
        return;
    }
    object::set(set, &["metadata", "annotations", REVISION], next.to_string());
    if let Some(before) = before {
        let history = match text(&set["metadata"]["annotations"], "/deployment.kubernetes.io~1revision-history") {
            "" => before.to_string(),
            earlier => format!("{earlier},{before}"),
        };
        object::set(set, &["metadata", "annotations", REVISION_HISTORY], history);
    }
}
