//! Logins, all of them outside the OpenAPI description: as a worker (`POST /auth/worker`), and to another
//! organization (`GET /auth/switch-organization`).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::router::{RequestId, port};
use crate::audit::{ActorKind, AuditActor, AuditEntity, AuditOutcome, Requested};
use crate::entity::BridgeWorker;
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{Caller, Grantee, Principal, Secret};

const SESSION_COOKIE: &str = "confighub_session";
const REFRESH_COOKIE: &str = "confighub_refresh_token";

/// The client of a request outside `/api`, for the audit trail and for links back to the hub.
pub(super) struct Client {
    request_id: String,
    user_agent: String,
    port: Option<u16>,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
            user_agent: agent.unwrap_or_default().to_owned(),
            port: port(parts),
        })
    }
}

impl Client {
    /// An address of the hub, as this client reached it.
    pub(super) fn url(&self, path: &str) -> String {
        self.port.map(|port| format!("http://127.0.0.1:{port}{path}")).unwrap_or_default()
    }

    /// Writes down that a login or another request was refused.
    pub(super) fn denied(&self, hub: &HubState, operation: &'static str, refusal: &ApiError) {
        hub.audit_refused(operation, self.request_id.clone(), self.user_agent.clone(), refusal);
    }

    /// Writes down that a session was made.
    pub(super) fn logged_in(&self, hub: &HubState, operation: &'static str, session: &Issued) {
        let entity =
            AuditEntity { kind: "Session".into(), id: None, slug: session.email.clone(), space: None, revision: None };
        let requested = self.requested(hub, operation, session.grantee, &session.email);
        hub.trail().add(&Arc::new(requested), AuditOutcome::Created, Some(entity), "logged in".to_owned());
    }

