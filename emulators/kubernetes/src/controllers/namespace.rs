//! Namespaces: a terminating one is emptied, then goes; what holds it is in its conditions.
//!
//! The words are those of `pkg/controller/namespace/deletion` of Kubernetes 1.34.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pod_control::set_condition;
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, list};
use crate::store::{Key, Stored};

const NAME: &str = "namespace-controller";

/// Empties a terminating namespace.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(namespace) = context.store.at(key) else { return Ok(Outcome::Done) };
    if !object::is_terminating(&namespace.object) {
        return Ok(Outcome::Done);
    }
    for inside in context.store.keys_in(&key.name) {
        if context.store.at(&inside).is_some_and(|found| !object::is_terminating(&found.object)) {
            context.delete(NAME, &inside, &namespace.cause)?;
        }
    }
    let left: Vec<_> = context.store.keys_in(&key.name);
    write_conditions(context, key, &namespace, &left)?;
    if left.is_empty() {
        context.update(NAME, key, &namespace.cause, |namespace| {
            object::set(namespace, &["spec", "finalizers"], json!([]));
            if list(namespace, "/spec/finalizers").is_empty() {
                object::remove(namespace, &["spec", "finalizers"]);
            }
        })?;
    }
    Ok(Outcome::Done)
}

fn write_conditions(context: &Context, key: &Key, namespace: &Stored, left: &[Key]) -> Result<(), ApiError> {
    let mut remaining: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<String, usize> = BTreeMap::new();
    for one in left {
        // A resource of the core group is written with the dot that parts it from its empty group.
        let resource = if one.resource.contains('.') { one.resource.to_string() } else { format!("{}.", one.resource) };
        *remaining.entry(resource).or_default() += 1;
        let found = context.store.at(one).map(|found| list(&found.object, "/metadata/finalizers").to_vec());
        for finalizer in found.iter().flatten().filter_map(Value::as_str) {
            *finalizers.entry(finalizer.to_owned()).or_default() += 1;
        }
    }
    let counted = |what: BTreeMap<String, usize>, verb: &str| {
        let parts: Vec<_> =
            what.iter().map(|(name, count)| format!("{name} {verb} {count} resource instances")).collect();
        parts.join(", ")
    };
    let remainder = if remaining.is_empty() {
        ("False", "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        let what = counted(remaining, "has");
        ("True", "SomeResourcesRemain", format!("Some resources are remaining: {what}"))
    };
    let held = if finalizers.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
    } else {
        let what = counted(finalizers, "in");
        let message = format!("Some content in the namespace has finalizers remaining: {what}");
        ("True", "SomeFinalizersRemain", message)
    };
    let now = object::time(context.now());
    context.update(NAME, key, &namespace.cause, |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        let mut note = |of: &str, (status, reason, message): (&str, &str, String)| {
            set_condition(
                &mut conditions,
                json!({
                    "type": of, "status": status, "reason": reason, "message": message, "lastTransitionTime": now,
                }),
            );
        };
        let fine = |reason, message: &str| ("False", reason, message.to_owned());
        note("NamespaceDeletionDiscoveryFailure", fine("ResourcesDiscovered", "All resources successfully discovered"));
        note(
            "NamespaceDeletionGroupVersionParsingFailure",
            fine("ParsedGroupVersions", "All legacy kube types successfully parsed"),
        );
        note(
            "NamespaceDeletionContentFailure",
            fine("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        );
        note("NamespaceContentRemaining", remainder);
        note("NamespaceFinalizersRemaining", held);
        object::set(new, &["status", "conditions"], conditions);
    })?;
    Ok(())
}
