//! CustomResourceDefinitions: the kinds they define are served once they are established.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pod_control::set_condition;
use super::work::{Controller, Work};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::kinds::custom::{CLEANUP_FINALIZER, DEFINITIONS, Definition};
use crate::kinds::{Kind, Rules, Treatment};
use crate::store::object::{self, list, text};
use crate::store::{Event, EventKind, Key, Stored};
use stagegate_kubernetes_schema::CUSTOM;

const NAME: &str = "customresource-controller";
const FINALIZER: &str = "crd-finalizer";

/// Serves the defined kinds, or stops serving those of a definition that is gone.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(definition) = context.store.at(key) else {
        if let Some((plural, group)) = key.name.split_once('.') {
            context.registry.define(group, plural, Vec::new());
        }
        return Ok(Outcome::Done);
    };
    let object = &*definition.object;
    let (group, plural) = (text(object, "/spec/group"), text(object, "/spec/names/plural"));
    context.registry.define(group, plural, kinds_of(object));
    if object::is_terminating(object) {
        return empty(context, key, &definition);
    }
    let now = object::time(context.now());
    context.update(NAME, key, &definition.cause, |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        for (of, reason, message) in [
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ] {
            set_condition(
                &mut conditions,
                json!({
                    "type": of, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now,
                }),
            );
        }
        // A version in which objects were stored once stays listed.
        let mut stored = list(new, "/status/storedVersions").to_vec();
        for version in list(new, "/spec/versions").iter().filter(|version| version["storage"] == true) {
            if !stored.contains(&version["name"]) {
                stored.push(version["name"].clone());
            }
        }
        new["status"] = json!({
            "conditions": conditions,
            "acceptedNames": new["spec"]["names"],
            "storedVersions": stored,
        });
    })?;
    Ok(Outcome::Done)
}

/// Deletes all objects of a definition that is going away, and lets it go when there are none
/// (`k8s.io/apiextensions-apiserver/pkg/controller/finalizer`).
fn empty(context: &Context, key: &Key, definition: &Stored) -> Result<Outcome, ApiError> {
    let object = &*definition.object;
    if !list(object, "/metadata/finalizers").iter().any(|one| one == CLEANUP_FINALIZER) {
        return Ok(Outcome::Done);
    }
    for instance in context.store.list(&key.name, None).0 {
        if !object::is_terminating(&instance.object) {
            let at = Key::new(&key.name, object::namespace(&instance.object), object::name(&instance.object));
            context.delete(FINALIZER, &at, &definition.cause)?;
        }
    }
    let gone = context.store.list(&key.name, None).0.is_empty();
    let now = object::time(context.now());
    let (status, reason, message) = if gone {
        ("False", "InstanceDeletionCompleted", "removed all instances")
    } else {
        ("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
    };
    context.update(FINALIZER, key, &definition.cause, |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        set_condition(
            &mut conditions,
            json!({
                "type": "Terminating", "status": status, "reason": reason, "message": message,
                "lastTransitionTime": now,
            }),
        );
        object::set(new, &["status", "conditions"], conditions);
        if gone {
            let mut finalizers = list(new, "/metadata/finalizers").to_vec();
            finalizers.retain(|one| one != CLEANUP_FINALIZER);
            object::set(new, &["metadata", "finalizers"], finalizers);
        }
    })?;
    Ok(Outcome::Done)
}

/// A definition that is going away waits for the last of its objects.
pub(super) fn note_instance(context: &Context, event: &Event, work: &mut Work) {
    let definition = Key::new(DEFINITIONS, "", &event.key.resource);
    if event.kind == EventKind::Deleted && context.store.at(&definition).is_some() {
        work.add(Controller::CustomResource, definition);
    }
}

fn kinds_of(definition: &Value) -> Vec<Kind> {
    let names = &definition["spec"]["names"];
    let texts = |field: &str| -> Vec<String> {
        list(names, field).iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let (group, plural) = (text(definition, "/spec/group"), text(names, "/plural"));
    let resource: Arc<str> = format!("{plural}.{group}").into();
    list(definition, "/spec/versions")
        .iter()
        .filter(|version| version["served"] == true)
        .map(|version| {
            let offered = version["subresources"].as_object();
            let subresources: Vec<String> = offered.into_iter().flat_map(|map| map.keys().cloned()).collect();
            Kind {
                group: group.to_owned(),
                version: text(version, "/name").to_owned(),
                kind: text(names, "/kind").to_owned(),
                plural: plural.to_owned(),
                singular: text(names, "/singular").to_owned(),
                resource: Arc::clone(&resource),
                short_names: texts("/shortNames"),
                categories: texts("/categories"),
                namespaced: text(definition, "/spec/scope") == "Namespaced",
                treatment: Treatment::Kept,
                counts_generations: true,
                subresources,
                schema: CUSTOM.to_owned(),
                custom: Some(Arc::new(Definition::of(definition, version))),
                rules: &CUSTOM_RULES,
            }
        })
        .collect()
}

static CUSTOM_RULES: Rules =
    Rules { columns: &[crate::kinds::NAME], row: |object, _| vec![json!(object::name(object))], ..Rules::PLAIN };
