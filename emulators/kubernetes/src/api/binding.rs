//! The `binding` subresource of Pods: what a scheduler posts (`k8s.io/kubernetes/pkg/registry/core/pod/storage`).

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::request::Resource;
use super::status::ApiError;
use super::{Api, Call, body, write};
use crate::store::object::{self, list, set, text};

/// POST of a Binding: the Pod gets its node.
pub(super) async fn answer(api: &Api, call: &Call, resource: Resource, body: Body) -> Result<Response, ApiError> {
    let binding = body::any_object(call, body).await?;
    write::check_name(&resource, &binding)?;
    let node = text(&binding, "/target/name").to_owned();
    if node.is_empty() {
        return Err(ApiError::unknown("target.name: Required value"));
    }
    let pod = Resource { subresource: None, ..resource };
    write::change(api, call, &pod, |old| {
        refuse(&pod, old)?;
        let mut new = old.clone();
        set(&mut new, &["spec", "nodeName"], node.as_str());
        let now = object::time(api.store.simulation.clock.now());
        let scheduled =
            json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now});
        let mut conditions = list(old, "/status/conditions").to_vec();
        conditions.retain(|one| one["type"] != "PodScheduled");
        conditions.push(scheduled);
        set(&mut new, &["status", "conditions"], conditions);
        Ok(Some(new))
    })?;
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok((StatusCode::CREATED, Json(status)).into_response())
}

fn refuse(resource: &Resource, pod: &Value) -> Result<(), ApiError> {
    let name = object::name(pod);
    let conflict = |detail: &str| {
        let mut error = ApiError::conflict(&resource.kind, name, detail);
        error.message = error.message.replacen("on pods ", "on pods/binding ", 1);
        if let Some(details) = &mut error.details {
            details["kind"] = json!("pods/binding");
        }
        error
    };
    if object::is_terminating(pod) {
        return Err(conflict(&format!("pod {name} is being deleted, cannot be assigned to a host")));
    }
    match text(pod, "/spec/nodeName") {
        "" => Ok(()),
        node => Err(conflict(&format!("pod {name} is already assigned to node {node:?}"))),
    }
}
