//! Claims of devices, and what drivers offer (`resource.k8s.io`). The simulated nodes have no devices: nothing is
//! allocated.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::store::object::{is_terminating, list, list_mut, set_default, text};

/// Rules of DeviceClass.
pub(super) const DEVICE_CLASS: Rules = Rules {
    columns: &[NAME, AGE],
    row: |class, now| vec![columns::name(class), columns::age(class, now)],
    ..Rules::PLAIN
};

/// Rules of ResourceClaim.
pub(super) const RESOURCE_CLAIM: Rules = Rules {
    defaults: |claim| {
        complete(&mut claim["spec"]);
        set_default(claim, &["status"], json!({}));
    },
    columns: &[NAME, Column::text("State"), AGE],
    row: |claim, now| vec![columns::name(claim), json!(state(claim)), columns::age(claim, now)],
    ..Rules::PLAIN
};

/// Rules of ResourceClaimTemplate.
pub(super) const RESOURCE_CLAIM_TEMPLATE: Rules =
    Rules { defaults: |template| complete(&mut template["spec"]["spec"]), ..DEVICE_CLASS };

/// Rules of ResourceSlice.
pub(super) const RESOURCE_SLICE: Rules = Rules {
    columns: &[NAME, Column::text("Node"), Column::text("Driver"), Column::text("Pool"), AGE],
    row: |slice, now| {
        let of = |pointer: &str| json!(text(slice, pointer));
        let (node, driver, pool) = (of("/spec/nodeName"), of("/spec/driver"), of("/spec/pool/name"));
        vec![columns::name(slice), node, driver, pool, columns::age(slice, now)]
    },
    ..Rules::PLAIN
};

/// `SetDefaults_ExactDeviceRequest` and `SetDefaults_DeviceSubRequest` of `k8s.io/kubernetes/pkg/apis/resource/v1`.
fn complete(spec: &mut Value) {
    let count = |request: &mut Value| {
        set_default(request, &["allocationMode"], "ExactCount");
        if request["allocationMode"] == "ExactCount" {
            set_default(request, &["count"], 1);
        }
    };
    for request in list_mut(spec, &["devices", "requests"]) {
        if request["exactly"].is_object() {
            count(&mut request["exactly"]);
        }
        list_mut(request, &["firstAvailable"]).for_each(count);
    }
}

/// The State cell (`resourceClaimState` of `k8s.io/kubernetes/pkg/printers/internalversion`).
fn state(claim: &Value) -> String {
    let mut states = Vec::new();
    if is_terminating(claim) {
        states.push("deleted");
    }
    if claim["status"]["allocation"].is_object() {
        states.push("allocated");
        if !list(claim, "/status/reservedFor").is_empty() {
            states.push("reserved");
        }
    } else if !is_terminating(claim) {
        states.push("pending");
    }
    states.join(",")
}
