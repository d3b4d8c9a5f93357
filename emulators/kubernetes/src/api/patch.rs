//! PATCH in its four forms.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::request::Resource;
use super::server_side_apply::{self, Applier};
use super::status::ApiError;
use super::write::{self, Written, check_fields, merge_stored};
use super::{Api, Call, body, json_patch, managed_fields, merge_patch, strategic_merge};
use crate::store::object;
use stagegate_kubernetes_schema::schemas;

const MEDIA_TYPES: &str = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor";

enum Patch {
    Json(Value),
    Merge(Value),
    Strategic(Value),
    Apply(Value),
}

/// Answers a PATCH of an object or of its status.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let media_type = body::media_type(call);
    let bytes = body::bytes(body).await?;
    let patch = match media_type.as_str() {
        "application/json-patch+json" => Patch::Json(body::json(&bytes)?),
        "application/merge-patch+json" => Patch::Merge(body::json(&bytes)?),
        "application/strategic-merge-patch+json" if resource.kind.schema == stagegate_kubernetes_schema::CUSTOM => {
            return Err(ApiError::unsupported_media_type(&media_type, MEDIA_TYPES));
        }
        "application/strategic-merge-patch+json" => Patch::Strategic(body::json(&bytes)?),
        "application/apply-patch+yaml" => Patch::Apply(body::yaml(&bytes)?),
        other => return Err(ApiError::unsupported_media_type(other, MEDIA_TYPES)),
    };
    match patch {
        Patch::Apply(config) => apply(api, call, resource, &config),
        other => modify(api, call, resource, &other),
    }
}

fn modify(api: &Api, call: &Call, resource: &Resource, patch: &Patch) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let manager = call.field_manager();
    let mut warnings = Vec::new();
    let object = write::change(api, call, resource, |old| {
        let mut new = old.clone();
        match patch {
            Patch::Json(patch) => json_patch::apply(&mut new, patch)?,
            Patch::Merge(patch) | Patch::Apply(patch) => merge_patch::apply(&mut new, patch),
            Patch::Strategic(patch) => strategic_merge::apply(&mut new, patch, &schemas().root(&kind.schema))?,
        }
        warnings = finish(call, resource, old, &mut new)?;
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

/// Checks and completes the outcome of a patch.
fn finish(call: &Call, resource: &Resource, old: &Value, new: &mut Value) -> Result<Vec<String>, ApiError> {
    let warnings = check_fields(call, &resource.kind, new)?;
    write::place(resource, new)?;
    if object::name(new) != resource.name() {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            object::name(new),
            resource.name()
        )));
    }
    merge_stored(&resource.kind, resource.subresource.as_deref(), old, new)?;
    Ok(warnings)
}

fn apply(api: &Api, call: &Call, resource: &Resource, config: &Value) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let Some(manager) = call.query.get("fieldManager") else {
        return Err(ApiError::bad_request(
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ));
    };
    let mut config = config.clone();
    let versions = (object::text(&config, "/apiVersion"), object::text(&config, "/kind"));
    if versions != (kind.api_version().as_str(), kind.kind.as_str()) {
        let message = format!(
            "Incorrect version specified in apply patch. Specified patch version: {}, expected: {}",
            versions.0,
            kind.api_version()
        );
        return Err(ApiError::bad_request(message));
    }
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    object::set(&mut config, &["metadata", "name"], resource.name());
    write::place(resource, &mut config)?;
    let subresource = resource.subresource.as_deref().unwrap_or_default();
    let applier =
        Applier { manager, subresource, force: call.query.is_true("force"), now: api.store.simulation.clock.now() };
    if api.store.get(&kind.resource, resource.namespace(), resource.name()).is_none() {
        if !subresource.is_empty() {
            return Err(ApiError::not_found(kind, resource.name()));
        }
        return create(api, call, resource, &config, &applier);
    }
    let object = write::change(api, call, resource, |old| {
        let mut new = server_side_apply::apply(kind, old, &config, &applier)?;
        merge_stored(kind, resource.subresource.as_deref(), old, &mut new)?;
        let same = managed_fields::content(&new) == managed_fields::content(old)
            && new["metadata"]["managedFields"] == old["metadata"]["managedFields"];
        Ok((!same).then_some(new))
    })?;
    Ok(Written { object, warnings: Vec::new() }.into_response(kind, StatusCode::OK))
}

/// Server-side apply of an object that is not there yet.
fn create(
    api: &Api,
    call: &Call,
    resource: &Resource,
    config: &Value,
    applier: &Applier<'_>,
) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let blank = kind.object(json!({}));
    let mut fresh = server_side_apply::apply(kind, &blank, config, applier)?;
    let managed = object::remove(&mut fresh, &["metadata", "managedFields"]);
    let object = write::complete(api, call, kind, fresh, |object| {
        if let Some(managed) = managed {
            object::set(object, &["metadata", "managedFields"], managed);
        }
    })?;
    Ok(Written { object, warnings: Vec::new() }.into_response(kind, StatusCode::CREATED))
}
