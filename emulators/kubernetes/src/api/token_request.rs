//! TokenRequest and TokenReview (`k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage`,
//! `pkg/registry/authentication/tokenreview`).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::request::Resource;
use super::status::{ApiError, FieldError};
use super::{Api, Call, body};
use crate::access::tokens::{Bound, ISSUER};
use crate::store::object::{self, integer, list, text};

const KIND: &str = "TokenRequest";
const GROUP: &str = "authentication.k8s.io";

/// POST of a TokenRequest for a service account.
pub(super) async fn create(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let request = body::any_object(call, body).await?;
    let (namespace, name) = (resource.namespace(), resource.name());
    let account = api
        .store
        .get(&resource.kind.resource, namespace, name)
        .ok_or_else(|| ApiError::not_found(&resource.kind, name))?;
    let seconds = integer(&request, "/spec/expirationSeconds").unwrap_or(3600);
    check_duration(seconds)?;
    let asked = texts(&request, "/spec/audiences");
    let audiences = if asked.is_empty() { vec![ISSUER.to_owned()] } else { asked };
    let reference = &request["spec"]["boundObjectRef"];
    let bound = if reference.is_object() { Some(bound(api, namespace, name, reference)?) } else { None };
    let (token, until) = api.access.tokens.issue(&account.object, &audiences, seconds, bound.as_ref());
    let simulation = &api.store.simulation;
    let answer = json!({
        "kind": KIND,
        "apiVersion": format!("{GROUP}/v1"),
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": simulation.seed.uuid("kubernetes-uid/token-request").to_string(),
            "creationTimestamp": object::time(simulation.clock.now()),
        },
        "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": reference},
        "status": {"token": token, "expirationTimestamp": object::time(until)},
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn check_duration(seconds: i64) -> Result<(), ApiError> {
    let detail = if seconds < 600 {
        "may not specify a duration less than 10 minutes"
    } else if seconds > 1 << 32 {
        "may not specify a duration larger than 2^32 seconds"
    } else {
        return Ok(());
    };
    Err(ApiError::invalid_unnamed(KIND, GROUP, &[FieldError::invalid("spec.expirationSeconds", seconds, detail)]))
}

/// The object that a token is to die with.
fn bound(api: &Api, namespace: &str, account: &str, reference: &Value) -> Result<Bound, ApiError> {
    let (version, kind, name) = (text(reference, "/apiVersion"), text(reference, "/kind"), text(reference, "/name"));
    let (field, resource, namespace) = match (version, kind) {
        ("v1", "Pod") => ("pod", "pods", namespace),
        ("v1", "Secret") => ("secret", "secrets", namespace),
        ("v1", "Node") => ("node", "nodes", ""),
        _ => {
            let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
            let message = format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
            return Err(ApiError::bad_request(message));
        }
    };
    let found = api.store.get(resource, namespace, name).ok_or_else(|| {
        api.registry.by_resource(resource).map_or_else(ApiError::no_such_path, |kind| ApiError::not_found(&kind, name))
    })?;
    let object: Arc<Value> = found.object;
    if field == "pod" && text(&object, "/spec/serviceAccountName") != account {
        let other = "pod running with different serviceaccount name.";
        return Err(ApiError::bad_request(format!("cannot bind token for serviceaccount {account:?} to {other}")));
    }
    let uid = text(reference, "/uid");
    if !uid.is_empty() && uid != object::uid(&object) {
        let detail = format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
        );
        return Err(ApiError::conflict_named(kind, name, &detail));
    }
    Ok(Bound { kind: field, object })
}

/// The status of a TokenReview.
pub(super) fn review(api: &Api, call: &Call, review: &Value) -> Result<Value, ApiError> {
    let token = text(review, "/spec/token");
    if token.is_empty() {
        return Err(ApiError::bad_request("token is required for TokenReview in authentication"));
    }
    let asked = texts(review, "/spec/audiences");
    let audiences = if asked.is_empty() { vec![ISSUER.to_owned()] } else { asked };
    Ok(match api.access.authenticate(token, &audiences, call.judged_at) {
        Ok(found) => json!({"authenticated": true, "user": found.user.info(), "audiences": found.audiences}),
        Err(None) => json!({"user": {}, "error": "invalid bearer token"}),
        Err(Some(detail)) => json!({"user": {}, "error": format!("[invalid bearer token, {detail}]")}),
    })
}

fn texts(object: &Value, pointer: &str) -> Vec<String> {
    list(object, pointer).iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}
