//! Volumes, claims and storage classes: defaults, validation, columns.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME, or_none};
use crate::admission::storage_class::is_default;
use crate::api::status::FieldError;
use crate::store::object::{self, is_terminating, list, set_default, text};

/// Rules of PersistentVolume.
pub(super) const PERSISTENT_VOLUME: Rules = Rules {
    defaults: |volume| {
        set_default(volume, &["spec", "persistentVolumeReclaimPolicy"], "Retain");
        set_default(volume, &["spec", "volumeMode"], "Filesystem");
        set_default(volume, &["status", "phase"], "Pending");
        if volume["spec"]["hostPath"].is_object() {
            set_default(volume, &["spec", "hostPath", "type"], "");
        }
    },
    columns: &[
        NAME,
        Column::text("Capacity"),
        Column::text("Access Modes"),
        Column::text("Reclaim Policy"),
        Column::text("Status"),
        Column::text("Claim"),
        Column::text("StorageClass"),
        Column::text("VolumeAttributesClass"),
        Column::text("Reason"),
        AGE,
        Column::wide("VolumeMode"),
    ],
    row: |volume, now| {
        vec![
            columns::name(volume),
            json!(text(volume, "/spec/capacity/storage")),
            access_modes(volume),
            json!(text(volume, "/spec/persistentVolumeReclaimPolicy")),
            json!(phase(volume)),
            json!(claim_of(volume)),
            json!(text(volume, "/spec/storageClassName")),
            unset(volume),
            json!(text(volume, "/status/reason")),
            columns::age(volume, now),
            json!(text(volume, "/spec/volumeMode")),
        ]
    },
    ..Rules::PLAIN
};

/// Rules of PersistentVolumeClaim.
pub(super) const PERSISTENT_VOLUME_CLAIM: Rules = Rules {
    defaults: |claim| {
        set_default(claim, &["spec", "volumeMode"], "Filesystem");
        set_default(claim, &["status", "phase"], "Pending");
    },
    validate: |claim, errors| {
        if list(claim, "/spec/accessModes").is_empty() {
            errors.push(FieldError::required("spec.accessModes", "at least 1 access mode is required"));
        }
        if text(claim, "/spec/resources/requests/storage").is_empty() {
            errors.push(FieldError::required("spec.resources[storage]", ""));
        }
    },
    columns: &[
        NAME,
        Column::text("Status"),
        Column::text("Volume"),
        Column::text("Capacity"),
        Column::text("Access Modes"),
        Column::text("StorageClass"),
        Column::text("VolumeAttributesClass"),
        AGE,
        Column::wide("VolumeMode"),
    ],
    row: |claim, now| {
        vec![
            columns::name(claim),
            json!(phase(claim)),
            json!(text(claim, "/spec/volumeName")),
            json!(text(claim, "/status/capacity/storage")),
            // Those of the volume, when there is one.
            if text(claim, "/spec/volumeName").is_empty() { json!("") } else { access_modes(claim) },
            json!(text(claim, "/spec/storageClassName")),
            unset(claim),
            columns::age(claim, now),
            json!(text(claim, "/spec/volumeMode")),
        ]
    },
    ..Rules::PLAIN
};

/// Rules of StorageClass.
pub(super) const STORAGE_CLASS: Rules = Rules {
    defaults: |class| {
        set_default(class, &["reclaimPolicy"], "Delete");
        set_default(class, &["volumeBindingMode"], "Immediate");
    },
    columns: &[
        NAME,
        Column::text("Provisioner"),
        Column::text("ReclaimPolicy"),
        Column::text("VolumeBindingMode"),
        Column::text("AllowVolumeExpansion"),
        AGE,
    ],
    row: |class, now| {
        vec![
            if is_default(class) { json!(format!("{} (default)", object::name(class))) } else { columns::name(class) },
            or_none(class, "/provisioner"),
            or_none(class, "/reclaimPolicy"),
            or_none(class, "/volumeBindingMode"),
            json!(class["allowVolumeExpansion"] == true),
            columns::age(class, now),
        ]
    },
    ..Rules::PLAIN
};

/// The VolumeAttributesClass cell.
fn unset(object: &Value) -> Value {
    match text(object, "/spec/volumeAttributesClassName") {
        "" => json!("<unset>"),
        name => json!(name),
    }
}

fn claim_of(volume: &Value) -> String {
    match (text(volume, "/spec/claimRef/namespace"), text(volume, "/spec/claimRef/name")) {
        (_, "") => String::new(),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}

fn phase(object: &Value) -> &str {
    if is_terminating(object) { "Terminating" } else { text(object, "/status/phase") }
}

fn access_modes(object: &Value) -> Value {
    let modes: Vec<_> = list(object, "/spec/accessModes")
        .iter()
        .map(|mode| match mode.as_str().unwrap_or_default() {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            other => other,
        })
        .collect();
    json!(modes.join(","))
}
