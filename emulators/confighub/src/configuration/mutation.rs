//! `MutationSources`: for each resource and path, the latest mutation that changed it.
#![expect(clippy::struct_field_names, reason = "fields are called as in the API")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::origin::Origins;

/// `MutationType` of the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MutationType {
    None,
    Add,
    Update,
    Replace,
    Delete,
}

/// `MutationInfo` of the description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MutationInfo {
    pub(crate) mutation_type: MutationType,
    /// The number of the mutation or, in the answer to an invocation, of the function.
    #[serde(default)]
    pub(crate) index: i64,
    /// Whether a patch may change what this mutation made; filled in for each patch.
    #[serde(default)]
    pub(crate) predicate: bool,
    /// The new value as YAML, or the one that was deleted.
    #[serde(default)]
    pub(crate) value: String,
}

impl MutationInfo {
    pub(super) fn new(mutation_type: MutationType, index: i64, value: String) -> Self {
        Self { mutation_type, index, predicate: true, value }
    }
}

/// `ResourceInfo` of the description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResourceInfo {
    /// Namespace and name.
    pub(crate) resource_name: String,
    #[serde(default)]
    pub(crate) resource_name_without_scope: String,
    /// API version and kind.
    pub(crate) resource_type: String,
    #[serde(default)]
    pub(crate) resource_category: String,
}

/// The names that a resource has had; in JSON an object with empty objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Aliases(std::collections::BTreeSet<String>);

impl Aliases {
    pub(super) fn of(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl Serialize for Aliases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for name in &self.0 {
            map.serialize_entry(name, &BTreeMap::<String, String>::new())?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Aliases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Option::<BTreeMap<String, serde::de::IgnoredAny>>::deserialize(deserializer)?;
        Ok(Self(names.unwrap_or_default().into_keys().collect()))
    }
}

/// An entry of the description's `ResourceMutationList`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResourceMutation {
    pub(crate) resource: ResourceInfo,
    pub(crate) resource_mutation_info: MutationInfo,
    /// By resolved path, such as `spec.template.spec.containers.0.image`.
    #[serde(default)]
    pub(crate) path_mutation_map: BTreeMap<String, MutationInfo>,
    #[serde(default)]
    pub(crate) aliases: Aliases,
    #[serde(default)]
    pub(crate) aliases_without_scopes: Aliases,
    /// Kept by the hub alone.
    #[serde(skip)]
    pub(super) origins: Option<Origins>,
}

impl ResourceMutation {
    /// Type and name, by which resources are told apart.
    fn key(&self) -> (&str, &str) {
        (&self.resource.resource_type, &self.resource.resource_name_without_scope)
    }

    fn owned_key(&self) -> (String, String) {
        let (resource_type, name) = self.key();
        (resource_type.to_owned(), name.to_owned())
    }

    /// Merges a later mutation of the same resource into this one. What is at a path and below it is
    /// overridden; the type stays that of the first mutation, except that an addition after a deletion
    /// is a replacement.
    fn merge(&mut self, later: Self) {
        self.resource.resource_name = later.resource.resource_name;
        self.resource.resource_name_without_scope = later.resource.resource_name_without_scope;
        self.aliases.extend(later.aliases);
        self.aliases_without_scopes.extend(later.aliases_without_scopes);
        for (path, mut info) in later.path_mutation_map {
            remove_below(&mut self.path_mutation_map, &path);
            if let Some(former) = self.path_mutation_map.get(&path) {
                let added_again =
                    former.mutation_type == MutationType::Delete && info.mutation_type != MutationType::Delete;
                info.mutation_type = if added_again { MutationType::Replace } else { former.mutation_type };
            }
            self.path_mutation_map.insert(path, info);
        }
    }
}

/// Takes away what is below a path.
fn remove_below(map: &mut BTreeMap<String, MutationInfo>, path: &str) {
    let below = format!("{path}.");
    let found = map.range(below.clone()..).take_while(|(other, _)| other.starts_with(&below));
    let found: Vec<String> = found.map(|(other, _)| other.clone()).collect();
    for other in found {
        map.remove(&other);
    }
}

