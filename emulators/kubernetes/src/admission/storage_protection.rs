//! The finalizer that keeps storage in use (admission plug-in StorageObjectInUseProtection).

use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::store::object::{self, set};

fn protection(kind: &Kind) -> Option<&'static str> {
    match &*kind.resource {
        "persistentvolumeclaims" => Some("kubernetes.io/pvc-protection"),
        "persistentvolumes" => Some("kubernetes.io/pv-protection"),
        _ => None,
    }
}

/// Gives claims and volumes their finalizer.
pub(super) fn admit(kind: &Kind, object: &mut Value) {
    let Some(finalizer) = protection(kind) else { return };
    let mut finalizers = object::list(object, "/metadata/finalizers").to_vec();
    if !finalizers.iter().any(|one| one == finalizer) {
        finalizers.push(json!(finalizer));
    }
    set(object, &["metadata", "finalizers"], finalizers);
}
