//! PATCH in its four forms.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::fields;
use super::merge::merge_stored;
use super::request::Resource;
use super::server_side_apply::{self, Applier};
use super::status::{ApiError, FieldError};
use super::write::{self, Written};
use super::{Api, Call, body, go_json, go_value, go_yaml, json_patch, managed_fields, merge_patch};
use super::{strategic_merge, write_options};
use crate::kinds::built_in_named;
use crate::store::object;
use stagegate_kubernetes_schema::schemas;

const MEDIA_TYPES: &str = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

/// The forms in which an existing object can be changed.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Json,
    Merge,
    Strategic,
}

/// Answers a PATCH of an object or of its status.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let media_type = body::media_type(call);
    let form = match media_type.as_str() {
        "application/json-patch+json" => Some(Form::Json),
        "application/merge-patch+json" => Some(Form::Merge),
        "application/strategic-merge-patch+json" if resource.kind.is_custom() => {
            return Err(ApiError::unsupported_media_type(&media_type, MEDIA_TYPES));
        }
        "application/strategic-merge-patch+json" => Some(Form::Strategic),
        "application/apply-patch+yaml" => None,
        other => return Err(ApiError::unsupported_patch(other)),
    };
    let bytes = body::bytes(body).await?;
    write_options::check_patch(call, form.is_none())?;
    match form {
        None => apply(api, call, resource, &bytes),
        Some(form) => modify(api, call, resource, form, &bytes),
    }
}

fn modify(api: &Api, call: &Call, resource: &Resource, form: Form, body: &Bytes) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let manager = call.field_manager();
    let mut warnings = Vec::new();
    let object = write::change(api, call, resource, |old| {
        let mut new = patched(resource, form, old, body)?;
        warnings = decode(call, resource, form, body, &mut new)?;
        finish(resource, old, &mut new)?;
        if managed_fields::content(&new) == managed_fields::content(old)
            && new["metadata"]["managedFields"] == old["metadata"]["managedFields"]
        {
            return Ok(None);
        }
        let subresource = resource.subresource.as_deref().unwrap_or_default();
        managed_fields::record_update(kind, old, &mut new, &manager, subresource, api.store.simulation.clock.now());
        Ok(Some(new))
    })?;
    Ok(Written { object, warnings }.into_response(kind, StatusCode::OK))
}

/// What a patch makes of an object.
fn patched(resource: &Resource, form: Form, old: &Value, body: &Bytes) -> Result<Value, ApiError> {
    let mut new = old.clone();
    match form {
        Form::Json => json_patch::apply(&mut new, &json_patch::read(body)?)?,
        Form::Merge => {
            let patch = map(body).map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
            if patch.is_null() {
                return Err(ApiError::bad_request("Invalid JSON Patch"));
            }
            merge_patch::apply(&mut new, &patch);
        }
        Form::Strategic => {
            let patch = map(body).map_err(ApiError::bad_request)?;
            if !patch.is_null() {
                strategic_merge::apply(&mut new, &patch, &schemas().root(&resource.kind.schema))?;
            }
        }
    }
    Ok(new)
}

