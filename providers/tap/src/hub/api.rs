//! A hub's requests on their way through the tap.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::Value;
use stagegate_confighub::observation::{self, SYSTEM, operation_of};
use stagegate_simulation::{ErrorMessage, FaultyApi, Origin, Simulation, Subject, inject_faults, record_exchanges};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::BoxError;

use super::entities::Entities;
use super::operations;
use super::worker_stream;
use crate::answer;
use crate::made::{Awaited, Made, OnMade};
use crate::proxy::{self, Next};
use crate::sender::{Sender, bearer};
use crate::upstream::chain;

/// The operation that opens a worker's stream.
const STREAM: &str = "StreamBridgeWorker";

/// What requests are handed on with.
pub(super) struct Api {
    pub(super) simulation: Simulation,
    pub(super) url: String,
    pub(super) next: Next,
    pub(super) entities: Entities,
    pub(super) made: Option<OnMade>,
    pub(super) stop: CancellationToken,
    /// The requests under way that change something.
    pub(super) changing: TaskTracker,
}

/// The router of the tap, with faults injected and exchanges reported.
pub(super) fn router(api: Arc<Api>) -> Router {
    let simulation = api.simulation.clone();
    let faulty = Arc::new(TappedHub(Arc::clone(&api)));
    let router = inject_faults(Router::new().fallback(handle).with_state(api), &simulation, SYSTEM, faulty);
    record_exchanges(router, &simulation, SYSTEM)
}

async fn handle(State(api): State<Arc<Api>>, mut request: Request) -> Response {
    let origin = Origin::of_request(request.extensions(), request.headers());
    let operation = operation_of(request.method(), request.uri().path()).unwrap_or_default();
    let met = matches!(operation, STREAM | "CreateSpace").then(|| subject(&api, &request));
    if let Some(subject) = met.as_ref().filter(|_| operation == "CreateSpace")
        && is_over_quota(&api, subject).await
    {
        return observation::over_quota("Space");
    }
    // No token is the tap's own here; but the number of a command is nothing for the hub.
    Sender::of(request.headers(), "").present(request.headers_mut());
    let answered = if changes(request.method(), operation) {
        change(&api, operation, request, origin).await
    } else {
        proxy::forward(api.next.clone(), request, &api.stop).await.map(|response| response.map(Body::new))
    };
    match answered {
        Ok(response) => match met {
            Some(subject) if operation == STREAM && response.status().is_success() => {
                let faults = api.simulation.faults.clone();
                response.map(|body| worker_stream::under_faults(body, faults, subject))
            }
            _ => explained(operation, response).await,
        },
        Err(error) => {
            let message = format!("the hub {} did not answer the tap: {}", api.url, chain(&*error));
            observation::refusal(StatusCode::BAD_GATEWAY, message)
        }
    }
}

/// Whether a rule for faults allows no more spaces than there are.
async fn is_over_quota(api: &Api, subject: &Subject) -> bool {
    let faults = &api.simulation.faults;
    !faults.is_empty() && faults.quota(subject, "Space", api.entities.lock().await.spaces()).is_some()
}

fn subject(api: &Arc<Api>, request: &Request) -> Subject {
    let (mut parts, ()) = Request::new(()).into_parts();
    (parts.method, parts.uri) = (request.method().clone(), request.uri().clone());
    (parts.headers, parts.extensions) = (request.headers().clone(), request.extensions().clone());
    Subject::of_request(SYSTEM, &TappedHub(Arc::clone(api)), &parts)
}

/// Whether a request of this kind changes entities.
fn changes(method: &Method, operation: &str) -> bool {
    !operation.is_empty() && *method != Method::GET && operation != STREAM
}

/// Sends a request on that changes something and tells what it changed, before its client knows that it is done. It
/// goes on when the client leaves.
async fn change(
    api: &Arc<Api>,
    operation: &'static str,
    mut request: Request,
    origin: Origin,
) -> Result<Response, BoxError> {
    // Compressed, the answer could not be read on the way.
    request.headers_mut().remove(ACCEPT_ENCODING);
    let api = Arc::clone(api);
    let may_exist = request.uri().query().is_some_and(|query| query.contains("allow_exists"));
    let changing = api.changing.clone();
    let answered = changing.spawn(async move {
        if may_exist && api.made.is_some() {
            // What others have made meanwhile is not this request's.
            api.entities.lock().await.learn().await.map_err(BoxError::from)?;
        }
        let (parts, body) = request.into_parts();
        let asked = to_bytes(body, usize::MAX).await?;
        let request = Request::from_parts(parts, Body::from(asked.clone()));
        let awaited = space_awaited(&api, operation, &asked).await;
        let response = proxy::forward(api.next.clone(), request, &api.stop).await?;
        let (parts, body) = response.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await?;
        if parts.status.is_success() {
            tell_made(&api, operation, &body, may_exist).await;
        }
        if let Some(awaited) = awaited {
            awaited.answered();
        }
        if parts.status.is_success() {
            tell(&api, operation, (&asked, &body), origin).await;
        }
        Ok::<_, BoxError>(Response::from_parts(parts, Body::from(body)))
    });
    answered.await?
}

