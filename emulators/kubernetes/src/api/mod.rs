//! The HTTP API: what a request asks for, and the answer.

pub(crate) mod access;
mod access_review;
mod autoscaling_v1;
mod binding;
mod body;
mod continue_token;
pub(crate) mod delete;
mod discovery;
mod eviction;
mod faulty;
mod field_error;
mod field_selector;
mod field_set;
mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod go_json;
mod go_value;
mod go_yaml;
mod json_patch;
mod label_selector;
mod last_applied;
mod list_options;
mod logs;
pub(crate) mod managed_fields;
mod merge;
mod merge_patch;
mod metrics;
mod openapi;
mod openapi_paths;
mod patch;
pub(crate) mod prepare;
#[cfg(test)]
mod properties;
mod protobuf;
mod proxy;
pub(crate) mod query;
mod read;
mod request;
mod reviews;
mod scale;
pub(crate) mod selectors;
mod server_side_apply;
pub(crate) mod status;
mod strategic_merge;
mod streaming;
mod table;
mod token_request;
mod watch;
pub(crate) mod write;
mod write_options;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use stagegate_simulation::{Audit, ClientCertificate, Origin, Subject, inject_faults, record_exchanges};

use crate::access::{Attributes, Rbac, User, impersonation};
use crate::certificates::Authority;
use crate::kinds::{Registry, Treatment, ephemeral};
use crate::node::Node;
use crate::store::{Store, Writer};
use access::Access;
use faulty::ClusterApi;
pub(crate) use faulty::{SYSTEM, subject_of};
use query::Query;
pub(crate) use request::is_watch;
use request::{Resource, Target};
use status::ApiError;

/// What handlers work with.
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) access: Access,
    pub(crate) rbac: Rbac,
    pub(crate) node: Arc<Node>,
    pub(crate) authority: Authority,
}

/// One request, past authentication.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) query: Query,
    pub(crate) headers: http::HeaderMap,
    pub(crate) user: User,
    pub(crate) writer: Writer,
    /// The time by which credentials are judged.
    pub(crate) judged_at: jiff::Timestamp,
}

impl Call {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Who is written down in `managedFields`: `fieldManager`, else the client's program name.
    fn field_manager(&self) -> String {
        self.query.get("fieldManager").map_or_else(
            || {
                let agent = self.header(header::USER_AGENT);
                agent.split('/').next().filter(|name| !name.is_empty()).unwrap_or("unknown").to_owned()
            },
            str::to_owned,
        )
    }

    fn dry_run(&self) -> bool {
        self.query.get("dryRun").is_some_and(|value| value == "All")
    }
}

/// The router of the whole API, with exchanges reported.
pub(crate) fn router(api: Arc<Api>) -> Router {
    let simulation = api.store.simulation.clone();
    let faulty = Arc::new(ClusterApi(Arc::clone(&api)));
    let router = inject_faults(Router::new().fallback(handle).with_state(api), &simulation, SYSTEM, faulty);
    record_exchanges(router, &simulation, SYSTEM)
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let mut audit = Audit::default();
    let mut response = answer(&api, request, &mut audit).await.unwrap_or_else(IntoResponse::into_response);
    response.extensions_mut().insert(audit);
    response
}

async fn answer(api: &Arc<Api>, request: Request, audit: &mut Audit) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let upgrade = streaming::upgrade(&mut parts).await;
    let origin = Origin::of_request(&parts.extensions, &parts.headers);
    let mut query = Query::parse(parts.uri.query().unwrap_or_default());
    if is_watch(parts.uri.path()) {
        query.add("watch", "true");
    }
    let simulation = &api.store.simulation;
    let skew =
        simulation.faults.clock_skew(|| Subject::of_request(SYSTEM, &faulty::ClusterApi(Arc::clone(api)), &parts));
    let judged_at = simulation.clock.now().saturating_add(skew).unwrap_or_default();
    let user = authorized(api, &parts, &query, judged_at, audit)?;
    let target = request::target(&api.registry, parts.uri.path())?;
    let writer = Writer::client(&origin);
    let call = Call { method: parts.method, query, user, headers: parts.headers, writer, judged_at };
    match target {
        Target::Health => Ok("ok".into_response()),
        Target::Version => Ok(Json(version()).into_response()),
        Target::Groups(which) => discovery::groups(api, &call, which),
        Target::Resources { group, version } => discovery::resources(api, &group, &version),
        Target::OpenApiV2 => openapi::version_2(&call),
        Target::OpenApiIndex => Ok(openapi::index(api)),
        Target::OpenApi { group, version } => openapi::document(api, &group, &version),
        Target::Resource(resource) if streaming::is_asked(&resource) => {
            streaming::answer(api, &call, &resource, upgrade)
        }
        Target::Resource(resource) => {
            let deprecated = &*resource.kind.resource == "endpoints";
            let mut response = resource_answer(api, &call, resource, body).await?;
            if deprecated {
                response.headers_mut().append("warning", ENDPOINTS_ARE_DEPRECATED);
            }
            Ok(response)
        }
    }
}

