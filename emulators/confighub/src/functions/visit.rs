//! Going through the places of data where attributes are.

use serde_json::{Value as Json, json};
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Document, Node, Value, segments, value};

use super::places::{ResolvedPath, resolve};
use super::registry::{ANY, Attribute, BoundArgument, Details, Invocation, Paths, is_cluster_scoped};

/// A place that a visit comes to.
pub(super) struct Place<'a> {
    pub(super) resource: &'a ResourceInfo,
    pub(super) attribute: &'a Attribute,
    pub(super) path: String,
    pub(super) arguments: Vec<BoundArgument>,
    /// The part of the value that is meant, after the `#` of a path; empty for all of it.
    pub(super) part: &'a str,
    pub(super) segments: Vec<String>,
}

impl Place<'_> {
    /// What stands there.
    pub(super) fn node<'d>(&self, document: &'d Document) -> Option<&'d Node> {
        document.root.get(&self.segments)
    }

    /// Its value; `Null` also where it cannot be read.
    pub(super) fn value(&self, document: &Document) -> Value {
        self.node(document).and_then(|node| value(node, &document.root)).unwrap_or(Value::Null)
    }

    /// The part of a value that is meant, if the attribute knows how to part it.
    pub(super) fn pattern(&self) -> Option<&'static str> {
        self.attribute.pattern.filter(|_| !self.part.is_empty())
    }
}

/// Goes to each place of `paths`, with `keys` in the place of their `%s`. With `create`, to places that are
/// not there too. Gives what went wrong; the visit goes on all the same.
pub(super) fn visit(
    data: &mut [Document],
    paths: &Paths,
    keys: &[String],
    create: bool,
    mut visitor: impl FnMut(&mut Document, &Place<'_>) -> Result<(), String>,
) -> Vec<String> {
    let mut errors = Vec::new();
    for document in data {
        let resource = match ResourceInfo::of(document) {
            Ok(resource) => resource,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for attribute in attributes(paths, &resource.resource_type) {
            let path = with_keys(&attribute.path, keys);
            let (whole, part) = path.split_once('#').unwrap_or((&path, ""));
            let only = attribute.resolved.as_deref().map(|only| only.split('#').next().unwrap_or_default());
            let found = resolve(&document.root, whole, only, create && part.is_empty()).unwrap_or_default();
            for ResolvedPath { path, arguments } in found {
                let place = Place { resource: &resource, attribute, segments: segments(&path), path, arguments, part };
                if create || place.node(document).is_some() {
                    errors.extend(visitor(document, &place).err());
                }
            }
        }
    }
    errors
}

/// The attributes of a type: its own, and those of all types.
fn attributes<'a>(paths: &'a Paths, resource_type: &str) -> Vec<&'a Attribute> {
    let mut found: std::collections::BTreeMap<&String, &Attribute> = std::collections::BTreeMap::new();
    if let Some(own) = paths.get(resource_type) {
        found.extend(own);
    }
    if let Some(general) = paths.get(ANY) {
        found.extend(general.iter().filter(|(_, one)| !(one.namespaced_only && is_cluster_scoped(resource_type))));
    }
    found.into_values().collect()
}

fn with_keys(path: &str, keys: &[String]) -> String {
    keys.iter().fold(path.to_owned(), |path, key| path.replacen("%s", key, 1))
}

/// An entry of the executor's `AttributeValueList`.
pub(super) fn attribute_value(
    resource: &ResourceInfo,
    path: &str,
    name: &str,
    details: Option<Json>,
    found: &Value,
) -> Json {
    let data_type = match found {
        Value::Integer(_) => "int",
        Value::Boolean(_) => "bool",
        _ => "string",
    };
    let mut entry = json!(resource);
    entry["Path"] = json!(path);
    if !name.is_empty() {
        entry["AttributeName"] = json!(name);
    }
    entry["DataType"] = json!(data_type);
    if let Some(details) = details {
        entry["Info"] = details;
    }
    entry["Value"] = found.json();
    entry
}

/// Details with the arguments that a place gave.
pub(super) fn bound_details(details: &Details, arguments: &[BoundArgument]) -> Details {
    let bind = |invocation: &Invocation| {
        let mut all = invocation.arguments.clone().unwrap_or_default();
        all.extend_from_slice(arguments);
        Invocation { arguments: Some(all), ..invocation.clone() }
    };
    if arguments.is_empty() {
        return details.clone();
    }
    Details {
        getter_invocation: details.getter_invocation.as_ref().map(bind),
        setter_invocations: details.setter_invocations.iter().map(bind).collect(),
        ..details.clone()
    }
}

/// Puts the entries of an `AttributeValueList` in order.
pub(super) fn sort(entries: &mut [Json]) {
    let text = |entry: &Json, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    entries.sort_by_key(|entry| (text(entry, "ResourceType"), text(entry, "ResourceName"), text(entry, "Path")));
}
