//! The device login of late clients (RFC 8628), granted at once: there is nobody to ask.
//!
//! `ApiInfo` names the addresses. The client posts a form to the first one, shows a person the address
//! in the answer, and posts another form to the second one until it gets tokens, with the verifier for
//! the challenge of the first form. Facts: the client's own requests, in its source of late 2025.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::login::{Client, session};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{DeviceGrant, Secret};

/// What the client calls itself, as `ApiInfo` told it.
pub(super) const CLIENT_ID: &str = "stagegate";
pub(super) const AUTHORIZATION_PATH: &str = "/auth/device/authorize";
pub(super) const TOKEN_PATH: &str = "/auth/device/token";
pub(super) const VERIFICATION_PATH: &str = "/auth/device";

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Seconds in which a device code must be used.
const LIFETIME: i64 = 300;

#[derive(Deserialize)]
struct Authorization {
    client_id: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    device_code: Secret,
    client_id: String,
    #[serde(default)]
    code_verifier: String,
}

/// Begins a login as the environment's user.
pub(super) async fn authorize(State(hub): State<Arc<HubState>>, client: Client, body: String) -> Response {
    let Some(request) = form::<Authorization>(&body) else {
        return refused("invalid_request", "client_id is required");
    };
    if request.client_id != CLIENT_ID {
        return refused("invalid_client", "client_id: unknown");
    }
    if !matches!(request.code_challenge_method.as_str(), "" | "plain") {
        return refused("invalid_request", "code_challenge_method: only plain is supported");
    }
    let Some(grantee) = hub.accounts().environment_user(hub.primary()) else {
        return refused("access_denied", "there is no user to log in as");
    };
    let seed = &hub.simulation.seed;
    let code = Secret::from(format!("device_{}", seed.uuid("device code").simple()));
    let user_code = seed.suffix("user code", 8).to_uppercase();
    hub.simulation.observer.secret(code.expose());
    let expires_at = hub.simulation.clock.now() + std::time::Duration::from_secs(LIFETIME.unsigned_abs());
    let grant = DeviceGrant { code_challenge: request.code_challenge, grantee, expires_at };
    hub.accounts().devices.insert(code.clone(), grant);
    let page = client.url(VERIFICATION_PATH);
    Json(json!({
        "device_code": code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": LIFETIME,
        "interval": 1,
    }))
    .into_response()
}

/// The page that a person is sent to.
pub(super) async fn verify() -> &'static str {
    "This login was granted already: the hub is an emulator. You can close this page.\n"
}

/// Gives the tokens for a device code, once.
pub(super) async fn token(State(hub): State<Arc<HubState>>, client: Client, body: String) -> Response {
    let Some(request) = form::<TokenRequest>(&body) else {
        return refused("invalid_request", "grant_type, device_code and client_id are required");
    };
    if request.grant_type != GRANT_TYPE {
        return refused("unsupported_grant_type", "grant_type: only the device code's is supported");
    }
    if request.client_id != CLIENT_ID {
        return refused("invalid_client", "client_id: unknown");
    }
    let grant = hub.accounts().devices.get(&request.device_code).cloned();
    let refusal = match &grant {
        None => Some(("invalid_grant", "device_code: unknown, or used already")),
        Some(grant) if grant.expires_at <= hub.simulation.clock.now() => {
            Some(("expired_token", "device_code: too late"))
        }
        Some(grant) if grant.code_challenge != request.code_verifier => {
            Some(("invalid_grant", "code_verifier: does not fit the challenge"))
        }
        Some(_) => None,
    };
    if let Some((error, description)) = refusal {
        client.denied(&hub, "DeviceLogin", &ApiError::unauthorized(description));
        return refused(error, description);
    }
    hub.accounts().devices.remove(&request.device_code);
    match grant.and_then(|grant| session(&hub, grant.grantee)) {
        Some(session) => {
            client.logged_in(&hub, "DeviceLogin", &session);
            Json(session.json).into_response()
        }
        None => refused("access_denied", "the user is gone"),
    }
}

/// Reads `application/x-www-form-urlencoded`, whose text is that of a query.
fn form<T: DeserializeOwned>(body: &str) -> Option<T> {
    let uri: Uri = format!("/?{body}").parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(form)| form)
}

/// A refusal as OAuth clients read it (RFC 6749, section 5.2).
fn refused(error: &str, description: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error, "error_description": description}))).into_response()
}