/// A body that must be a JSON object, or null.
fn map(body: &[u8]) -> Result<Value, String> {
    match go_json::value(body)? {
        patch @ (Value::Object(_) | Value::Null) => Ok(patch),
        other => {
            let found = body::go_name(&other);
            Err(format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"))
        }
    }
}

/// Checks the fields of the outcome. What is wrong is told as being wrong with the patch.
fn decode(
    call: &Call,
    resource: &Resource,
    form: Form,
    body: &Bytes,
    new: &mut Value,
) -> Result<Vec<String>, ApiError> {
    let kind = &resource.kind;
    let text = match form {
        Form::Strategic => go_value::text(&go_json::value(body).unwrap_or_default()),
        Form::Json | Form::Merge => new.to_string(),
    };
    let (wanted, said) =
        ((kind.api_version(), kind.kind.clone()), (object::text(new, "/apiVersion"), object::text(new, "/kind")));
    let told =
        |detail: String| ApiError::invalid_of("", "", "", &[FieldError::invalid("patch", text.as_str(), &detail)]);
    let checked = if (wanted.0.as_str(), wanted.1.as_str()) == said {
        let decoded = match form {
            Form::Strategic => fields::convert_fields(kind, new),
            Form::Json | Form::Merge => fields::decode_fields(kind, new, Vec::new()),
        };
        decoded.and_then(|found| fields::strictness(call, found))
    } else {
        let (version, name) = said;
        // The decoder goes by what the outcome says that it is.
        let other =
            built_in_named(version, name).map(|other| fields::decode_fields(other, &mut new.clone(), Vec::new()));
        if let Some(Err(detail)) = other {
            return Err(told(detail));
        }
        Err(format!("unable to decode {version}, Kind={name} into {}, Kind={}", wanted.0, wanted.1))
    };
    checked.map_err(told)
}

/// Completes the outcome of a patch.
fn finish(resource: &Resource, old: &Value, new: &mut Value) -> Result<(), ApiError> {
    let kind = &resource.kind;
    write::place(resource, new)?;
    write::check_name(resource, new)?;
    let uid = object::uid(new);
    if !uid.is_empty() && uid != object::uid(old) {
        let error = FieldError::invalid("metadata.uid", uid, "field is immutable");
        // `ValidateObjectMetaAccessorUpdate` runs for the metadata and again for the kind.
        return Err(ApiError::invalid(kind, object::name(old), &[error.clone(), error]));
    }
    merge_stored(kind, resource.subresource.as_deref(), old, new)
}

fn apply(api: &Api, call: &Call, resource: &Resource, body: &Bytes) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let manager = call.query.get("fieldManager").unwrap_or_default();
    let (mut config, warnings) = configuration(call, body)?;
    check_configuration(resource, &config)?;
    server_side_apply::check(kind, &config)?;
    write::place(resource, &mut config)?;
    let subresource = resource.subresource.as_deref().unwrap_or_default();
    let applier =
        Applier { manager, subresource, force: call.query.is_true("force"), now: api.store.simulation.clock.now() };
    if api.store.get(&kind.resource, resource.namespace(), resource.name()).is_none() {
        if !subresource.is_empty() {
            return Err(ApiError::not_found(kind, resource.name()));
        }
        return create(api, call, resource, &config, &applier, warnings);
    }
    let object = write::change(api, call, resource, |old| {
        let mut new = server_side_apply::apply(kind, old, &config, &applier)?;
        merge_stored(kind, resource.subresource.as_deref(), old, &mut new)?;
        let same = managed_fields::content(&new) == managed_fields::content(old)
            && new["metadata"]["managedFields"] == old["metadata"]["managedFields"];
        Ok((!same).then_some(new))
    })?;
    Ok(Written { object, warnings }.into_response(kind, StatusCode::OK))
}

/// The configuration of a body, and warnings about it.
fn configuration(call: &Call, body: &[u8]) -> Result<(Value, Vec<String>), ApiError> {
    let broken = |prefix: &str, detail: &str| {
        ApiError::bad_request(format!("{prefix}: error converting YAML to JSON: {detail}"))
    };
    let read = go_yaml::read(body).map_err(|detail| broken("error decoding YAML", &detail))?;
    match call.query.get("fieldValidation") {
        Some("Strict") => match read.duplicates.first() {
            Some(first) => Err(broken("error strict decoding YAML", first)),
            None => Ok((read.value, Vec::new())),
        },
        Some("Ignore") => Ok((read.value, Vec::new())),
        _ => Ok((read.value, read.duplicates)),
    }
}

/// What a configuration says about itself must be what the path says.
fn check_configuration(resource: &Resource, config: &Value) -> Result<(), ApiError> {
    let kind = &resource.kind;
    let (version, name) = (object::text(config, "/apiVersion"), object::text(config, "/kind"));
    if (version, name) != (kind.api_version().as_str(), kind.kind.as_str()) {
        let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(ApiError::bad_request(format!("invalid object type: {version}, Kind={name}")));
    }
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    write::check_name(resource, config)
}

/// Server-side apply of an object that is not there yet.
fn create(
    api: &Api,
    call: &Call,
    resource: &Resource,
    config: &Value,
    applier: &Applier<'_>,
    warnings: Vec<String>,
) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let blank = kind.object(json!({}));
    let mut fresh = server_side_apply::apply(kind, &blank, config, applier)?;
    // A version that is asked for is not there; only what exists can be of another (`rest.Creater`).
    object::remove(&mut fresh, &["metadata", "resourceVersion"]);
    let managed = object::remove(&mut fresh, &["metadata", "managedFields"]);
    let object = write::complete(api, call, kind, fresh, |object| {
        if let Some(managed) = managed {
            object::set(object, &["metadata", "managedFields"], managed);
        }
    })?;
    Ok(Written { object, warnings }.into_response(kind, StatusCode::CREATED))
}
