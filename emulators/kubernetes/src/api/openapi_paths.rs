//! The paths of a kind in OpenAPI v3 documents; kubectl looks there for what PATCH accepts.

use serde_json::{Map, Value, json};

use crate::kinds::{Kind, Treatment};

/// The extension that says of which kind something is.
pub(super) fn group_version_kind(kind: &Kind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

const WRITE: &[&str] = &["dryRun", "fieldManager", "fieldValidation"];
const PATCH: &[&str] = &["dryRun", "fieldManager", "fieldValidation", "force"];
const LIST: &[&str] = &["labelSelector", "fieldSelector", "limit", "continue", "watch"];

/// The paths of a kind with their operations.
pub(super) fn paths_of(kind: &Kind, schema: &str) -> Vec<(String, Value)> {
    let base = if kind.group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", kind.api_version()) };
    let everywhere = format!("{base}/{}", kind.plural);
    let collection =
        if kind.namespaced { format!("{base}/namespaces/{{namespace}}/{}", kind.plural) } else { everywhere.clone() };
    let of_kind = group_version_kind(kind);
    let operation = |action: &str, parameters: &[&str]| operation(action, parameters, Some(&of_kind), schema);
    if kind.treatment == Treatment::Answered {
        return vec![(collection, json!({"post": operation("post", WRITE)}))];
    }
    let mut all = json!({"get": operation("list", LIST)});
    let mut one = json!({"get": operation("get", &[])});
    let mut paths = Vec::new();
    if kind.treatment != Treatment::Measured {
        if kind.namespaced {
            paths.push((everywhere, all.clone()));
        }
        all["post"] = operation("post", WRITE);
        if kind.allows_collection_deletion() {
            all["delete"] = operation("deletecollection", LIST);
        }
        one["put"] = operation("put", WRITE);
        one["patch"] = operation("patch", PATCH);
        one["delete"] = operation("delete", &["dryRun"]);
    }
    paths.push((collection.clone(), all));
    paths.push((format!("{collection}/{{name}}"), one));
    for subresource in &kind.subresources {
        paths.push((format!("{collection}/{{name}}/{subresource}"), of_subresource(subresource, &of_kind, schema)));
        if subresource == "proxy" {
            let below = format!("{collection}/{{name}}/proxy/{{path}}");
            paths.push((below, of_subresource(subresource, &of_kind, schema)));
        }
    }
    paths
}

fn of_subresource(name: &str, of_kind: &Value, schema: &str) -> Value {
    let scale = json!({"group": "autoscaling", "version": "v1", "kind": "Scale"});
    let (methods, of): (&[&str], Option<&Value>) = match name {
        "status" | "ephemeralcontainers" | "resize" => (&["get", "patch", "put"], Some(of_kind)),
        "scale" => (&["get", "patch", "put"], Some(&scale)),
        "finalize" => (&["put"], Some(of_kind)),
        "log" => (&["get"], Some(of_kind)),
        "exec" | "attach" | "portforward" => (&["get", "post"], None),
        "proxy" => (&["delete", "get", "head", "options", "patch", "post", "put"], None),
        _ => (&["post"], None),
    };
    let mut operations = Map::new();
    for method in methods {
        let action = if of.is_none() && *method != "post" { "connect" } else { method };
        let parameters = match *method {
            "patch" => PATCH,
            "put" | "post" => WRITE,
            _ => &[],
        };
        operations.insert((*method).to_owned(), operation(action, parameters, of, schema));
    }
    Value::Object(operations)
}

fn operation(action: &str, parameters: &[&str], of: Option<&Value>, schema: &str) -> Value {
    let parameter =
        |name: &&str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
    let mut operation = json!({
        "x-kubernetes-action": action,
        "parameters": parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
    });
    if let Some(of) = of {
        operation["x-kubernetes-group-version-kind"] = of.clone();
    }
    operation
}