    /// Writes down what an administrator did.
    pub(super) fn administered(
        &self,
        hub: &HubState,
        operation: &'static str,
        caller: &Caller,
        (kind, id, slug): (&'static str, Option<Uuid>, &str),
        space: Option<String>,
        summary: String,
    ) {
        let entity = AuditEntity { kind: kind.into(), id, slug: slug.to_owned(), space, revision: None };
        let (organization, worker) = (caller.organization, caller.worker);
        let Principal::User(user) = caller.principal else { return };
        let requested = self.requested(hub, operation, Grantee { user, organization, worker }, &caller.name);
        hub.trail().add(&Arc::new(requested), AuditOutcome::Updated, Some(entity), summary);
    }

    /// What entries of this request have in common.
    fn requested(&self, hub: &HubState, operation: &'static str, grantee: Grantee, name: &str) -> Requested {
        let Grantee { user, organization, worker } = grantee;
        Requested {
            at: hub.simulation.clock.now(),
            actor: AuditActor { kind: ActorKind::User, id: Some(user), name: name.to_owned(), worker },
            organization: Some(organization),
            operation: operation.into(),
            request_id: self.request_id.clone(),
            user_agent: self.user_agent.clone(),
            command: None,
        }
    }
}

/// A session that was made.
pub(super) struct Issued {
    pub(super) grantee: Grantee,
    pub(super) email: String,
    tokens: [Secret; 2],
    /// In the keys of the client's `session.json`.
    pub(super) json: Value,
}

/// Makes a session for a user in an organization; `None` when there is no such user or organization.
pub(super) fn session(hub: &HubState, grantee: Grantee) -> Option<Issued> {
    let mut accounts = hub.accounts();
    let user = accounts.user(grantee.user)?.clone();
    let organization =
        accounts.organizations().iter().find(|one| one.organization_id == grantee.organization)?.external_id.clone();
    let tokens = accounts.issue(&hub.simulation, grantee, None);
    let [access, refresh] = &tokens;
    let json = json!({
        "user": {
            "id": user.external_id,
            "email": user.username,
            "first_name": user.display_name,
            "last_name": "",
            "profile_picture_url": "",
            "created_at": user.created_at,
            "updated_at": user.updated_at,
        },
        "access_token": access,
        "refresh_token": refresh,
        "organization_id": organization,
        "auth_type": "Bearer",
    });
    Some(Issued { grantee, email: user.username, tokens, json })
}

#[derive(Deserialize)]
struct WorkerCredentials {
    #[serde(default)]
    worker_id: String,
    #[serde(default)]
    worker_secret: Secret,
    /// Of the login by signed assertion (RFC 7523), which clients of 2026 have.
    client_assertion: Option<Secret>,
}

/// Gives a session, in the keys of the client's `session.json`, for a worker's id and secret. Its token
/// is the worker's user's, until the worker is deleted or its secret changed.
pub(super) async fn as_worker(
    State(hub): State<Arc<HubState>>,
    client: Client,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let credentials: WorkerCredentials =
        serde_json::from_slice(&body).map_err(|error| ApiError::bad_request(format!("request body: {error}")))?;
    if credentials.client_assertion.is_some() {
        return Err(ApiError::not_supported("login by client_assertion"));
    }
    let refusal = || ApiError::unauthorized("invalid worker id or secret");
    let found = found(&hub, &credentials).and_then(|(worker, organization)| {
        let grantee = Grantee { user: worker.user_id?, organization, worker: Some(worker.bridge_worker_id) };
        Some((session(&hub, grantee)?, worker))
    });
    let Some((mut session, worker)) = found else {
        client.denied(&hub, "WorkerLogin", &refusal());
        return Err(refusal());
    };
    client.logged_in(&hub, "WorkerLogin", &session);
    let slug = &worker.metadata.slug;
    session.json["user"]["id"] = json!(worker.bridge_worker_id);
    session.json["user"]["email"] = json!(format!("{slug}@workers.invalid"));
    session.json["user"]["first_name"] = json!(slug);
    session.json["refresh_token"] = json!("");
    Ok(Json(session.json))
}

fn found(hub: &HubState, credentials: &WorkerCredentials) -> Option<(BridgeWorker, Uuid)> {
    let id = Uuid::parse_str(&credentials.worker_id).ok()?;
    hub.tenants().into_iter().find_map(|(organization, tenant)| {
        let store = tenant.store();
        let worker = store.bridge_workers.get(id).filter(|worker| worker.secret == credentials.worker_secret)?;
        Some((worker.clone(), organization))
    })
}

/// Which organization to switch to, by its external id.
#[derive(Deserialize)]
pub(super) struct Switch {
    #[serde(default)]
    organization_id: String,
}

/// Gives a session in another organization of the user whose refresh token the cookie holds, as two
/// cookies of a redirection: `cub auth switch`.
pub(super) async fn switch_organization(
    State(hub): State<Arc<HubState>>,
    client: Client,
    headers: HeaderMap,
    Query(wanted): Query<Switch>,
) -> Result<Response, ApiError> {
    let session = switched(&hub, &headers, &wanted.organization_id)
        .inspect_err(|refusal| client.denied(&hub, "SwitchOrganization", refusal))?;
    client.logged_in(&hub, "SwitchOrganization", &session);
    let mut response = (StatusCode::FOUND, [(header::LOCATION, "/")]).into_response();
    for (name, token) in [SESSION_COOKIE, REFRESH_COOKIE].into_iter().zip(&session.tokens) {
        let cookie = format!("{name}={}; Path=/; HttpOnly; SameSite=Lax", token.expose());
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

fn switched(hub: &HubState, headers: &HeaderMap, external_id: &str) -> Result<Issued, ApiError> {
    let refresh = cookie(headers, REFRESH_COOKIE)
        .ok_or_else(|| ApiError::unauthorized(&format!("missing cookie {REFRESH_COOKIE}")))?;
    let grantee = {
        let accounts = hub.accounts();
        let grantee = accounts.tokens.refreshed(&refresh, hub.simulation.clock.now())?;
        let found = accounts.organizations_of(grantee.user).find(|one| one.external_id == external_id);
        let organization = found.map(|organization| organization.organization_id).ok_or_else(|| {
            ApiError::forbidden(format!("organization_id: the user is no member of an organization `{external_id}`"))
        })?;
        Grantee { organization, ..grantee }
    };
    session(hub, grantee).ok_or_else(|| ApiError::unauthorized("the refresh token's user is gone"))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned())
}
