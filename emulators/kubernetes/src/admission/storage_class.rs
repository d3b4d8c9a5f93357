//! The plug-in `DefaultStorageClass`: a claim that names no class gets the default one.

use serde_json::Value;

use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{self, set, text};

/// Marks a class as the default.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// Whether a StorageClass is a default one.
pub(crate) fn is_default(class: &Value) -> bool {
    class["metadata"]["annotations"][DEFAULT] == "true"
}

/// Sets `spec.storageClassName`; of several default classes the newest is taken.
pub(crate) fn admit(store: &Store, kind: &Kind, object: &mut Value) {
    if &*kind.resource != "persistentvolumeclaims" || !object["spec"]["storageClassName"].is_null() {
        return;
    }
    let (classes, _) = store.list("storageclasses.storage.k8s.io", None);
    let newest = classes.iter().filter(|class| is_default(&class.object)).max_by(|a, b| {
        let made = |class: &Value| text(class, "/metadata/creationTimestamp").to_owned();
        // Of the same age, the first by name.
        made(&a.object).cmp(&made(&b.object)).then(object::name(&b.object).cmp(object::name(&a.object)))
    });
    if let Some(class) = newest {
        set(object, &["spec", "storageClassName"], object::name(&class.object));
    }
}