/// Tells that a space is asked for. One that is there already is somebody's.
async fn space_awaited(api: &Api, operation: &str, asked: &[u8]) -> Option<Awaited> {
    let told = api.made.as_ref().filter(|_| operation == "CreateSpace")?;
    let asked = serde_json::from_slice::<Value>(asked).ok()?;
    let slug = asked["Slug"].as_str().filter(|slug| !slug.is_empty())?;
    let is_new = !api.entities.lock().await.has_space_called(slug);
    is_new.then(|| told.asked(Made::Space { id: String::new(), slug: slug.to_owned() }))
}

/// Tells the spaces that are new, before anything that takes time: after a kill they are known by this alone.
async fn tell_made(api: &Api, operation: &str, answered: &Bytes, may_exist: bool) {
    let Some(told) = api.made.as_ref().filter(|_| Made::is_of_spaces(operation)) else { return };
    let answered = serde_json::from_slice::<Value>(answered).unwrap_or_default();
    let mut made = Made::spaces(operation, &answered);
    if may_exist && !made.is_empty() {
        // One that was there already may be the answer, too.
        let entities = api.entities.lock().await;
        made.retain(|made| !entities.has_space(made.id()));
    }
    for made in made {
        told.tell(made);
    }
}

async fn tell(api: &Api, operation: &str, (asked, answered): (&Bytes, &Bytes), origin: Origin) {
    let read = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (asked, answered) = (read(asked), read(answered));
    // A worker is still there: nothing changes by that.
    if asked["Action"] == "Heartbeat" {
        return;
    }
    let origin = operations::origin(&api.simulation, operation, &asked, origin);
    let mut entities = api.entities.lock().await;
    for (order, queued) in operations::queued(&answered) {
        if let Some(unit) = entities.unit_of(&queued) {
            api.simulation.operations.queued(&order, unit, origin.command);
        }
        entities.tell_queued(&api.simulation, &queued, &origin);
    }
    if operation == "CreateActionResult" && asked["Action"] != "InvokeFunctions" {
        entities.tell_report(&api.simulation, &asked, &origin);
    }
    if let Err(reason) = entities.refresh(&api.simulation, operation, &origin).await {
        tracing::warn!(%reason, operation, "what a request changed could not be read from the hub");
    }
}

/// The answer, with what it says that its status alone does not.
async fn explained(operation: &str, response: Response) -> Response {
    if response.status().is_client_error() || response.status().is_server_error() {
        let (mut response, message) = answer::message_of(response).await;
        response.extensions_mut().insert(ErrorMessage(message));
        return response;
    }
    let json =
        response.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"application/json"));
    if !json || !(operation.starts_with("Bulk") || operation.starts_with("InvokeFunctions")) {
        return response;
    }
    let (mut response, body) = answer::read_ahead(response, usize::MAX - 1).await;
    let items: Value = body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
    if let Some(message) = observation::shortfall(operation, &items) {
        response.extensions_mut().insert(ErrorMessage(message));
    }
    response
}

/// The hub's API, for the layer that injects faults.
struct TappedHub(Arc<Api>);

impl FaultyApi for TappedHub {
    fn operation(&self, request: &Parts) -> Option<String> {
        operation_of(&request.method, request.uri.path()).map(str::to_owned)
    }

    /// The user of the tap's token. Whose other tokens are, only the hub knows.
    fn principal(&self, request: &Parts) -> Option<String> {
        self.0.entities.user_of(bearer(&request.headers)?)
    }

    /// The credentials themselves: two callers who share them are the same one.
    fn audience(&self, request: &Parts) -> Option<String> {
        bearer(&request.headers).map(str::to_owned)
    }

    fn refuse(&self, status: StatusCode, message: String) -> Response {
        observation::refusal(status, message)
    }
}
