//! What the OpenAPI description has no operation for, under `/stagegate`: what members may do, and new
//! secrets for workers. It is ours.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::login::Client;
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{Caller, Membership, Principal};
use crate::store::Tenant;

/// `GET /stagegate/member`: what the members of the caller's organization may do, as in a directory.
pub(super) async fn members(State(hub): State<Arc<HubState>>, headers: HeaderMap) -> Result<Json<Value>, ApiError> {
    let (caller, _) = administrator(&hub, &headers)?;
    Ok(Json(json!(hub.accounts().memberships(caller.organization))))
}

/// `PUT /stagegate/member`: sets what one user may do, and makes it a member if it is none. The body is
/// a member of a directory: `{"user": "dev@example.org", "role": "viewer", "grants": […]}`.
pub(super) async fn set_member(
    State(hub): State<Arc<HubState>>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let (caller, tenant) =
        administrator(&hub, &headers).inspect_err(|refusal| client.denied(&hub, "SetMember", refusal))?;
    let membership: Membership =
        serde_json::from_slice(&body).map_err(|error| ApiError::bad_request(format!("request body: {error}")))?;
    let summary = hub.set_membership(caller.organization, &tenant, &membership)?;
    client.administered(&hub, "SetMember", &caller, ("OrganizationMember", None, &membership.user), None, summary);
    Ok(Json(json!(membership)))
}

/// `POST /stagegate/bridge_worker/{bridge_worker_id}/secret`: gives a worker a new secret. The former one
/// and the tokens of logins with it are no longer good, and the worker's stream ends.
pub(super) async fn rotate_secret(
    State(hub): State<Arc<HubState>>,
    client: Client,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, ApiError> {
    const OPERATION: &str = "RotateBridgeWorkerSecret";
    let refused = |refusal: &ApiError| client.denied(&hub, OPERATION, refusal);
    let (caller, tenant) = caller(&hub, &headers).inspect_err(refused)?;
    {
        let store = tenant.store();
        let not_found = || ApiError::not_found(format!("BridgeWorker {id} not found"));
        let worker = store.bridge_workers.get(id).ok_or_else(not_found)?;
        if !caller.sees_secret(&store, worker) {
            let (who, slug) = (caller.described(), &worker.metadata.slug);
            let space = store.space_slug(worker.metadata.space_id).unwrap_or_default();
            let message = format!("{who} may not {OPERATION} of worker {slug} in space {space}: it is not its owner");
            let refusal = ApiError::forbidden(message);
            refused(&refusal);
            return Err(refusal);
        }
    }
    let (worker, secret) =
        hub.rotate_secret(id).ok_or_else(|| ApiError::not_found(format!("BridgeWorker {id} not found")))?;
    let space = tenant.store().space_slug(worker.metadata.space_id);
    let entity = ("BridgeWorker", Some(id), worker.metadata.slug.as_str());
    client.administered(&hub, OPERATION, &caller, entity, space, "secret changed".to_owned());
    Ok(Json(json!({"BridgeWorkerID": id, "Slug": worker.metadata.slug, "Secret": secret})))
}

fn administrator(hub: &HubState, headers: &HeaderMap) -> Result<(Caller, Tenant), ApiError> {
    let (caller, tenant) = caller(hub, headers)?;
    if caller.role().is_some_and(crate::identity::Role::administers) {
        return Ok((caller, tenant));
    }
    let who = caller.described();
    Err(ApiError::forbidden(format!("{who} may not administer members: that needs the role admin or owner")))
}

fn caller(hub: &HubState, headers: &HeaderMap) -> Result<(Caller, Tenant), ApiError> {
    let (caller, tenant) = hub.caller(headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()))?;
    match caller.principal {
        Principal::User(_) => Ok((caller, tenant)),
        Principal::Anyone | Principal::Worker(_) => Err(ApiError::unauthorized("this token is not for this operation")),
    }
}
