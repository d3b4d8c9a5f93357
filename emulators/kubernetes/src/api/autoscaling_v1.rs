//! autoscaling/v1: HorizontalPodAutoscalers in the form that has a CPU target only.
//!
//! They are stored as autoscaling/v2 and converted as `k8s.io/kubernetes/pkg/apis/autoscaling/v1` does;
//! metrics that v1 has no field for go into the annotation `autoscaling.alpha.kubernetes.io/metrics`
//! there, and are left out here.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::body::{self, Submitted};
use super::fields;
use super::read::{self, Form};
use super::request::Resource;
use super::selectors::Selection;
use super::status::ApiError;
use super::write::{self, Written};
use super::{Api, Call, watch};
use crate::kinds::Kind;
use crate::store::object::{integer, list, remove, set};
use crate::store::{Stored, object};

/// Whether a kind is the one of this file.
pub(super) fn is(kind: &Kind) -> bool {
    kind.group == "autoscaling" && kind.version == "v1"
}

/// Answers a request for autoscaling/v1.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let current = current(api, resource)?;
    match (call.method.as_str(), &resource.name) {
        ("GET", _) if watch::is_asked(&call.query) => {
            Err(ApiError::not_emulated("watches of autoscaling/v1; v2 can be watched"))
        }
        ("GET", Some(name)) => {
            let found = read::find(&api.store, &current.kind, resource.namespace(), name)
                .ok_or_else(|| ApiError::not_found(&resource.kind, name))?;
            Ok(Json(to_v1(&found.object)).into_response())
        }
        ("GET", None) if Form::of(call)? == Form::Object => {
            let selection = Selection::of(&call.query, &resource.kind)?;
            let (mut objects, revision) = read::all(&api.store, &current.kind, resource.namespace.as_deref());
            objects.retain(|stored| selection.matches(&stored.object));
            let objects: Vec<_> = objects
                .into_iter()
                .map(|stored| Stored { object: to_v1(&stored.object).into(), cause: stored.cause })
                .collect();
            let metadata = json!({"resourceVersion": revision.to_string()});
            Ok(Json(read::list_of(&resource.kind, &objects, &metadata)).into_response())
        }
        ("GET", None) => read::list(api, call, &current),
        ("POST", None) => {
            let submitted = submitted(call, resource, body).await?;
            let created = write::create(api, call, &current, submitted)?;
            Ok(shown(created).into_response(&resource.kind, StatusCode::CREATED))
        }
        ("PUT", Some(_)) => {
            let submitted = submitted(call, resource, body).await?;
            let replaced = write::replace(api, call, &current, submitted)?;
            Ok(shown(replaced).into_response(&resource.kind, StatusCode::OK))
        }
        ("DELETE", Some(_)) => super::delete::one(api, call, &current, body).await,
        ("DELETE", None) => super::delete::collection(api, call, &current, body).await,
        (method, _) => Err(ApiError::not_emulated(&format!("{method} of autoscaling/v1; v2 has it"))),
    }
}

fn current(api: &Api, resource: &Resource) -> Result<Resource, ApiError> {
    let kind = api.registry.by_resource(&resource.kind.resource).ok_or_else(ApiError::no_such_path)?;
    Ok(Resource { kind, ..resource.clone() })
}

async fn submitted(call: &Call, resource: &Resource, body: Body) -> Result<Submitted, ApiError> {
    let mut submitted = body::object(call, &resource.kind, body).await?;
    fields::check_fields(call, &resource.kind, &mut submitted.object, submitted.duplicates)?;
    Ok(Submitted { object: to_v2(&submitted.object), duplicates: Vec::new() })
}

fn shown(written: Written) -> Written {
    Written { object: to_v1(&written.object).into(), warnings: written.warnings }
}

fn to_v2(scaler: &Value) -> Value {
    let mut scaler = scaler.clone();
    scaler["apiVersion"] = json!("autoscaling/v2");
    if let Some(Value::Number(percent)) = remove(&mut scaler, &["spec", "targetCPUUtilizationPercentage"]) {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        set(&mut scaler, &["spec", "metrics"], json!([metric]));
    }
    remove(&mut scaler, &["status"]);
    scaler
}

fn to_v1(scaler: &Value) -> Value {
    let mut older = scaler.clone();
    older["apiVersion"] = json!("autoscaling/v1");
    let percent = |metrics: &str, value: &str| {
        let cpu = list(scaler, metrics).iter().find(|one| one["resource"]["name"] == "cpu")?;
        integer(cpu, value)
    };
    remove(&mut older, &["spec", "metrics"]);
    remove(&mut older, &["spec", "behavior"]);
    if let Some(percent) = percent("/spec/metrics", "/resource/target/averageUtilization") {
        set(&mut older, &["spec", "targetCPUUtilizationPercentage"], percent);
    }
    for field in ["currentMetrics", "conditions"] {
        remove(&mut older, &["status", field]);
    }
    if let Some(percent) = percent("/status/currentMetrics", "/resource/current/averageUtilization") {
        set(&mut older, &["status", "currentCPUUtilizationPercentage"], percent);
    }
    let counts = |field: &str| object::integer(scaler, &format!("/status/{field}")).unwrap_or(0);
    for field in ["currentReplicas", "desiredReplicas"] {
        set(&mut older, &["status", field], counts(field));
    }
    older
}
