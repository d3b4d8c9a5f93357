//! Reviews: who am I, may I, is this token valid.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::request::Resource;
use super::status::ApiError;
use super::{Api, Call, access_review as access, body, token_request};
use crate::store::object::{self, map_at};

/// POST of a review.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    if call.method != http::Method::POST {
        return Err(ApiError::method_not_allowed());
    }
    let mut review = body::object(call, &resource.kind, body).await?.object;
    map_at(&mut review, &["metadata"]);
    let status = match resource.kind.kind.as_str() {
        "SelfSubjectReview" => {
            let now = object::time(api.store.simulation.clock.now());
            review["metadata"] = json!({"creationTimestamp": now});
            json!({"userInfo": call.user.info()})
        }
        "SelfSubjectAccessReview" => access::status(api, &resource.kind, &call.user, &review)?,
        "SubjectAccessReview" => access::status(api, &resource.kind, &access::subject(&review), &review)?,
        "LocalSubjectAccessReview" => {
            access::check_namespace(&resource.kind, resource.namespace(), &review)?;
            access::status(api, &resource.kind, &access::subject(&review), &review)?
        }
        "SelfSubjectRulesReview" => access::rules(api, &call.user, &review)?,
        "TokenReview" => token_request::review(api, call, &review)?,
        other => return Err(ApiError::not_emulated(other)),
    };
    review["status"] = status;
    Ok((StatusCode::CREATED, Json(review)).into_response())
}
