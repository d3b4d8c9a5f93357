//! What the scheduler does about the volumes of a Pod: waits for claims, binds those that wait for a
//! consumer, and asks for volumes on the node it has chosen.
//!
//! Rules and words are those of the plug-in `VolumeBinding` of `pkg/scheduler` of Kubernetes 1.34.

use serde_json::Value;

use super::{Context, provisioner, volume};
use crate::api::status::ApiError;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

const CLAIMS: &str = "persistentvolumeclaims";

/// The claims of a Pod that are bound once its node is chosen; the error says why no node can be.
pub(super) fn delayed(context: &Context, pod: &Value) -> Result<Vec<(Key, Stored)>, String> {
    let mut delayed = Vec::new();
    for claim in list(pod, "/spec/volumes") {
        let Some(name) = claim.pointer("/persistentVolumeClaim/claimName").and_then(Value::as_str) else { continue };
        let key = Key::new(CLAIMS, object::namespace(pod), name);
        let Some(claim) = context.store.at(&key) else {
            return Err(format!("persistentvolumeclaim {name:?} not found"));
        };
        if object::is_terminating(&claim.object) {
            return Err(format!("persistentvolumeclaim {name:?} is being deleted"));
        }
        if text(&claim.object, "/status/phase") == "Bound" {
            continue;
        }
        if !volume::binds_late(context, &claim.object) {
            return Err("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
        delayed.push((key, claim));
    }
    Ok(delayed)
}

/// Why a node cannot have the volumes of the claims: none is there, and nobody makes any.
pub(super) fn obstacle(context: &Context, claims: &[(Key, Stored)]) -> Option<String> {
    let lacking = claims.iter().any(|(_, claim)| {
        volume::find_volume(context, &claim.object).is_none() && !volume::is_provisioned(context, &claim.object)
    });
    lacking.then(|| "node(s) didn't find available persistent volumes to bind".to_owned())
}

/// Binds the claims to volumes that are there and asks for the others; true once all are bound.
pub(super) fn bind(context: &Context, who: &str, claims: &[(Key, Stored)], node: &str) -> Result<bool, ApiError> {
    let mut all = true;
    for (key, claim) in claims {
        if let Some(found) = volume::find_volume(context, &claim.object) {
            volume::bind(context, key, claim, &found)?;
            continue;
        }
        all = false;
        context.update(who, key, &claim.cause, |claim| {
            object::set(claim, &["metadata", "annotations", provisioner::SELECTED_NODE], node);
        })?;
    }
    Ok(all)
}