/// The sources of a unit's or a revision's data, which share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MutationSources(Arc<Vec<Arc<ResourceMutation>>>);

impl MutationSources {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ResourceMutation> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The entries by resource, for whoever asks for many.
    pub(crate) fn places(&self) -> Places<'_> {
        let mut places = Places { sources: self, first: HashMap::new() };
        for (place, entry) in self.0.iter().enumerate() {
            places.first.entry(entry.key()).or_insert(place);
        }
        places
    }

    /// The sources after further mutations, the way the real executor adds them up.
    #[must_use]
    pub(crate) fn and(&self, later: Vec<ResourceMutation>) -> Self {
        let mut all = self.0.as_ref().clone();
        let mut places: HashMap<(String, String), BTreeSet<usize>> = HashMap::new();
        for (place, entry) in all.iter().enumerate() {
            places.entry(entry.owned_key()).or_default().insert(place);
        }
        for new in later {
            let mut names = vec![new.resource.resource_name_without_scope.as_str()];
            names.extend(new.aliases_without_scopes.iter());
            let resource_type = &new.resource.resource_type;
            let of_name = |name: &str| places.get(&(resource_type.clone(), name.to_owned()))?.first().copied();
            let place = names.into_iter().find_map(of_name).unwrap_or(all.len());
            match all.get_mut(place) {
                None => all.push(Arc::new(new)),
                Some(entry) => {
                    if let Some(known) = places.get_mut(&entry.owned_key()) {
                        known.remove(&place);
                    }
                    add(entry, new);
                }
            }
            places.entry(all[place].owned_key()).or_default().insert(place);
        }
        Self(Arc::new(all))
    }

    /// The origins of what each resource holds, which the JSON encoding does not show.
    pub(crate) fn origins(&self) -> Vec<Option<&Origins>> {
        self.iter().map(|entry| entry.origins.as_ref()).collect()
    }

    /// Takes the origins over that [`Self::origins`] gave for the same sources.
    pub(crate) fn set_origins(&mut self, origins: Vec<Option<Origins>>) {
        for (entry, origins) in Arc::make_mut(&mut self.0).iter_mut().zip(origins) {
            Arc::make_mut(entry).origins = origins;
        }
    }

    /// The same, with the origins of what a resource holds.
    #[must_use]
    pub(super) fn with_origins(&self, all_origins: Vec<(&str, &str, Origins)>) -> Self {
        let places = self.places();
        let mut all = self.0.as_ref().clone();
        for (resource_type, name, origins) in all_origins {
            if let Some(place) = places.first.get(&(resource_type, name)) {
                Arc::make_mut(&mut all[*place]).origins = Some(origins);
            }
        }
        Self(Arc::new(all))
    }
}

/// The entries of mutation sources by type and name; the first one of each.
pub(crate) struct Places<'a> {
    sources: &'a MutationSources,
    first: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Places<'a> {
    /// The number of the latest mutation that changed a path of a resource.
    pub(crate) fn index_of(&self, resource_type: &str, name: &str, path: &str) -> Option<i64> {
        self.entry(resource_type, name)?.path_mutation_map.get(path).map(|info| info.index)
    }

    /// The entry of a resource.
    pub(super) fn entry(&self, resource_type: &str, name: &str) -> Option<&'a ResourceMutation> {
        let place = self.first.get(&(resource_type, name))?;
        self.sources.0.get(*place).map(AsRef::as_ref)
    }
}

fn add(entry: &mut Arc<ResourceMutation>, mut new: ResourceMutation) {
    let former = entry.resource_mutation_info.mutation_type;
    match (former, new.resource_mutation_info.mutation_type) {
        (_, MutationType::None) => {}
        (_, MutationType::Delete | MutationType::Replace) | (MutationType::None, _) => *entry = Arc::new(new),
        (MutationType::Delete, _) => {
            new.resource_mutation_info.mutation_type = MutationType::Replace;
            *entry = Arc::new(new);
        }
        _ => Arc::make_mut(entry).merge(new),
    }
}

impl Serialize for MutationSources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for MutationSources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Option::<Vec<ResourceMutation>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(Self(Arc::new(list.into_iter().map(Arc::new).collect())))
    }
}
