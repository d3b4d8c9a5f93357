//! Which objects belong to a workload: those it controls, less those whose labels no longer match,
//! and those that match and have no controller.
//!
//! The rules are those of `ControllerRefManager` in `pkg/controller` of Kubernetes 1.34.

use serde_json::{Value, json};

use super::pod_control::controller_reference;
use super::work::Work;
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::kinds::selector_matches;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

/// The objects of a resource that are `owner`'s, after it has adopted and released.
pub(super) fn claim(
    context: &Context,
    who: &str,
    owner: &Stored,
    resource: &str,
) -> Result<Vec<(Key, Stored)>, ApiError> {
    let namespace = object::namespace(&owner.object);
    let mut found = context.controlled(&owner.object, resource);
    found.retain(|(key, _)| key.namespace == namespace);
    found.extend(context.store.unclaimed(resource, namespace));
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut claimed = Vec::new();
    for (key, found) in found {
        let matches = selects(&owner.object, &found.object);
        match object::controller_of(&found.object) {
            Some(_) if matches => claimed.push((key, found)),
            Some(_) if object::is_terminating(&owner.object) => {}
            Some(_) => release(context, who, owner, &key)?,
            None if !matches || object::is_terminating(&owner.object) || object::is_terminating(&found.object) => {}
            None => {
                adopt(context, who, owner, &key)?;
                claimed.extend(context.store.at(&key).map(|adopted| (key, adopted)));
            }
        }
    }
    Ok(claimed)
}

/// Whether the labels of an object are those that a workload looks for. Only a ReplicationController names them without
/// more.
fn selects(workload: &Value, object: &Value) -> bool {
    let (selector, labels) = (&workload["spec"]["selector"], &object["metadata"]["labels"]);
    if workload["kind"] == "ReplicationController" {
        selector_matches(&json!({"matchLabels": selector}), labels)
    } else {
        selector_matches(selector, labels)
    }
}

fn adopt(context: &Context, who: &str, owner: &Stored, key: &Key) -> Result<(), ApiError> {
    context.update(who, key, &owner.cause, |found| {
        let mut owners = list(found, "/metadata/ownerReferences").to_vec();
        owners.push(controller_reference(&owner.object));
        object::set(found, &["metadata", "ownerReferences"], owners);
    })?;
    Ok(())
}

fn release(context: &Context, who: &str, owner: &Stored, key: &Key) -> Result<(), ApiError> {
    let uid = object::uid(&owner.object);
    context.update(who, key, &owner.cause, |found| strike_owner(found, uid))?;
    Ok(())
}

/// Takes an owner out of an object's owner references.
pub(super) fn strike_owner(object: &mut Value, uid: &str) {
    let kept: Vec<_> =
        list(object, "/metadata/ownerReferences").iter().filter(|owner| text(owner, "/uid") != uid).cloned().collect();
    if kept.is_empty() {
        object::remove(object, &["metadata", "ownerReferences"]);
    } else {
        object::set(object, &["metadata", "ownerReferences"], json!(kept));
    }
}

/// The workloads that may want an object without a controller look at it.
pub(super) fn note_orphan(context: &Context, orphan: &Value, resource: &str, work: &mut Work) {
    let candidates: &[&str] = match resource {
        "pods" => &["replicasets.apps", "replicationcontrollers", "statefulsets.apps", "daemonsets.apps", "jobs.batch"],
        "replicasets.apps" => &["deployments.apps"],
        _ => return,
    };
    let namespace = object::namespace(orphan);
    for candidate in candidates {
        for workload in context.store.list(candidate, Some(namespace)).0 {
            if selects(&workload.object, orphan)
                && let Some(controller) = super::notes::controller_of_kind(text(&workload.object, "/kind"))
            {
                work.add(controller, Key::new(candidate, namespace, object::name(&workload.object)));
            }
        }
    }
}

/// The sooner of two outcomes.
pub(super) fn sooner(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Retry, _) | (_, Outcome::Retry) => Outcome::Retry,
        (Outcome::After(a), Outcome::After(b)) => Outcome::After(a.min(b)),
        (Outcome::After(a), Outcome::Done) | (Outcome::Done, Outcome::After(a)) => Outcome::After(a),
        (Outcome::Done, Outcome::Done) => Outcome::Done,
    }
}
