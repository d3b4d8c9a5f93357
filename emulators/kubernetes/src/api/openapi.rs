//! OpenAPI v3 documents, built from the table of kinds and the schema.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Map, Value, json};

use super::openapi_paths::{group_version_kind, paths_of};
use super::status::ApiError;
use super::{Api, Call};
use stagegate_kubernetes_schema::{Field, ListType, Shape, Struct, Type, schemas};

/// `/openapi/v2` in protobuf: a document that describes nothing, which is an empty message.
///
/// kubectl asks for it when the v3 index lacks a group, only to learn that the group is not there.
pub(super) fn version_2(call: &Call) -> Result<Response, ApiError> {
    if !call.header(header::ACCEPT).contains("proto-openapi.spec.v2") {
        return Err(ApiError::not_emulated("OpenAPI v2 documents in JSON; v3 documents are served"));
    }
    let media_type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    Ok(([(header::CONTENT_TYPE, media_type)], Vec::<u8>::new()).into_response())
}

/// `/openapi/v3`.
pub(super) fn index(api: &Api) -> Response {
    let mut paths = Map::new();
    for kind in api.registry.all() {
        let path = if kind.group.is_empty() { "api/v1".to_owned() } else { format!("apis/{}", kind.api_version()) };
        let url = format!("/openapi/v3/{path}?hash=STAGEGATE");
        paths.insert(path, json!({"serverRelativeURL": url}));
    }
    Json(json!({"paths": paths})).into_response()
}

/// `/openapi/v3/apis/GROUP/VERSION`.
pub(super) fn document(api: &Api, group: &str, version: &str) -> Result<Response, ApiError> {
    let kinds: Vec<_> =
        api.registry.all().into_iter().filter(|kind| kind.group == group && kind.version == version).collect();
    if kinds.is_empty() {
        return Err(ApiError::no_such_path());
    }
    let mut paths = Map::new();
    let mut wanted = Vec::new();
    let mut roots = BTreeMap::new();
    for kind in &kinds {
        let shape = schemas().root(&kind.schema);
        if let Some(declared) = shape.fields() {
            paths.extend(paths_of(kind, &declared.name));
            roots.entry(declared.name.clone()).or_insert_with(Vec::new).push(group_version_kind(kind));
            wanted.push(shape);
        }
    }
    let mut components = Map::new();
    for of in [Type::Quantity, Type::IntOrString, Type::Time, Type::MicroTime] {
        let (name, schema) = named_scalar(&of);
        components.insert(name.to_owned(), schema);
    }
    let mut seen = BTreeSet::new();
    while let Some(shape) = wanted.pop() {
        let Some(declared) = shape.fields() else { continue };
        if seen.insert(declared.name.clone()) {
            let mut schema = schema_of(declared, &mut wanted);
            if let Some(kinds) = roots.get(&declared.name) {
                schema["x-kubernetes-group-version-kind"] = json!(kinds);
            }
            components.insert(declared.name.clone(), schema);
        }
    }
    Ok(Json(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": crate::VERSION},
        "paths": paths,
        "components": {"schemas": components},
    }))
    .into_response())
}

fn schema_of(declared: &'static Struct, wanted: &mut Vec<Shape>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, field) in &declared.fields {
        let mut property = type_of(&field.of, wanted);
        add_extensions(&mut property, field);
        properties.insert(name.clone(), property);
        if field.required {
            required.push(name.clone());
        }
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if declared.open {
        schema["x-kubernetes-preserve-unknown-fields"] = json!(true);
    }
    schema
}

fn type_of(of: &Type, wanted: &mut Vec<Shape>) -> Value {
    match of {
        Type::String => json!({"type": "string"}),
        Type::Boolean => json!({"type": "boolean"}),
        Type::Int32 => json!({"type": "integer", "format": "int32"}),
        Type::Int64 => json!({"type": "integer", "format": "int64"}),
        Type::Double => json!({"type": "number", "format": "double"}),
        Type::Quantity | Type::IntOrString | Type::Time | Type::MicroTime => {
            let (name, _) = named_scalar(of);
            json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}]})
        }
        Type::Bytes => json!({"type": "string", "format": "byte"}),
        Type::Any => json!({"type": "object"}),
        Type::List(item) => json!({"type": "array", "items": type_of(item, wanted)}),
        Type::Map(item) => json!({"type": "object", "additionalProperties": type_of(item, wanted)}),
        Type::Struct(index) => {
            wanted.push(Shape { of: of.clone(), field: None });
            let name = schemas().get(*index).map_or("", |one| one.name.as_str());
            json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}], "default": {}})
        }
    }
}

/// The scalars that have a schema of their own, by which kubectl explain calls them.
fn named_scalar(of: &Type) -> (&'static str, Value) {
    match of {
        Type::Quantity => (
            "io.k8s.apimachinery.pkg.api.resource.Quantity",
            json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        ),
        Type::IntOrString => (
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
            json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}),
        ),
        Type::MicroTime => {
            ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", json!({"type": "string", "format": "date-time"}))
        }
        _ => ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", json!({"type": "string", "format": "date-time"})),
    }
}

fn add_extensions(property: &mut Value, field: &Field) {
    if matches!(field.of, Type::List(_)) {
        match &field.list {
            ListType::Atomic => property["x-kubernetes-list-type"] = json!("atomic"),
            ListType::Set => property["x-kubernetes-list-type"] = json!("set"),
            ListType::Map(keys) => {
                property["x-kubernetes-list-type"] = json!("map");
                property["x-kubernetes-list-map-keys"] = json!(keys);
            }
        }
    }
    if field.atomic {
        property["x-kubernetes-map-type"] = json!("atomic");
    }
    let strategy = match (&field.merge_key, field.retain_keys) {
        (Some(_), true) => "merge,retainKeys",
        (Some(_), false) => "merge",
        (None, true) => "retainKeys",
        (None, false) => return,
    };
    property["x-kubernetes-patch-strategy"] = json!(strategy);
    if let Some(key) = field.merge_key.as_ref().filter(|key| !key.is_empty()) {
        property["x-kubernetes-patch-merge-key"] = json!(key);
    }
}
