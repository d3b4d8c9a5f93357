//! `MutationSources`: for each resource and path, the latest mutation that changed it.
#![expect(clippy::struct_field_names, reason = "fields are called as in the API")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::difference::leaves;
use super::error::ConfigurationError;
use super::path::resolved_text;
use super::resource::{Resource, counterpart, resources};

/// An entry of the description's `ResourceMutationList`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceMutation {
    resource: ResourceInfo,
    resource_mutation_info: MutationInfo,
    path_mutation_map: BTreeMap<String, MutationInfo>,
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

/// The sources after mutation number `index` changed the data from `old` to `new`, and those of the
/// change alone.
pub(crate) fn record_mutations(
    sources: &[Json],
    old: &str,
    new: &str,
    index: i64,
) -> Result<(Vec<Json>, Vec<Json>), ConfigurationError> {
    let (before, after) = (resources(old)?, resources(new)?);
    let mut known: Vec<ResourceMutation> =
        sources.iter().filter_map(|entry| serde_json::from_value(entry.clone()).ok()).collect();
    let mut changes = Vec::new();
    for resource in &after {
        let previous = counterpart(resource, &before);
        let change = change(previous, resource, index);
        let name = |info: &ResourceInfo| info.resource_name_without_scope.clone();
        let former = previous.unwrap_or(resource).name();
        let place = known.iter().position(|entry| {
            entry.resource.resource_type == change.resource.resource_type && name(&entry.resource) == former
        });
        match place {
            Some(place) => {
                known[place].resource = change.resource.clone();
                known[place].path_mutation_map.extend(change.path_mutation_map.clone());
            }
            None => known.push(change.clone()),
        }
        if change.resource_mutation_info.mutation_type != "None" {
            changes.push(change);
        }
    }
    for gone in before.iter().filter(|resource| counterpart(resource, &after).is_none()) {
        known.retain(|entry| entry.resource.resource_name != gone.scoped_name());
        changes.push(ResourceMutation {
            resource: info(gone),
            resource_mutation_info: MutationInfo::new("Delete", index, String::new()),
            path_mutation_map: BTreeMap::new(),
        });
    }
    let json =
        |list: Vec<ResourceMutation>| list.into_iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect();
    Ok((json(known), json(changes)))
}

fn change(before: Option<&Resource>, after: &Resource, index: i64) -> ResourceMutation {
    let Some(before) = before else {
        return ResourceMutation {
            resource: info(after),
            resource_mutation_info: MutationInfo::new("Add", index, String::new()),
            path_mutation_map: BTreeMap::new(),
        };
    };
    let (old, new) = (leaves(&before.root), leaves(&after.root));
    let mut paths = BTreeMap::new();
    for (steps, value) in &new {
        let kind = match old.get(steps) {
            None => "Add",
            Some(previous) if previous != value => "Update",
            Some(_) => continue,
        };
        paths.insert(resolved_text(steps), MutationInfo::new(kind, index, value.plain_text()));
    }
    for (steps, value) in old.iter().filter(|(steps, _)| !new.contains_key(*steps)) {
        paths.insert(resolved_text(steps), MutationInfo::new("Delete", index, value.plain_text()));
    }
    let kind = if paths.is_empty() { "None" } else { "Update" };
    ResourceMutation {
        resource: info(after),
        resource_mutation_info: MutationInfo::new(kind, index, String::new()),
        path_mutation_map: paths,
    }
}

fn info(resource: &Resource) -> ResourceInfo {
    ResourceInfo {
        resource_name: resource.scoped_name(),
        resource_name_without_scope: resource.name().to_owned(),
        resource_type: resource.resource_type(),
        resource_category: "Resource".to_owned(),
    }
}
