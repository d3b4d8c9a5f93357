//! What changed from one version of data to the next, resource by resource and path by path.
#![expect(clippy::zero_sized_map_values, reason = "names are the keys of empty objects in the API")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resource::{ResourceInfo, key};

/// How a resource or a path changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MutationType {
    /// It did not.
    #[default]
    None,
    /// It came into being.
    Add,
    /// Something in it changed.
    Update,
    /// It was deleted and came into being again.
    Replace,
    /// It is gone.
    Delete,
}

/// `MutationInfo` of the description.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MutationInfo {
    /// How it changed.
    pub mutation_type: MutationType,
    /// The number of the function or mutation that changed it.
    pub index: i64,
    /// Whether a patch may change it.
    pub predicate: bool,
    /// The new data, or what was deleted.
    pub value: String,
}

/// Nothing, as the values of sets of names are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// The names that a resource has had.
pub type Names = BTreeMap<String, Nothing>;

/// `ResourceMutation` of the description.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceMutation {
    /// The resource as it is now.
    pub resource: ResourceInfo,
    /// How it changed as a whole.
    pub resource_mutation_info: MutationInfo,
    /// What changed in it, by path.
    #[serde(deserialize_with = "null_as_default")]
    pub path_mutation_map: BTreeMap<String, MutationInfo>,
    /// The names that it has had.
    #[serde(skip_serializing_if = "Names::is_empty", deserialize_with = "null_as_default")]
    pub aliases: Names,
    /// The same without namespaces.
    #[serde(skip_serializing_if = "Names::is_empty", deserialize_with = "null_as_default")]
    pub aliases_without_scopes: Names,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Adds the mutations of a later change to those of earlier ones.
pub fn add(mutations: &mut Vec<ResourceMutation>, more: Vec<ResourceMutation>) {
    let mut places: BTreeMap<String, usize> =
        mutations.iter().enumerate().map(|(place, mutation)| (mutation.resource.key(), place)).collect();
    // Resources that `more` brings are not looked up again, as in the executor.
    let places = std::mem::take(&mut places);
    for new in more {
        let by_alias = || {
            let mut names = new.aliases_without_scopes.keys();
            names.find_map(|name| places.get(&key(&new.resource.resource_type, name)))
        };
        match places.get(&new.resource.key()).or_else(by_alias) {
            Some(place) => merge(&mut mutations[*place], new),
            None => mutations.push(new),
        }
    }
}

fn merge(old: &mut ResourceMutation, new: ResourceMutation) {
    match (old.resource_mutation_info.mutation_type, new.resource_mutation_info.mutation_type) {
        (_, MutationType::None) => {}
        (_, MutationType::Delete | MutationType::Replace) | (MutationType::None, _) => *old = new,
        (MutationType::Delete, _) => {
            *old = new;
            old.resource_mutation_info.mutation_type = MutationType::Replace;
        }
        _ => {
            old.resource.resource_name = new.resource.resource_name;
            old.resource.resource_name_without_scope = new.resource.resource_name_without_scope;
            old.aliases.extend(new.aliases);
            old.aliases_without_scopes.extend(new.aliases_without_scopes);
            for (path, info) in new.path_mutation_map {
                merge_path(&mut old.path_mutation_map, path, info);
            }
        }
    }
}

/// Adds the mutation of a path; those of all paths that begin with it go.
fn merge_path(paths: &mut BTreeMap<String, MutationInfo>, path: String, info: MutationInfo) {
    let before = paths.get(&path).map(|known| known.mutation_type);
    let below: Vec<String> = paths
        .range(path.clone()..)
        .map(|(known, _)| known)
        .take_while(|known| known.starts_with(&path))
        .cloned()
        .collect();
    for known in below {
        paths.remove(&known);
    }
    let mutation_type = match before {
        Some(MutationType::Delete) if info.mutation_type != MutationType::Delete => MutationType::Replace,
        Some(kept) => kept,
        None => info.mutation_type,
    };
    paths.insert(path, MutationInfo { mutation_type, ..info });
}
