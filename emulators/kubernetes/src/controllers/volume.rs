//! PersistentVolumes and their claims: binding, protection while in use, release.
//!
//! Rules and words are those of `pkg/controller/volume` of Kubernetes 1.34.

use serde_json::{Value, json};

use super::{Context, Outcome, provisioner};
use crate::api::status::ApiError;
use crate::kinds::quantity;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "persistentvolume-controller";
const CLAIMS: &str = "persistentvolumeclaims";
const VOLUMES: &str = "persistentvolumes";
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// Binds a claim, or says why it waits; lets it go when it is deleted and no Pod uses it.
pub(super) fn reconcile_claim(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(claim) = context.store.at(key) else {
        for volume in volumes_of(context, key) {
            reconcile_volume(context, &volume)?;
        }
        return Ok(Outcome::Done);
    };
    if object::is_terminating(&claim.object) {
        if !in_use(context, key) {
            release(context, key, &claim, "kubernetes.io/pvc-protection", "pvc-protection-controller")?;
        }
        return Ok(Outcome::Done);
    }
    if text(&claim.object, "/status/phase") == "Bound" {
        return Ok(Outcome::Done);
    }
    let named = text(&claim.object, "/spec/volumeName");
    if !named.is_empty() {
        if let Some(volume) = context.store.get(VOLUMES, "", named)
            && claimed_by(&volume.object).is_none_or(|owner| owner == (key.namespace.as_str(), key.name.as_str()))
        {
            bind(context, key, &claim, &volume)?;
        }
        return Ok(Outcome::Done);
    }
    if waits_for_consumer(context, &claim.object) {
        let message = "waiting for first consumer to be created before binding";
        context.event(NAME, &claim, "Normal", "WaitForFirstConsumer", message);
        return Ok(Outcome::Done);
    }
    match find_volume(context, &claim.object) {
        Some(volume) => bind(context, key, &claim, &volume)?,
        None => say_why_unbound(context, key, &claim)?,
    }
    Ok(Outcome::Done)
}

fn class_of(object: &Value) -> &str {
    text(object, "/spec/storageClassName")
}

fn storage_class(context: &Context, claim: &Value) -> Option<Stored> {
    context.store.get("storageclasses.storage.k8s.io", "", class_of(claim))
}

/// Whether a claim is bound only once a Pod uses it (`volumeBindingMode: WaitForFirstConsumer`).
pub(super) fn binds_late(context: &Context, claim: &Value) -> bool {
    storage_class(context, claim)
        .is_some_and(|class| text(&class.object, "/volumeBindingMode") == "WaitForFirstConsumer")
}

/// Whether the class of a claim has a provisioner.
pub(super) fn is_provisioned(context: &Context, claim: &Value) -> bool {
    storage_class(context, claim)
        .is_some_and(|class| text(&class.object, "/provisioner") != "kubernetes.io/no-provisioner")
}

/// Whether binding waits for a Pod, and no node is chosen for one yet.
fn waits_for_consumer(context: &Context, claim: &Value) -> bool {
    binds_late(context, claim) && claim["metadata"]["annotations"].get(provisioner::SELECTED_NODE).is_none()
}

fn claimed_by(volume: &Value) -> Option<(&str, &str)> {
    let reference = volume["spec"].get("claimRef").filter(|reference| reference.is_object())?;
    Some((text(reference, "/namespace"), text(reference, "/name")))
}

/// The smallest volume that is free and fits (`findMatchingVolume`).
pub(super) fn find_volume(context: &Context, claim: &Value) -> Option<Stored> {
    let wanted = claim.pointer("/spec/resources/requests/storage").and_then(quantity).unwrap_or(0.0);
    let owner = (object::namespace(claim), object::name(claim));
    let size = |volume: &Value| volume.pointer("/spec/capacity/storage").and_then(quantity).unwrap_or(0.0);
    let fits = |volume: &Value| {
        let reserved = claimed_by(volume);
        let same = |field: &str| text(volume, field) == text(claim, field);
        reserved.is_none_or(|reserved| reserved == owner)
            && (reserved.is_some() || text(volume, "/status/phase") == "Available")
            && !object::is_terminating(volume)
            && same("/spec/storageClassName")
            && same("/spec/volumeMode")
            && size(volume) >= wanted
            && list(claim, "/spec/accessModes").iter().all(|mode| list(volume, "/spec/accessModes").contains(mode))
            && (claim["spec"]["selector"].is_null()
                || crate::kinds::selector_matches(&claim["spec"]["selector"], &volume["metadata"]["labels"]))
    };
    let (volumes, _) = context.store.list(VOLUMES, None);
    let mut fitting: Vec<_> = volumes.into_iter().filter(|volume| fits(&volume.object)).collect();
    fitting.sort_by(|a, b| {
        let reserved = |volume: &Stored| claimed_by(&volume.object).is_none();
        reserved(a).cmp(&reserved(b)).then(size(&a.object).total_cmp(&size(&b.object)))
    });
    fitting.into_iter().next()
}

