//! Resources as a whole: listing, adding, removing, multiplying.

use serde_json::{Value as Json, json};
use stagegate_configuration::resource::{CATEGORY, ResourceInfo, without_scope};
use stagegate_configuration::yaml::{Document, Kind, New, Node, Value, parse_first, tag, value};

use super::call::{Call, Output, Returned};
use super::json_text;

/// `get-resources`
pub(super) fn get_resources(call: &mut Call<'_>) -> Returned {
    let format = call.arguments.named("body").map(|format| format.plain().to_lowercase());
    let mut list = Vec::new();
    for document in call.data.iter() {
        let resource = match ResourceInfo::of(document) {
            Ok(resource) => resource,
            Err(error) => return Returned::failed(error),
        };
        let body = match format.as_deref() {
            Some("none") => String::new(),
            Some("json") if has_other_keys(&document.root) => {
                return Returned::failed("json: unsupported type: map[interface {}]interface {}");
            }
            Some("json") => {
                let body = value(&document.root, &document.root).unwrap_or(Value::Null);
                json_text::escaped_text(&body.json())
            }
            _ => document.text(),
        };
        let mut entry = json!(resource);
        if !body.is_empty() {
            entry["ResourceBody"] = json!(body);
        }
        list.push(entry);
    }
    Returned::with(Output::Resources(list))
}

/// Whether a mapping has a key that is no string, which JSON does not allow.
fn has_other_keys(node: &Node) -> bool {
    let other = |key: &Node| key.kind == Kind::Scalar && key.tag != tag::TEXT && key.tag != tag::MERGE;
    node.entries().any(|(key, _)| other(key)) || node.content.iter().any(has_other_keys)
}

/// `get-resources-of-type`
pub(super) fn get_resources_of_type(call: &mut Call<'_>) -> Returned {
    let resource_type = call.arguments.text(0);
    let resources: Vec<Result<ResourceInfo, String>> = call.data.iter().map(ResourceInfo::of).collect();
    let errors: Vec<String> = resources.iter().filter_map(|resource| resource.clone().err()).collect();
    if !errors.is_empty() {
        return Returned::changed(errors);
    }
    let of_type = resources.into_iter().flatten().filter(|resource| resource.resource_type == resource_type);
    Returned::with(Output::ResourceInfos(of_type.map(|resource| json!(resource)).collect()))
}

/// The last resource of a type and name, whatever its namespace; what could not be read is told.
fn find(data: &[Document], resource_type: &str, name: &str) -> Result<Option<usize>, String> {
    let mut errors = Vec::new();
    let mut found = None;
    for (place, document) in data.iter().enumerate() {
        match ResourceInfo::of(document) {
            Ok(resource) => {
                let same = resource.resource_type == resource_type
                    && resource.resource_name_without_scope == without_scope(name);
                found = if same { Some(place) } else { found };
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors.join("\n")) }
}

/// `upsert-resource`
pub(super) fn upsert_resource(call: &mut Call<'_>) -> Returned {
    let (list, resource_type, name) = (call.arguments.text(0), call.arguments.text(1), call.arguments.text(2));
    let list: Vec<Json> = match serde_json::from_str::<Option<Vec<Json>>>(&list) {
        Ok(list) => list.unwrap_or_default(),
        Err(error) => {
            let problem = json_text::error(&list, &error);
            return Returned::failed(format!("failed to unmarshal resource-list argument: {problem}"));
        }
    };
    if list.is_empty() {
        return Returned::failed("resource-list cannot be empty");
    }
    let given = list.iter().find(|entry| {
        entry["ResourceType"] == resource_type.as_str()
            && without_scope(entry["ResourceName"].as_str().unwrap_or_default()) == without_scope(&name)
    });
    let Some(given) = given else {
        return Returned::failed(format!(
            "resource with type {resource_type} and name {name} not found in resource-list"
        ));
    };
    let document = match parse_first(given["ResourceBody"].as_str().unwrap_or_default()) {
        Ok(document) => document,
        Err(error) => return Returned::failed(format!("failed to parse resource body: {error}")),
    };
    let place = match find(call.data, &resource_type, &name) {
        Ok(place) => place,
        Err(error) => return Returned::failed(format!("failed to search for existing resource: {error}")),
    };
    match (place, document) {
        (Some(place), Some(document)) => call.data[place] = document,
        (None, Some(document)) => call.data.push(document),
        // A body without a resource is written as nothing.
        (Some(place), None) => drop(call.data.remove(place)),
        (None, None) => {}
    }
    Returned::default()
}

/// `delete-resource`
pub(super) fn delete_resource(call: &mut Call<'_>) -> Returned {
    let (resource_type, name) = (call.arguments.text(0), call.arguments.text(1));
    match find(call.data, &resource_type, &name) {
        Ok(Some(place)) => {
            call.data.remove(place);
            Returned::default()
        }
        Ok(None) => Returned::failed(format!("resource with type {resource_type} and name {name} not found")),
        Err(error) => Returned::failed(format!("failed to search for resource to delete: {error}")),
    }
}

/// Whoever asks for more has made a mistake; the real executor makes copies until its memory ends.
const MOST_REPLICAS: usize = 1000;

/// `replicate`: as many copies of a resource as asked for in its place, with numbers after their names.
pub(super) fn replicate(call: &mut Call<'_>) -> Returned {
    let (resource_type, name, replicas) = (call.arguments.text(0), call.arguments.text(1), call.arguments.integer(2));
    let category = call.arguments.named("resource-category").map_or_else(|| CATEGORY.to_owned(), Value::plain);
    for place in 0..call.data.len() {
        let resource = match ResourceInfo::of(&call.data[place]) {
            Ok(resource) => resource,
            Err(error) => return Returned::failed(error),
        };
        let same = resource.resource_type == resource_type
            && resource.resource_name_without_scope == name
            && category == CATEGORY;
        if !same {
            continue;
        }
        // The executor itself breaks off without an answer here.
        let Ok(replicas) = usize::try_from(replicas) else {
            return Returned::failed(format!("argument replicas value {replicas} is out of range [0,]"));
        };
        if replicas > MOST_REPLICAS {
            return Returned::failed(format!(
                "replicas: {replicas} copies; this emulator makes {MOST_REPLICAS} at most"
            ));
        }
        let copies = (0..replicas).map(|number| {
            let mut copy = call.data[place].clone();
            let _ = copy.root.set(&["metadata", "name"], &New::text(format!("{name}{number}")));
            copy
        });
        let copies: Vec<Document> = copies.collect();
        call.data.splice(place..=place, copies);
        break;
    }
    Returned::default()
}
