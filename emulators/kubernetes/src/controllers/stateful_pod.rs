//! A Pod of a StatefulSet and the claims that belong to it.

use serde_json::{Value, json};

use super::pod_control::{self, controller_reference, key_of};
use super::stateful_set::{NAME, REVISION};
use super::{Context, revisions};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

const CLAIMS: &str = "persistentvolumeclaims";

fn pod_name(set: &Value, ordinal: i64) -> String {
    format!("{}-{ordinal}", object::name(set))
}

/// Makes the claims that are missing, then the Pod, and says so.
pub(super) fn create(context: &Context, set: &Stored, ordinal: i64, revision: &Stored) -> Result<(), ApiError> {
    let object = &*set.object;
    let name = pod_name(object, ordinal);
    let made = keep_claims(context, set, ordinal, None, true)
        .and_then(|()| context.create(NAME, "pods", pod(object, ordinal, revision), &set.cause));
    let set_name = object::name(object);
    match made {
        Ok(_) => {
            let message = format!("create Pod {name} in StatefulSet {set_name} successful");
            context.event(NAME, set, "Normal", "SuccessfulCreate", &message);
            Ok(())
        }
        Err(error) => {
            let message = format!("create Pod {name} in StatefulSet {set_name} failed error: {}", error.message);
            context.event(NAME, set, "Warning", "FailedCreate", &message);
            Err(error)
        }
    }
}

/// Deletes the Pod and says so.
pub(super) fn delete(context: &Context, set: &Stored, pod: &Value) -> Result<(), ApiError> {
    context.delete(NAME, &key_of(pod), &set.cause)?;
    let message = format!("delete Pod {} in StatefulSet {} successful", object::name(pod), object::name(&set.object));
    context.event(NAME, set, "Normal", "SuccessfulDelete", &message);
    Ok(())
}

fn pod(set: &Value, ordinal: i64, revision: &Stored) -> Value {
    let name = pod_name(set, ordinal);
    let template = revisions::template_at(&revision.object);
    let mut pod = pod_control::from_template(set, &template, ("name", &name));
    object::set(&mut pod, &["metadata", "generateName"], format!("{}-", object::name(set)));
    for (key, value) in [
        ("statefulset.kubernetes.io/pod-name", name.as_str()),
        ("apps.kubernetes.io/pod-index", &ordinal.to_string()),
        (REVISION, object::name(&revision.object)),
    ] {
        object::set(&mut pod, &["metadata", "labels", key], value);
    }
    object::set(&mut pod, &["spec", "hostname"], name);
    if !text(set, "/spec/serviceName").is_empty() {
        object::set(&mut pod, &["spec", "subdomain"], text(set, "/spec/serviceName"));
    }
    let templates = list(set, "/spec/volumeClaimTemplates");
    let mut volumes: Vec<Value> = templates
        .iter()
        .map(|template| {
            let claim = claim_name(set, template, ordinal);
            json!({"name": object::name(template), "persistentVolumeClaim": {"claimName": claim}})
        })
        .collect();
    volumes.extend(
        list(&pod, "/spec/volumes")
            .iter()
            .filter(|volume| templates.iter().all(|template| object::name(template) != text(volume, "/name")))
            .cloned(),
    );
    if !volumes.is_empty() {
        object::set(&mut pod, &["spec", "volumes"], volumes);
    }
    pod
}

fn claim_name(set: &Value, template: &Value, ordinal: i64) -> String {
    format!("{}-{}-{ordinal}", object::name(template), object::name(set))
}

/// Keeps the claims of a Pod as `persistentVolumeClaimRetentionPolicy` wants them; with `make` those
/// that are missing are made.
pub(super) fn keep_claims(
    context: &Context,
    set: &Stored,
    ordinal: i64,
    pod: Option<&Value>,
    make: bool,
) -> Result<(), ApiError> {
    let object = &*set.object;
    for template in list(object, "/spec/volumeClaimTemplates") {
        let key = Key::new(CLAIMS, object::namespace(object), &claim_name(object, template, ordinal));
        let owner = claim_owner(object, ordinal, pod);
        if context.store.at(&key).is_some() {
            context.update(NAME, &key, &set.cause, |claim| own(claim, object, pod, owner.as_ref()))?;
        } else if make {
            make_claim(context, set, template, ordinal, owner)?;
        }
    }
    Ok(())
}

/// Whose disappearance takes a claim along.
fn claim_owner(set: &Value, ordinal: i64, pod: Option<&Value>) -> Option<Value> {
    let policy = |when: &str| text(set, &format!("/spec/persistentVolumeClaimRetentionPolicy/{when}")) == "Delete";
    let first = integer(set, "/spec/ordinals/start").unwrap_or(0);
    let surplus = !(first..first + integer(set, "/spec/replicas").unwrap_or(1)).contains(&ordinal);
    if policy("whenScaled") && surplus {
        return pod.map(|pod| {
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "name": object::name(pod), "uid": object::uid(pod),
            })
        });
    }
    policy("whenDeleted").then(|| controller_reference(set))
}

fn own(claim: &mut Value, set: &Value, pod: Option<&Value>, owner: Option<&Value>) {
    let mut owners: Vec<_> = list(claim, "/metadata/ownerReferences").to_vec();
    let ours = [Some(object::uid(set)), pod.map(object::uid)];
    owners.retain(|one| !ours.contains(&Some(text(one, "/uid"))));
    owners.extend(owner.cloned());
    if owners.is_empty() {
        object::remove(claim, &["metadata", "ownerReferences"]);
    } else {
        object::set(claim, &["metadata", "ownerReferences"], owners);
    }
}

fn make_claim(
    context: &Context,
    set: &Stored,
    template: &Value,
    ordinal: i64,
    owner: Option<Value>,
) -> Result<(), ApiError> {
    let object = &*set.object;
    let name = claim_name(object, template, ordinal);
    let mut claim = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": template["metadata"],
        "spec": template["spec"],
    });
    object::set(&mut claim, &["metadata", "name"], name.clone());
    object::set(&mut claim, &["metadata", "namespace"], object::namespace(object));
    for (label, value) in object["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten() {
        object::set(&mut claim, &["metadata", "labels", label], value.clone());
    }
    if let Some(owner) = owner {
        object::set(&mut claim, &["metadata", "ownerReferences"], vec![owner]);
    }
    let about = format!("Claim {name} Pod {} in StatefulSet {}", pod_name(object, ordinal), object::name(object));
    match context.create(NAME, CLAIMS, claim, &set.cause) {
        Ok(_) => {
            context.event(NAME, set, "Normal", "SuccessfulCreate", &format!("create {about} success"));
            Ok(())
        }
        Err(error) => {
            let message = format!("create {about} failed error: {}", error.message);
            context.event(NAME, set, "Warning", "FailedCreate", &message);
            Err(error)
        }
    }
}
