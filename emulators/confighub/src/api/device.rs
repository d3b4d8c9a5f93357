//! The device login of late clients (RFC 8628). In a hub with a single user it is granted at once: there is
//! nobody to ask. With several users, the page whose address the client shows asks who logs in.
//!
//! `ApiInfo` names the addresses. The client posts a form to the first one, shows a person the address
//! in the answer, and posts another form to the second one until it gets tokens, with the verifier for
//! the challenge of the first form. Facts: the client's own requests, in its source of late 2025.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::login::{Client, session};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{DeviceLogin, Grantee, NotRedeemed, Principal, Secret};

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

/// Begins a login. With a single user there is nobody else to log in as; with several, one of them has to
/// say at the verification page that it is the one.
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
    let seed = &hub.simulation.seed;
    let code = Secret::from(format!("device_{}", seed.uuid("device code").simple()));
    let user_code = seed.suffix("user code", 8).to_uppercase();
    hub.simulation.observer.secret(code.expose());
    let now = hub.simulation.clock.now();
    let mut accounts = hub.accounts();
    let login = DeviceLogin {
        user_code: user_code.clone(),
        code_challenge: request.code_challenge,
        grantee: accounts.only_user(),
        expires_at: now + std::time::Duration::from_secs(LIFETIME.unsigned_abs()),
    };
    accounts.device_logins.begin(code.clone(), login, now);
    drop(accounts);
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

#[derive(Deserialize)]
pub(super) struct Verification {
    #[serde(default)]
    user_code: String,
}

/// The page that a person is sent to. Who gives credentials here logs in on the device; browsers ask for
/// email and password.
pub(super) async fn verify(
    State(hub): State<Arc<HubState>>,
    client: Client,
    headers: HeaderMap,
    Query(verification): Query<Verification>,
) -> Response {
    if hub.accounts().only_user().is_some() {
        return "This login was granted already: the hub has a single user. You can close this page.\n".into_response();
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if authorization.is_none() {
        return ask("say who logs in on the device, with email and password");
    }
    let user = hub.caller(authorization).and_then(|(caller, _)| match caller.principal {
        Principal::User(user) => Ok((user, caller)),
        _ => Err(ApiError::unauthorized("a worker cannot log in on a device")),
    });
    let (user, caller) = match user {
        Ok(user) => user,
        Err(refusal) => {
            client.denied(&hub, "DeviceLogin", &refusal);
            return ask(&refusal.message);
        }
    };
    let grantee = Grantee { user, organization: caller.organization, worker: caller.worker };
    let now = hub.simulation.clock.now();
    if hub.accounts().device_logins.grant(&verification.user_code, grantee, now) {
        return format!("{} is logged in on the device. You can close this page.\n", caller.name).into_response();
    }
    ApiError::not_found("user_code: no login that waits has it".to_owned()).into_response()
}

/// A refusal that makes browsers ask for email and password.
fn ask(why: &str) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"who logs in on the device\"")];
    (StatusCode::UNAUTHORIZED, challenge, format!("{why}\n")).into_response()
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
    let now = hub.simulation.clock.now();
    let redeemed = hub.accounts().device_logins.redeem(&request.device_code, &request.code_verifier, now);
    let (error, description) = match redeemed {
        Ok(grantee) => match session(&hub, grantee) {
            Some(session) => {
                client.logged_in(&hub, "DeviceLogin", &session);
                return Json(session.json).into_response();
            }
            None => ("access_denied", "the user is gone"),
        },
        Err(NotRedeemed::Pending) => {
            return refused("authorization_pending", "nobody has said at the verification page who logs in");
        }
        Err(NotRedeemed::Unknown) => ("invalid_grant", "device_code: unknown, or used already"),
        Err(NotRedeemed::Expired) => ("expired_token", "device_code: too late"),
        Err(NotRedeemed::Mismatch) => ("invalid_grant", "code_verifier: does not fit the challenge"),
    };
    client.denied(&hub, "DeviceLogin", &ApiError::unauthorized(description));
    refused(error, description)
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