/// Binds both to one another.
pub(super) fn bind(context: &Context, key: &Key, claim: &Stored, volume: &Stored) -> Result<(), ApiError> {
    let volume_key = Key::new(VOLUMES, "", object::name(&volume.object));
    let prebound = claimed_by(&volume.object).is_some();
    context.update(NAME, &volume_key, &claim.cause, |volume| {
        let mut reference = json!({
            "kind": "PersistentVolumeClaim", "apiVersion": "v1",
            "namespace": key.namespace, "name": key.name, "uid": object::uid(&claim.object),
            "resourceVersion": text(&claim.object, "/metadata/resourceVersion"),
        });
        if prebound {
            object::remove(&mut reference, &["kind"]);
        }
        // A provisioner has written the whole reference.
        if text(volume, "/spec/claimRef/uid") != object::uid(&claim.object) {
            object::set(volume, &["spec", "claimRef"], reference);
        }
        if !prebound {
            object::set(volume, &["metadata", "annotations", BOUND_BY_CONTROLLER], "yes");
        }
        set_phase(context, volume, "Bound");
    })?;
    let chosen = text(&claim.object, "/spec/volumeName").is_empty();
    context.update(NAME, key, &claim.cause, |claim| {
        object::set(claim, &["metadata", "annotations", BIND_COMPLETED], "yes");
        if chosen {
            object::set(claim, &["metadata", "annotations", BOUND_BY_CONTROLLER], "yes");
        }
        object::set(claim, &["spec", "volumeName"], object::name(&volume.object));
        claim["status"] = json!({
            "phase": "Bound",
            "accessModes": volume.object["spec"]["accessModes"],
            "capacity": volume.object["spec"]["capacity"],
        });
    })?;
    Ok(())
}

fn set_phase(context: &Context, volume: &mut Value, phase: &str) {
    if text(volume, "/status/phase") != phase {
        let now = object::time(context.now());
        volume["status"] = json!({"phase": phase, "lastPhaseTransitionTime": now});
    }
}

fn say_why_unbound(context: &Context, key: &Key, claim: &Stored) -> Result<(), ApiError> {
    let class = class_of(&claim.object);
    if class.is_empty() {
        let message = "no persistent volumes available for this claim and no storage class is set";
        context.event(NAME, claim, "Normal", "FailedBinding", message);
        return Ok(());
    }
    let Some(found) = storage_class(context, &claim.object) else {
        let message = format!("storageclass.storage.k8s.io {class:?} not found");
        context.event(NAME, claim, "Warning", "ProvisioningFailed", &message);
        return Ok(());
    };
    let provisioner = text(&found.object, "/provisioner").to_owned();
    if provisioner == "kubernetes.io/no-provisioner" {
        return Ok(());
    }
    context.update(NAME, key, &claim.cause, |claim| {
        for annotation in ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"]
        {
            object::set(claim, &["metadata", "annotations", annotation], provisioner.clone());
        }
    })?;
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    context.event(NAME, claim, "Normal", "ExternalProvisioning", &message);
    provisioner::provision(context, key, claim, &found.object)
}

/// Whether a Pod that has not ended uses the claim.
fn in_use(context: &Context, key: &Key) -> bool {
    context.store.list("pods", Some(&key.namespace)).0.iter().any(|pod| {
        let ended = ["Succeeded", "Failed"].contains(&text(&pod.object, "/status/phase"));
        !ended
            && list(&pod.object, "/spec/volumes")
                .iter()
                .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == key.name)
    })
}

fn volumes_of(context: &Context, claim: &Key) -> Vec<Key> {
    let (volumes, _) = context.store.list(VOLUMES, None);
    volumes
        .iter()
        .filter(|volume| claimed_by(&volume.object) == Some((claim.namespace.as_str(), claim.name.as_str())))
        .map(|volume| Key::new(VOLUMES, "", object::name(&volume.object)))
        .collect()
}

/// Gives a volume its phase; one whose claim is gone is released.
pub(super) fn reconcile_volume(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(volume) = context.store.at(key) else { return Ok(Outcome::Done) };
    let claim = claimed_by(&volume.object)
        .and_then(|(namespace, name)| context.store.get(CLAIMS, namespace, name))
        .filter(|claim| {
            let uid = text(&volume.object, "/spec/claimRef/uid");
            uid.is_empty() || uid == object::uid(&claim.object)
        });
    let bound = text(&volume.object, "/status/phase") == "Bound";
    if object::is_terminating(&volume.object) {
        if claim.is_none() || !bound {
            release(context, key, &volume, "kubernetes.io/pv-protection", "pv-protection-controller")?;
        }
        return Ok(Outcome::Done);
    }
    let was_claimed = !text(&volume.object, "/spec/claimRef/uid").is_empty();
    if was_claimed && claim.is_none() {
        context.update(NAME, key, &volume.cause, |volume| set_phase(context, volume, "Released"))?;
        if text(&volume.object, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
            reclaim(context, key, &volume)?;
        }
    } else if text(&volume.object, "/status/phase") == "Pending" {
        context.update(NAME, key, &volume.cause, |volume| set_phase(context, volume, "Available"))?;
    }
    Ok(Outcome::Done)
}

/// The volume of the provisioner goes with its claim; nobody can delete another.
fn reclaim(context: &Context, key: &Key, volume: &Stored) -> Result<(), ApiError> {
    if volume.object["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == provisioner::NAME {
        return context.delete(NAME, key, &volume.cause);
    }
    Ok(())
}

fn release(context: &Context, key: &Key, stored: &Stored, finalizer: &str, who: &str) -> Result<(), ApiError> {
    context.update(who, key, &stored.cause, |object| {
        let kept: Vec<_> =
            list(object, "/metadata/finalizers").iter().filter(|one| *one != finalizer).cloned().collect();
        object::set(object, &["metadata", "finalizers"], kept);
    })?;
    Ok(())
}
