//! `MutationSources`: for each resource and path, the latest mutation that changed it.
#![expect(clippy::struct_field_names, reason = "fields are called as in the API")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::difference::leaves;
use super::error::ConfigurationError;
use super::path::resolved_text;
use super::resource::{Resource, counterpart, resources};
use super::scalar::Scalar;

/// An entry of the description's `ResourceMutationList`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceMutation {
    resource: ResourceInfo,
    resource_mutation_info: MutationInfo,
    path_mutation_map: BTreeMap<String, MutationInfo>,
    /// The names that the resource has had, with and without their namespaces; the values are empty.
    #[serde(default)]
    aliases: BTreeMap<String, Json>,
    #[serde(default)]
    aliases_without_scopes: BTreeMap<String, Json>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceInfo {
    resource_name: String,
    resource_name_without_scope: String,
    resource_type: String,
    resource_category: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MutationInfo {
    mutation_type: String,
    index: i64,
    predicate: bool,
    value: String,
}

impl MutationInfo {
    fn new(mutation_type: &str, index: i64, value: String) -> Self {
        Self { mutation_type: mutation_type.to_owned(), index, predicate: true, value }
    }
}

/// The sources after mutation number `index` changed the data from `old` to `new`.
pub(crate) fn record_mutations(
    sources: &[Json],
    old: &str,
    new: &str,
    index: i64,
) -> Result<Vec<Json>, ConfigurationError> {
    let (before, after) = (resources(old)?, resources(new)?);
    let mut known: Vec<ResourceMutation> =
        sources.iter().filter_map(|entry| serde_json::from_value(entry.clone()).ok()).collect();
    for resource in &after {
        let previous = counterpart(resource, &before);
        let change = change(previous, resource, index);
        let former = previous.unwrap_or(resource).name();
        let same = |entry: &&mut ResourceMutation| {
            entry.resource.resource_type == change.resource.resource_type
                && entry.resource.resource_name_without_scope == former
        };
        match known.iter_mut().find(same) {
            Some(entry) => {
                entry.resource = change.resource;
                entry.path_mutation_map.extend(change.path_mutation_map);
                entry.aliases.extend(change.aliases);
                entry.aliases_without_scopes.extend(change.aliases_without_scopes);
            }
            None => known.push(change),
        }
    }
    for gone in before.iter().filter(|resource| counterpart(resource, &after).is_none()) {
        known.retain(|entry| entry.resource.resource_name != gone.scoped_name());
    }
    Ok(json(known))
}

/// What a function changed in each resource, as the answer to its invocation says it; empty when it
/// changed nothing at all.
pub(crate) fn mutations(old: &str, new: &str) -> Result<Vec<Json>, ConfigurationError> {
    let (before, after) = (resources(old)?, resources(new)?);
    let mut changes: Vec<ResourceMutation> =
        after.iter().map(|resource| change(counterpart(resource, &before), resource, 0)).collect();
    let gone = before.iter().filter(|resource| counterpart(resource, &after).is_none());
    changes.extend(gone.map(|resource| whole(resource, "Delete", 0)));
    let differs = changes.iter().any(|one| one.resource_mutation_info.mutation_type != "None");
    Ok(if differs { json(changes) } else { Vec::new() })
}

fn json(list: Vec<ResourceMutation>) -> Vec<Json> {
    list.into_iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect()
}

fn change(before: Option<&Resource>, after: &Resource, index: i64) -> ResourceMutation {
    let Some(before) = before else { return whole(after, "Add", index) };
    let (old, new) = (leaves(&before.root), leaves(&after.root));
    let mut mutation = whole(after, "None", index);
    let value = |scalar: &Scalar| format!("{}\n", scalar.plain_text());
    let paths = &mut mutation.path_mutation_map;
    for (steps, scalar) in &new {
        let kind = match old.get(steps) {
            None => "Add",
            Some(previous) if previous != scalar => "Update",
            Some(_) => continue,
        };
        paths.insert(resolved_text(steps), MutationInfo::new(kind, index, value(scalar)));
    }
    for (steps, scalar) in old.iter().filter(|(steps, _)| !new.contains_key(*steps)) {
        paths.insert(resolved_text(steps), MutationInfo::new("Delete", index, value(scalar)));
    }
    if !paths.is_empty() {
        "Update".clone_into(&mut mutation.resource_mutation_info.mutation_type);
    }
    mutation.aliases.insert(before.scoped_name(), empty());
    mutation.aliases_without_scopes.insert(before.name().to_owned(), empty());
    mutation
}

/// A mutation of a resource as a whole.
fn whole(resource: &Resource, mutation_type: &str, index: i64) -> ResourceMutation {
    ResourceMutation {
        resource: info(resource),
        resource_mutation_info: MutationInfo::new(mutation_type, index, String::new()),
        path_mutation_map: BTreeMap::new(),
        aliases: BTreeMap::from([(resource.scoped_name(), empty())]),
        aliases_without_scopes: BTreeMap::from([(resource.name().to_owned(), empty())]),
    }
}

fn empty() -> Json {
    Json::Object(serde_json::Map::new())
}

fn info(resource: &Resource) -> ResourceInfo {
    ResourceInfo {
        resource_name: resource.scoped_name(),
        resource_name_without_scope: resource.name().to_owned(),
        resource_type: resource.resource_type(),
        resource_category: "Resource".to_owned(),
    }
}
