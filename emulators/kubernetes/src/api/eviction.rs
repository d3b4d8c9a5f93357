//! Eviction: deletes a Pod unless a PodDisruptionBudget forbids it.
//!
//! The rules are those of `pkg/registry/core/pod/storage/eviction.go` of Kubernetes 1.34.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::delete::{self, Options};
use super::request::Resource;
use super::status::ApiError;
use super::{Api, Call, body};
use crate::kinds::{built_in, selector_matches};
use crate::store::object::{self, integer, list, set, text};
use crate::store::{Key, Stored};

const BUDGETS: &str = "poddisruptionbudgets.policy";

/// POST of an Eviction.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let eviction = body::any_object(call, body).await?;
    if object::name(&eviction) != resource.name() {
        return Err(ApiError::bad_request("name in URL does not match name in Eviction object"));
    }
    let key = Key::new(&resource.kind.resource, resource.namespace(), resource.name());
    let pod = api.store.at(&key).ok_or_else(|| ApiError::not_found(&resource.kind, resource.name()))?;
    if !may_be_deleted(&pod.object) {
        spend(api, call, resource, &pod.object)?;
    }
    let options = Options::of_eviction(call, &eviction);
    delete::delete(&api.store, &resource.kind, &key, &options, &call.writer)?;
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok((StatusCode::CREATED, Json(status)).into_response())
}

/// A Pod that has ended, does not run yet or goes already disturbs nobody.
fn may_be_deleted(pod: &Value) -> bool {
    object::is_terminating(pod) || ["Succeeded", "Failed", "Pending"].contains(&text(pod, "/status/phase"))
}

fn is_ready(pod: &Value) -> bool {
    list(pod, "/status/conditions").iter().any(|one| one["type"] == "Ready" && one["status"] == "True")
}

/// Takes one disruption from the Pod's budget, if it has one.
fn spend(api: &Api, call: &Call, resource: &Resource, pod: &Value) -> Result<(), ApiError> {
    let (budgets, _) = api.store.list(BUDGETS, Some(resource.namespace()));
    let of_pod = |budget: &Stored| selector_matches(&budget.object["spec"]["selector"], &pod["metadata"]["labels"]);
    let budgets: Vec<_> = budgets.into_iter().filter(of_pod).collect();
    let budget = match budgets.as_slice() {
        [] => return Ok(()),
        [budget] => &budget.object,
        _ => {
            return Err(ApiError::unknown(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
    };
    let number = |field: &str| integer(budget, &format!("/status/{field}")).unwrap_or(0);
    let (healthy, desired) = (number("currentHealthy"), number("desiredHealthy"));
    if !is_ready(pod) {
        let always = text(budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow";
        if always || (healthy >= desired && desired > 0) {
            return Ok(());
        }
    }
    let name = object::name(budget);
    if number("observedGeneration") < integer(budget, "/metadata/generation").unwrap_or(0) {
        return Err(ApiError::disruption(&format!(
            "The disruption budget {name} is still being processed by the server."
        )));
    }
    let allowed = number("disruptionsAllowed");
    if allowed <= 0 {
        return Err(ApiError::disruption(&format!(
            "The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        )));
    }
    let Some(kind) = built_in(BUDGETS) else { return Ok(()) };
    if call.dry_run() {
        return Ok(());
    }
    api.store.update(kind, &Key::new(BUDGETS, resource.namespace(), name), &call.writer, |old| {
        let mut new = old.clone();
        set(&mut new, &["status", "disruptionsAllowed"], allowed - 1);
        Ok::<_, ApiError>(Some(new))
    })?;
    Ok(())
}
