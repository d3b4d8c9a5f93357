//! The plug-in `DefaultStorageClass`: a claim that names no class gets the default one.

use serde_json::Value;

use super::default_class::{is_marked, newest};
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{name, set};

/// Marks a class as the default.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// Whether a StorageClass is a default one.
pub(crate) fn is_default(class: &Value) -> bool {
    is_marked(class, DEFAULT)
}

/// Sets `spec.storageClassName`; of several default classes the newest is taken.
pub(crate) fn admit(store: &Store, kind: &Kind, object: &mut Value) {
    if &*kind.resource != "persistentvolumeclaims" || !object["spec"]["storageClassName"].is_null() {
        return;
    }
    if let Some(class) = newest(store, "storageclasses.storage.k8s.io", DEFAULT) {
        set(object, &["spec", "storageClassName"], name(&class));
    }
}
