//! Server-side apply of what kubectl applied on the client before: the annotation with the last
//! configuration allows it to change fields, and is kept up to date
//! (`lastappliedmanager.go` and `lastappliedupdater.go` of `k8s.io/apimachinery/pkg/util/managedfields`).

use serde_json::Value;

use super::field_set::FieldSet;
use super::managed_fields::{Manager, compare, managed_part};
use crate::store::object::{remove, set};
use stagegate_kubernetes_schema::Shape;

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The only manager for whom the annotation counts.
const KUBECTL: &str = "kubectl";

fn annotation(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"][ANNOTATION].as_str()
}

/// Whether all conflicts are about fields that still are what kubectl applied last.
pub(super) fn allows(live: &Value, managers: &[Manager], changed: &FieldSet, manager: &str, shape: &Shape) -> bool {
    let Some(last) = annotation(live).filter(|_| manager == KUBECTL) else { return false };
    let Ok(last) = serde_json::from_str::<Value>(last) else { return false };
    let mut allowed = FieldSet::of(&managed_part(&last), shape);
    let difference = compare(&last, live, shape);
    allowed.subtract(&difference.changed);
    allowed.subtract(&difference.removed);
    // Each by itself: that an item of a list is kubectl's says nothing about what is in it.
    managers.iter().all(|other| other.fields.intersection(changed).iter().all(|path| allowed.contains(path)))
}

/// Writes the applied configuration into the annotation of an object that has it.
pub(super) fn update(object: &mut Value, config: &Value, manager: &str) {
    if manager != KUBECTL || annotation(object).is_none() {
        return;
    }
    let mut applied = config.clone();
    remove(&mut applied, &["metadata", "managedFields"]);
    remove(&mut applied, &["metadata", "annotations", ANNOTATION]);
    set(object, &["metadata", "annotations", ANNOTATION], format!("{applied}\n"));
}
