//! What storage drivers tell a cluster, and what it wants of them. The simulated nodes have no drivers.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::api::status::FieldError;
use crate::store::object::{integer, list, set_default, text};

const fn boolean(name: &'static str) -> Column {
    Column { name, of: "boolean", priority: 0 }
}

/// Rules of CSIDriver.
pub(super) const CSI_DRIVER: Rules = Rules {
    defaults: |driver| {
        for (field, fallback) in [
            ("attachRequired", json!(true)),
            ("podInfoOnMount", json!(false)),
            ("storageCapacity", json!(false)),
            ("fsGroupPolicy", json!("ReadWriteOnceWithFSType")),
            ("requiresRepublish", json!(false)),
            ("seLinuxMount", json!(false)),
        ] {
            set_default(driver, &["spec", field], fallback);
        }
        if list(driver, "/spec/volumeLifecycleModes").is_empty() {
            driver["spec"]["volumeLifecycleModes"] = json!(["Persistent"]);
        }
    },
    validate: validate_driver,
    validate_update: |new, old, errors| {
        // Kubernetes' own message has the field's name wrong.
        for (field, told) in [("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes")]
        {
            if new["spec"][field] != old["spec"][field] {
                let given = new["spec"][field].clone();
                errors.push(FieldError::invalid(format!("spec.{told}"), given, "field is immutable"));
            }
        }
    },
    columns: &[
        NAME,
        boolean("AttachRequired"),
        boolean("PodInfoOnMount"),
        boolean("StorageCapacity"),
        Column::text("TokenRequests"),
        boolean("RequiresRepublish"),
        Column::text("Modes"),
        AGE,
    ],
    row: |driver, now| {
        let spec = &driver["spec"];
        let joined = |pointer: &str, of: fn(&Value) -> &str| -> String {
            list(spec, pointer).iter().map(of).collect::<Vec<_>>().join(",")
        };
        let tokens = if spec["tokenRequests"].is_array() {
            joined("/tokenRequests", |one| text(one, "/audience"))
        } else {
            "<unset>".to_owned()
        };
        vec![
            columns::name(driver),
            json!(spec["attachRequired"] == true),
            json!(spec["podInfoOnMount"] == true),
            json!(spec["storageCapacity"] == true),
            json!(tokens),
            json!(spec["requiresRepublish"] == true),
            json!(joined("/volumeLifecycleModes", |one| one.as_str().unwrap_or_default())),
            columns::age(driver, now),
        ]
    },
};

/// `validateCSIDriverSpec` of `k8s.io/kubernetes/pkg/apis/storage/validation`.
fn validate_driver(driver: &Value, errors: &mut Vec<FieldError>) {
    const POLICIES: [&str; 3] = ["File", "None", "ReadWriteOnceWithFSType"];
    let spec = &driver["spec"];
    let policy = text(spec, "/fsGroupPolicy");
    if !POLICIES.contains(&policy) {
        errors.push(FieldError::not_supported("spec.fsGroupPolicy", policy, &POLICIES));
    }
    let requests = list(spec, "/tokenRequests");
    for (index, request) in requests.iter().enumerate() {
        let (at, audience) = (format!("spec.tokenRequests[{index}]"), text(request, "/audience"));
        if requests[..index].iter().any(|earlier| text(earlier, "/audience") == audience) {
            errors.push(FieldError::duplicate(format!("{at}.audience"), audience));
        } else if let Some(seconds) = integer(request, "/expirationSeconds").filter(|seconds| *seconds < 600) {
            let detail = "may not specify a duration less than 10 minutes";
            errors.push(FieldError::invalid(format!("{at}.expirationSeconds"), seconds, detail));
        }
    }
    for mode in list(spec, "/volumeLifecycleModes") {
        if mode != "Persistent" && mode != "Ephemeral" {
            let modes = ["Persistent", "Ephemeral"];
            errors.push(FieldError::not_supported("spec.volumeLifecycleModes", mode.clone(), &modes));
        }
    }
}

/// Rules of CSINode.
pub(super) const CSI_NODE: Rules = Rules {
    defaults: |node| {
        // Drivers are no `omitempty` field: none are null.
        if list(node, "/spec/drivers").is_empty() {
            node["spec"]["drivers"] = Value::Null;
        }
    },
    columns: &[NAME, Column::number("Drivers"), AGE],
    row: |node, now| vec![columns::name(node), json!(list(node, "/spec/drivers").len()), columns::age(node, now)],
    ..Rules::PLAIN
};

/// Rules of VolumeAttachment.
pub(super) const VOLUME_ATTACHMENT: Rules = Rules {
    defaults: |attachment| set_default(attachment, &["status", "attached"], false),
    validate: |attachment, errors| {
        for field in ["attacher", "nodeName"] {
            if text(attachment, &format!("/spec/{field}")).is_empty() {
                errors.push(FieldError::required(format!("spec.{field}"), ""));
            }
        }
    },
    validate_update: |new, old, errors| {
        if new["spec"] != old["spec"] {
            errors.push(FieldError::invalid("spec", new["spec"].clone(), "field is immutable"));
        }
    },
    columns: &[NAME, Column::text("Attacher"), Column::text("PV"), Column::text("Node"), boolean("Attached"), AGE],
    row: |attachment, now| {
        vec![
            columns::name(attachment),
            json!(text(attachment, "/spec/attacher")),
            json!(text(attachment, "/spec/source/persistentVolumeName")),
            json!(text(attachment, "/spec/nodeName")),
            json!(attachment["status"]["attached"] == true),
            columns::age(attachment, now),
        ]
    },
};

/// Rules of VolumeAttributesClass.
pub(super) const VOLUME_ATTRIBUTES_CLASS: Rules = Rules {
    validate: |class, errors| {
        if text(class, "/driverName").is_empty() {
            errors.push(FieldError::required("driverName", ""));
        }
    },
    validate_update: |new, old, errors| {
        for field in ["driverName", "parameters"] {
            if new[field] != old[field] {
                errors.push(FieldError::forbidden(field, &format!("updates to {field} are forbidden.")));
            }
        }
    },
    columns: &[NAME, Column::text("DriverName"), AGE],
    row: |class, now| vec![columns::name(class), json!(text(class, "/driverName")), columns::age(class, now)],
    ..Rules::PLAIN
};
