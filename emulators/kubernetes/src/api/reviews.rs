//! Reviews: who am I, may I, is this token valid; and tokens of service accounts.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::access::User;
use super::request::Resource;
use super::status::ApiError;
use super::{Api, Call, body};
use crate::store::object::{self, integer};

/// Every token may do everything: the emulator stores RBAC objects but does not enforce them, and says so.
const NOT_ENFORCED: &str =
    "RBAC is not enforced by the stagegate Kubernetes emulator: every authenticated request is allowed";

/// POST of a review.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    if call.method != http::Method::POST {
        return Err(ApiError::method_not_allowed());
    }
    let mut review = body::object(call, &resource.kind, body).await?;
    review["status"] = match resource.kind.kind.as_str() {
        "SelfSubjectReview" => json!({"userInfo": user_info(&call.user)}),
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            json!({"allowed": true, "reason": NOT_ENFORCED})
        }
        "SelfSubjectRulesReview" => json!({
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": false,
        }),
        "TokenReview" => match api.access.user_of_token(object::text(&review, "/spec/token")) {
            Some(user) => json!({"authenticated": true, "user": user_info(&user)}),
            None => json!({"user": {}, "error": "invalid bearer token"}),
        },
        other => return Err(ApiError::not_emulated(other)),
    };
    Ok((StatusCode::CREATED, Json(review)).into_response())
}

fn user_info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = json!(user.uid);
    }
    info
}

/// POST of a TokenRequest for a service account.
pub(super) async fn token(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let request = body::any_object(call, body).await?;
    let account = api
        .store
        .get(&resource.kind.resource, resource.namespace(), resource.name())
        .ok_or_else(|| ApiError::not_found(&resource.kind, resource.name()))?;
    let seconds = integer(&request, "/spec/expirationSeconds").unwrap_or(3600);
    let until = api.store.simulation.clock.now() + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let token = api.access.issue(resource.namespace(), resource.name(), object::uid(&account.object));
    let answer = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": resource.name(), "namespace": resource.namespace()},
        "spec": {"audiences": ["https://kubernetes.default.svc.cluster.local"], "expirationSeconds": seconds},
        "status": {"token": token, "expirationTimestamp": object::time(until)},
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}
