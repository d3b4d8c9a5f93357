//! The `scale` subresource of Deployments, ReplicaSets and StatefulSets.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::request::Resource;
use super::status::{ApiError, FieldError};
use super::{Api, Call, body, go_json, json_patch, managed_fields, merge, merge_patch, write};
use crate::kinds::Kind;
use crate::store::object::{self, integer, list};

/// GET, PUT and PATCH of a `Scale`.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let stored = api
        .store
        .get(&kind.resource, resource.namespace(), resource.name())
        .ok_or_else(|| ApiError::not_found(kind, resource.name()))?;
    let mut scale = view(kind, &stored.object);
    match call.method.as_str() {
        "GET" => return Ok(Json(scale).into_response()),
        "PUT" => scale = body::any_object(call, body).await?,
        "PATCH" => {
            let media_type = body::media_type(call);
            let bytes = body::bytes(body).await?;
            match media_type.as_str() {
                "application/json-patch+json" => json_patch::apply(&mut scale, &json_patch::read(&bytes)?)?,
                "application/merge-patch+json" | "application/strategic-merge-patch+json" => {
                    let patch = go_json::value(&bytes)
                        .map_err(|detail| ApiError::bad_request(format!("error decoding patch: {detail}")))?;
                    merge_patch::apply(&mut scale, &patch);
                }
                other => return Err(ApiError::not_emulated(&format!("PATCH of scale as {other}"))),
            }
        }
        _ => return Err(ApiError::method_not_allowed()),
    }
    write::check_name(resource, &scale)?;
    let replicas = integer(&scale, "/spec/replicas").unwrap_or(0);
    if replicas < 0 {
        let error = FieldError::invalid("spec.replicas", replicas, "must be greater than or equal to 0");
        return Err(ApiError::invalid_of("autoscaling", "Scale", resource.name(), &[error]));
    }
    let manager = call.field_manager();
    let whole = Resource { subresource: None, ..resource.clone() };
    let object = write::change(api, call, &whole, |old| {
        let said = object::text(&scale, "/metadata/resourceVersion");
        if call.method == http::Method::PUT
            && !said.is_empty()
            && said != object::text(old, "/metadata/resourceVersion")
        {
            let detail = "the object has been modified; please apply your changes to the latest version and try again";
            return Err(ApiError::conflict(kind, resource.name(), detail));
        }
        let mut new = old.clone();
        match kind.custom.as_ref().and_then(|custom| custom.scale()) {
            Some(paths) => object::set(&mut new, &parts(&paths.spec_replicas), replicas),
            None => object::set(&mut new, &["spec", "replicas"], replicas),
        }
        merge::merge_stored(kind, None, old, &mut new)?;
        if new == *old {
            return Ok(None);
        }
        managed_fields::record_update(kind, old, &mut new, &manager, "scale", api.store.simulation.clock.now());
        Ok(Some(new))
    })?;
    Ok(Json(view(kind, &object)).into_response())
}

fn parts(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// The `Scale` of a workload or of a custom resource.
fn view(kind: &Kind, object: &Value) -> Value {
    let metadata = &object["metadata"];
    if let Some(paths) = kind.custom.as_ref().and_then(|custom| custom.scale()) {
        let at = |path: &[String]| path.iter().try_fold(object, |place, part| place.get(part));
        let mut status = json!({"replicas": at(&paths.status_replicas).and_then(Value::as_i64).unwrap_or(0)});
        let selector = paths.label_selector.as_deref().and_then(at).filter(|selector| **selector != "");
        if let Some(selector) = selector {
            status["selector"] = selector.clone();
        }
        let replicas = at(&paths.spec_replicas).and_then(Value::as_i64);
        return scale(metadata, replicas, &status);
    }
    // Zero is not written in the spec, but is in the status (`autoscaling/v1.Scale`).
    let replicas = integer(object, "/spec/replicas").filter(|replicas| *replicas != 0);
    let selector = match kind.kind.as_str() {
        "ReplicationController" => selector_text(&json!({"matchLabels": object["spec"]["selector"]})),
        _ => selector_text(&object["spec"]["selector"]),
    };
    let status = json!({"replicas": integer(object, "/status/replicas").unwrap_or(0), "selector": selector});
    scale(metadata, replicas, &status)
}

fn scale(metadata: &Value, replicas: Option<i64>, status: &Value) -> Value {
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": replicas.map_or_else(|| json!({}), |replicas| json!({"replicas": replicas})),
        "status": status,
    })
}

fn selector_text(selector: &Value) -> String {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut parts: Vec<_> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    for expression in list(selector, "/matchExpressions") {
        let values: Vec<_> = list(expression, "/values").iter().filter_map(Value::as_str).collect();
        let key = object::text(expression, "/key");
        parts.push(match object::text(expression, "/operator") {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.join(",")
}
