//! From HTTP to operations.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{HeaderValue, Method, header, request::Parts};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on, post};
use stagegate_simulation::{Actor, Origin};

use super::operations::{Operation, Serve, operations};
use super::permission::access_of_invocation;
use super::request_body::check_body;
use super::{Call, administration, audit, body, device, login, parameters};
use crate::audit::Notes;
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{Access, Principal, access};
use crate::worker;

const WORKER_LOGIN_PATH: &str = "/auth/worker";
const SWITCH_PATH: &str = "/auth/switch-organization";
const AUDIT_PATH: &str = "/stagegate/audit";
const MEMBER_PATH: &str = "/stagegate/member";
const SECRET_PATH: &str = "/stagegate/bridge_worker/{bridge_worker_id}/secret";
/// What is ours and not the API's, beside the rules for faults themselves.
const OURS: [&str; 3] = [AUDIT_PATH, MEMBER_PATH, SECRET_PATH];

/// Everything the hub listens for.
pub(crate) fn router(hub: Arc<HubState>) -> Router {
    let mut router = Router::new()
        .route(WORKER_LOGIN_PATH, post(login::as_worker))
        .route(SWITCH_PATH, get(login::switch_organization))
        .route(device::AUTHORIZATION_PATH, post(device::authorize))
        .route(device::TOKEN_PATH, post(device::token))
        .route(device::VERIFICATION_PATH, get(device::verify))
        .route(AUDIT_PATH, get(audit::read))
        .route(MEMBER_PATH, get(administration::members).put(administration::set_member))
        .route(SECRET_PATH, post(administration::rotate_secret));
    for operation in operations() {
        let path = format!("/api{}", operation.path);
        let handler = move |State(hub): State<Arc<HubState>>, request: Request| answer(hub, operation, request);
        router = router.route(&path, on(filter(&operation.method), handler));
    }
    router
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&hub), add_request_id))
        .with_state(hub)
}

/// The paths of all that rules for faults can meet.
pub(crate) fn routes() -> impl Iterator<Item = String> {
    let others =
        [WORKER_LOGIN_PATH, SWITCH_PATH, device::AUTHORIZATION_PATH, device::TOKEN_PATH, device::VERIFICATION_PATH];
    let others = others.into_iter().chain(OURS).map(str::to_owned);
    operations().map(|operation| format!("/api{}", operation.path)).chain(others)
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

async fn unknown_path(request: Request) -> ApiError {
    ApiError::not_found(format!("no such path: {}", request.uri().path()))
}

async fn unknown_method(request: Request) -> ApiError {
    ApiError::method_not_allowed(format!("{} is not allowed on {}", request.method(), request.uri().path()))
}

const REQUEST_ID: &str = "x-request-id";

/// Clients print this header with every refusal. One that a client chose itself comes back to it.
async fn add_request_id(State(hub): State<Arc<HubState>>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let id = match given.filter(|text| !text.is_empty()) {
        Some(given) => given.to_owned(),
        None => hub.simulation.seed.uuid("Request").simple().to_string(),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A request extension: the id that its answer gives.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

async fn answer(hub: Arc<HubState>, operation: &'static Operation, request: Request) -> Response {
    match serve(hub, operation, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn serve(hub: Arc<HubState>, operation: &'static Operation, request: Request) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let access = access(operation).unwrap_or(Access::Owner);
    let identified = if access == Access::Public { Ok(hub.anyone()) } else { hub.caller(authorization) };
    let user_agent = header_text(&parts, "user-agent");
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let (caller, tenant) = identified.inspect_err(|refusal| {
        hub.audit_refused(operation.id, request_id.clone(), user_agent.clone(), refusal);
    })?;
    let body = body::read(body).await?;
    let ledger = header_text(&parts, stagegate_simulation::STREAM_HEADER);
    let mut call = Call {
        hub: &hub,
        operation,
        path: path_parameters(&mut parts).await?,
        query: parameters::of_query(operation, &parts.uri)?,
        body,
        origin: origin(&parts, caller.principal),
        caller,
        access,
        tenant,
        request_id,
        notes: Notes::default(),
        user_agent,
        now: hub.simulation.clock.now(),
        port: port(&parts),
    };
    if access == Access::Invocation {
        call.access = access_of_invocation(&call.body, call.flag("dry_run")?);
    }
    let outcome = carry_out(&hub, &call, ledger.parse().ok()).await;
    hub.audit_call(&call, outcome.as_ref().err());
    outcome
}

/// Does what the call asks for, if the caller may.
async fn carry_out(hub: &Arc<HubState>, call: &Call<'_>, ledger: Option<u64>) -> Result<Response, ApiError> {
    match call.operation.serve {
        Serve::ForUsers(handler) | Serve::ForWorkers(handler) | Serve::Publicly(handler) => {
            let mut store = call.tenant.store();
            call.authorize(&store)?;
            check_body(call.operation.id, &call.body)?;
            handler(&mut store, call).map(IntoResponse::into_response)
        }
        Serve::Awaited(handler) => {
            call.authorize(&call.tenant.store())?;
            check_body(call.operation.id, &call.body)?;
            handler(call).await.map(IntoResponse::into_response)
        }
        Serve::Stream => {
            call.authorize(&call.tenant.store())?;
            worker::open_stream(Arc::clone(hub), call, ledger)
        }
    }
}

fn header_text(parts: &Parts, name: &str) -> String {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// HTTP/1.1 gives it in the Host header, HTTP/2 in the URI.
pub(super) fn port(parts: &Parts) -> Option<u16> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    parts.uri.port_u16().or_else(|| host?.rsplit_once(':')?.1.parse().ok())
}

async fn path_parameters(parts: &mut Parts) -> Result<HashMap<String, String>, ApiError> {
    let parameters = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|error| ApiError::bad_request(format!("path: {error}")))?;
    Ok(parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Who sent the request. The real worker does not say that it is one; its token does.
fn origin(parts: &Parts, principal: Principal) -> Origin {
    let mut origin = Origin::of_request(&parts.extensions, &parts.headers);
    if matches!(principal, Principal::Worker(_)) && !matches!(origin.actor, Actor::Worker { .. }) {
        origin.actor = Actor::Worker { operation: None };
    }
    origin
}
