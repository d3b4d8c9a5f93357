//! CustomResourceDefinitions: the kinds they define are served once they are established.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pod_control::set_condition;
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::kinds::{Kind, Rules, Treatment};
use crate::store::Key;
use crate::store::object::{self, list, text};
use stagegate_kubernetes_schema::CUSTOM;

const NAME: &str = "customresource-controller";

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
        let stored: Vec<_> = list(new, "/spec/versions")
            .iter()
            .filter(|version| version["storage"] == true)
            .map(|version| version["name"].clone())
            .collect();
        new["status"] = json!({
            "conditions": conditions,
            "acceptedNames": new["spec"]["names"],
            "storedVersions": stored,
        });
    })?;
    Ok(Outcome::Done)
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
                rules: &CUSTOM_RULES,
            }
        })
        .collect()
}

static CUSTOM_RULES: Rules = Rules {
    columns: &[crate::kinds::NAME, crate::kinds::AGE],
    row: |object, now| vec![json!(object::name(object)), crate::kinds::age(object, now)],
    ..Rules::PLAIN
};
