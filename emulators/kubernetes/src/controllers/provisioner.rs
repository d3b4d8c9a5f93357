//! The provisioner of Kind's default StorageClass: volumes that are folders of the node.
//!
//! Words and objects are those of `rancher.io/local-path` and of `sig-storage-lib-external-provisioner`.

use serde_json::{Value, json};

use super::Context;
use crate::api::status::ApiError;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

/// The `provisioner` of the StorageClass.
pub(super) const NAME: &str = "rancher.io/local-path";
/// The annotation by which the scheduler asks for a volume on a node.
pub(super) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// The class that a Kind cluster has.
pub(super) fn default_class() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": NAME,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    })
}

/// Makes the volume of a claim on the node that the scheduler has chosen.
pub(super) fn provision(context: &Context, key: &Key, claim: &Stored, class: &Value) -> Result<(), ApiError> {
    let node = claim.object["metadata"]["annotations"].get(SELECTED_NODE).and_then(Value::as_str);
    let Some(node) = node.filter(|_| text(class, "/provisioner") == NAME) else { return Ok(()) };
    let name = format!("pvc-{}", object::uid(&claim.object));
    if context.store.get("persistentvolumes", "", &name).is_some() {
        return Ok(());
    }
    let message = format!("External provisioner is provisioning volume for claim \"{}/{}\"", key.namespace, key.name);
    context.event(NAME, claim, "Normal", "Provisioning", &message);
    let single = |mode: &Value| mode == "ReadWriteOnce" || mode == "ReadWriteOncePod";
    if !list(&claim.object, "/spec/accessModes").iter().all(single) {
        let message = format!(
            "failed to provision volume with StorageClass {:?}: NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes",
            object::name(class)
        );
        context.event(NAME, claim, "Warning", "ProvisioningFailed", &message);
        return Ok(());
    }
    context.create(NAME, "persistentvolumes", volume(key, &claim.object, class, (&name, node)), &claim.cause)?;
    context.event(NAME, claim, "Normal", "ProvisioningSucceeded", &format!("Successfully provisioned volume {name}"));
    Ok(())
}

fn volume(key: &Key, claim: &Value, class: &Value, (name, node): (&str, &str)) -> Value {
    let path = format!("/var/local-path-provisioner/{name}_{}_{}", key.namespace, key.name);
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "annotations": {"local.path.provisioner/selected-node": node, "pv.kubernetes.io/provisioned-by": NAME},
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": key.namespace,
                "name": key.name,
                "uid": object::uid(claim),
                "resourceVersion": text(claim, "/metadata/resourceVersion"),
            },
            "hostPath": {"path": path, "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]},
            ]}},
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"],
            "storageClassName": object::name(class),
            "volumeMode": claim["spec"]["volumeMode"],
        },
    })
}
