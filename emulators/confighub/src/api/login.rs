//! Login as a worker: `POST /auth/worker`, which is outside the OpenAPI description.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::entity::BridgeWorker;
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{Grantee, Secret};

#[derive(Deserialize)]
struct WorkerCredentials {
    worker_id: String,
    worker_secret: Secret,
}

/// Gives a session, in the keys of the client's `session.json`, for a worker's id and secret. Its token
/// is the worker's user's, until the worker is deleted or its secret changed.
pub(super) async fn as_worker(State(hub): State<Arc<HubState>>, body: Bytes) -> Result<Json<Value>, ApiError> {
    let credentials: WorkerCredentials =
        serde_json::from_slice(&body).map_err(|error| ApiError::bad_request(format!("request body: {error}")))?;
    let (worker, organization, external_id) =
        found(&hub, &credentials).ok_or_else(|| ApiError::unauthorized("invalid worker id or secret"))?;
    let user = worker.user_id.unwrap_or_default();
    let grantee = Grantee { user, organization, worker: Some(worker.bridge_worker_id) };
    let [token, _] = hub.accounts().issue(&hub.simulation, grantee, None);
    let created = worker.metadata.created_at.to_string();
    Ok(Json(json!({
        "user": {
            "id": worker.bridge_worker_id,
            "email": format!("{}@workers.invalid", worker.metadata.slug),
            "first_name": worker.metadata.slug,
            "last_name": "",
            "profile_picture_url": "",
            "created_at": created,
            "updated_at": created,
        },
        "access_token": token,
        "refresh_token": "",
        "organization_id": external_id,
        "auth_type": "Bearer",
    })))
}

fn found(hub: &HubState, credentials: &WorkerCredentials) -> Option<(BridgeWorker, Uuid, String)> {
    let id = Uuid::parse_str(&credentials.worker_id).ok()?;
    hub.tenants().into_iter().find_map(|(organization, tenant)| {
        let store = tenant.store();
        let worker = store.bridge_workers.get(id).filter(|worker| worker.secret == credentials.worker_secret)?;
        Some((worker.clone(), organization, store.organization.external_id.clone()))
    })
}
