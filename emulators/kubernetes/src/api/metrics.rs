//! The metrics API: what Pods and nodes use (`k8s.io/metrics/pkg/apis/metrics/v1beta1`).

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::request::Resource;
use super::selectors::Selection;
use super::status::ApiError;
use super::{Api, Call};
use crate::store::Stored;
use crate::store::object;

/// Over how long metrics-server measures.
const WINDOW: &str = "15s";

/// One metrics object, or all that the request selects.
pub(super) fn answer(api: &Arc<Api>, call: &Call, resource: &Resource) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    if call.method != http::Method::GET {
        return Err(ApiError::method_not_allowed());
    }
    let measure =
        |about: &Stored| if kind.namespaced { pod(api, &about.object) } else { Some(node(api, &about.object)) };
    if let Some(name) = &resource.name {
        let found = api.store.get(&kind.plural, resource.namespace(), name);
        let metrics = found.as_ref().and_then(measure).ok_or_else(|| ApiError::not_found(kind, name))?;
        return Ok(Json(metrics).into_response());
    }
    let selection = Selection::of(&call.query, kind)?;
    let (objects, revision) = api.store.list(&kind.plural, resource.namespace.as_deref());
    let selected = objects.iter().filter(|stored| selection.matches(&stored.object));
    let list = json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(),
        "metadata": {"resourceVersion": revision.to_string()},
        "items": selected.filter_map(measure).collect::<Vec<_>>(),
    });
    Ok(Json(list).into_response())
}

fn pod(api: &Api, pod: &Value) -> Option<Value> {
    let usage = api.node.usage(object::uid(pod));
    let containers: Vec<_> =
        usage.iter().map(|one| json!({"name": one.container, "usage": amounts(one.cpu, one.memory)})).collect();
    (!containers.is_empty()).then(|| {
        let mut metrics = measured(api, "PodMetrics", pod);
        metrics["containers"] = json!(containers);
        metrics
    })
}

fn node(api: &Api, node: &Value) -> Value {
    let (cpu, memory) = api.node.total_usage();
    let mut metrics = measured(api, "NodeMetrics", node);
    metrics["usage"] = amounts(cpu, memory);
    metrics
}

fn measured(api: &Api, kind: &str, about: &Value) -> Value {
    let now = object::time(api.store.simulation.clock.now());
    let mut metadata = json!({"name": object::name(about), "creationTimestamp": now});
    for field in ["namespace", "labels"] {
        if let Some(value) = about["metadata"].get(field) {
            metadata[field] = value.clone();
        }
    }
    json!({"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": metadata, "timestamp": now, "window": WINDOW})
}

fn amounts(cpu: u64, memory: u64) -> Value {
    json!({"cpu": format!("{cpu}m"), "memory": format!("{}Ki", memory >> 10)})
}