/// The user on whose behalf a request is answered, when that user may ask this.
///
/// `audit` is told as much as is known when this fails.
fn authorized(
    api: &Api,
    parts: &http::request::Parts,
    query: &Query,
    judged_at: jiff::Timestamp,
    audit: &mut Audit,
) -> Result<User, ApiError> {
    let path = parts.uri.path();
    let attributes = Attributes::of_request(parts.method.as_str(), path, query);
    *audit = attributes.audit("", None);
    let certificate = parts.extensions.get::<ClientCertificate>();
    let user = match certificate.and_then(|certificate| api.authority.subject(certificate)) {
        Some(subject) if !subject.is_valid_at(judged_at) => return Err(ApiError::unauthorized()),
        Some(subject) => User::of_certificate(subject),
        None => api.access.user_of(&parts.headers, judged_at)?,
    };
    let sender = user.name.clone();
    *audit = attributes.audit(&sender, None);
    let user = impersonation::user_of(&api.rbac, user, &parts.headers, path)?;
    if user.name != sender {
        *audit = attributes.audit(&user.name, Some(sender));
    }
    let decision = api.rbac.authorize(&user, &attributes);
    if decision.allowed { Ok(user) } else { Err(attributes.forbidden(&user.name, &decision.reason)) }
}

/// What every answer about Endpoints carries since Kubernetes 1.33.
const ENDPOINTS_ARE_DEPRECATED: http::HeaderValue = http::HeaderValue::from_static(
    "299 - \"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\"",
);

async fn resource_answer(api: &Arc<Api>, call: &Call, resource: Resource, body: Body) -> Result<Response, ApiError> {
    if resource.kind.treatment == Treatment::Answered {
        return reviews::answer(api, call, &resource, body).await;
    }
    if resource.kind.treatment == Treatment::Measured {
        return metrics::answer(api, call, &resource);
    }
    if read::view_of(&resource.kind).is_some() && ["POST", "PUT", "PATCH"].contains(&call.method.as_str()) {
        return Err(ApiError::not_emulated("writing Events of events.k8s.io/v1; those of v1 can be written"));
    }
    if autoscaling_v1::is(&resource.kind) {
        return autoscaling_v1::answer(api, call, &resource, body).await;
    }
    if let Some(subresource) = resource.subresource.clone() {
        return subresource_answer(api, call, resource, &subresource, body).await;
    }
    // Objects are written, and collections deleted, in a namespace only.
    let everywhere = resource.kind.namespaced && resource.namespace.is_none();
    match (call.method.as_str(), &resource.name) {
        ("POST" | "DELETE", None) if everywhere => Err(ApiError::method_not_allowed()),
        ("GET" | "HEAD", _) if watch::is_asked(&call.query) => watch::start(api, call, &resource),
        ("GET" | "HEAD", Some(_)) => read::get(api, call, &resource),
        ("GET" | "HEAD", None) => read::list(api, call, &resource),
        ("POST", None) => {
            let object = body::object(call, &resource.kind, body).await?;
            let created = write::create(api, call, &resource, object)?;
            Ok(created.into_response(&resource.kind, StatusCode::CREATED))
        }
        ("PUT", Some(_)) => {
            let object = body::object(call, &resource.kind, body).await?;
            let updated = write::replace(api, call, &resource, object)?;
            Ok(updated.into_response(&resource.kind, StatusCode::OK))
        }
        ("PATCH", Some(_)) => patch::answer(api, call, &resource, body).await,
        ("DELETE", Some(_)) => delete::one(api, call, &resource, body).await,
        ("DELETE", None) if resource.kind.allows_collection_deletion() => {
            delete::collection(api, call, &resource, body).await
        }
        _ => Err(ApiError::method_not_allowed()),
    }
}

async fn subresource_answer(
    api: &Arc<Api>,
    call: &Call,
    resource: Resource,
    subresource: &str,
    body: Body,
) -> Result<Response, ApiError> {
    let method = call.method.as_str();
    match (resource.kind.kind.as_str(), subresource, method) {
        (_, "status" | "approval", "GET") | ("Pod", ephemeral::SUBRESOURCE, "GET") => read::get(api, call, &resource),
        (_, "status" | "approval" | "finalize", "PUT") | ("Pod", ephemeral::SUBRESOURCE, "PUT") => {
            let object = body::object(call, &resource.kind, body).await?;
            let updated = write::replace(api, call, &resource, object)?;
            Ok(updated.into_response(&resource.kind, StatusCode::OK))
        }
        (_, "status" | "approval", "PATCH") | ("Pod", ephemeral::SUBRESOURCE, "PATCH") => {
            patch::answer(api, call, &resource, body).await
        }
        (_, "scale", _) => scale::answer(api, call, &resource, body).await,
        ("Pod", "log", "GET") => logs::answer(api, call, &resource),
        ("Pod" | "Service", "proxy", _) => proxy::answer(api, call, &resource).await,
        ("Pod", "eviction", "POST") => eviction::answer(api, call, &resource, body).await,
        ("Pod", "binding", "POST") => binding::answer(api, call, resource, body).await,
        ("ServiceAccount", "token", "POST") => token_request::create(api, call, &resource, body).await,
        (_, "status" | "approval", _) | ("Pod", ephemeral::SUBRESOURCE, _) => Err(ApiError::method_not_allowed()),
        (kind, subresource, method) => {
            Err(ApiError::not_emulated(&format!("{method} of the subresource {subresource} of {kind}")))
        }
    }
}

/// What is wrong with a JSON text, in the words of Go's decoder.
pub(crate) fn json_error(bytes: &[u8]) -> Result<(), String> {
    go_json::value(bytes).map(drop)
}

/// What `/version` answers: the version whose behaviour the emulator claims.
fn version() -> Value {
    json!({
        "major": "1",
        "minor": "34",
        "emulationMajor": "1",
        "emulationMinor": "34",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "33",
        "gitVersion": "v1.34.1+stagegate",
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2025-09-09T19:37:58Z",
        "goVersion": "go1.24.6",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}
