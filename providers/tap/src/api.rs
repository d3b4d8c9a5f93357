//! A cluster's requests on their way through the tap.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::{FutureExt, StreamExt};
use http::header::{ACCEPT, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use stagegate_kubernetes::observation::{self, Asked, SYSTEM, impersonated};
use stagegate_simulation::{
    Audit, Endless, ErrorMessage, FaultyApi, Origin, Simulation, Subject, inject_faults, record_exchanges,
};
use tokio_util::sync::CancellationToken;

use crate::answer;
use crate::change;
use crate::effects::Answers;
use crate::made::OnMade;
use crate::proxy;
use crate::sender::{Sender, bearer};
use crate::upstream::{Upstream, chain};

/// What requests are handed on with.
pub(crate) struct Api {
    pub(crate) simulation: Simulation,
    pub(crate) upstream: Upstream,
    /// The tap's own token.
    pub(crate) token: String,
    /// What came of requests that change something, where that is watched.
    pub(crate) answers: Option<Answers>,
    pub(crate) made: Option<OnMade>,
    pub(crate) stop: CancellationToken,
}

/// The router of the tap, with faults injected and exchanges reported.
pub(crate) fn router(api: Arc<Api>) -> Router {
    let simulation = api.simulation.clone();
    let faulty = Arc::new(TappedApi(Arc::clone(&api)));
    let router = inject_faults(Router::new().fallback(handle).with_state(api), &simulation, SYSTEM, faulty);
    record_exchanges(router, &simulation, SYSTEM)
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let asked = Asked::of(request.method(), request.uri());
    let sender = Sender::of(request.headers(), &api.token);
    let people = People::of(&api, &sender, request.headers());
    let origin = Origin::of_request(request.extensions(), request.headers());
    let (parts, body) = request.into_parts();
    let subject = asked.is_watch().then(|| Subject::of_request(SYSTEM, &TappedApi(Arc::clone(&api)), &parts));
    let mut request = Request::from_parts(parts, body);
    let endless = asked.is_watch() || (asked.subresource() == "log" && follows(&request));
    sender.present(request.headers_mut());
    prefer_json(request.headers_mut());
    let next = if sender == Sender::Owner { api.upstream.own() } else { api.upstream.other() };
    let answer = if asked.changes_objects() && !request.headers().contains_key(UPGRADE) {
        change::forward(&api, asked.clone(), next, request, origin).await
    } else {
        proxy::forward(next, request, &api.stop).await.map(|response| response.map(Body::new))
    };
    let (mut response, message) = match answer {
        Ok(response) => explained(&asked, response).await,
        Err(error) => {
            let message = format!("the API server {} did not answer the tap: {}", api.upstream.url(), chain(&*error));
            (observation::refusal(StatusCode::BAD_GATEWAY, message.clone()), Some(message))
        }
    };
    let audit = people.audit(&asked, response.status(), message.as_deref());
    if let Some(subject) = subject.filter(|_| response.status().is_success()) {
        let faults = api.simulation.faults.clone();
        let cut = async move { faults.stream_cut(&subject).await }.boxed();
        response = response.map(|body| Body::from_stream(body.into_data_stream().take_until(cut)));
    }
    let extensions = response.extensions_mut();
    extensions.insert(audit);
    if endless {
        extensions.insert(Endless);
    }
    if let Some(message) = message {
        extensions.insert(ErrorMessage(message));
    }
    response
}

/// Of a client that takes JSON as well as protobuf, JSON is asked for: it can be read on the way.
fn prefer_json(headers: &mut HeaderMap) {
    let Some(accepted) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else { return };
    let (protobuf, others): (Vec<&str>, Vec<&str>) =
        accepted.split(',').map(str::trim).partition(|media| media.starts_with("application/vnd.kubernetes.protobuf"));
    let takes_json = others.iter().any(|media| media.starts_with("application/json") || media.starts_with("*/*"));
    if let (false, true, Ok(left)) = (protobuf.is_empty(), takes_json, HeaderValue::try_from(others.join(","))) {
        headers.insert(ACCEPT, left);
    }
}

/// Whether the log is to go on.
fn follows(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').any(|pair| matches!(pair, "follow" | "follow=true" | "follow=1"))
}

/// The answer, and what a refusal says. What comes out of a Pod is not looked into.
async fn explained(asked: &Asked, response: Response) -> (Response, Option<String>) {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    if !refused || asked.subresource() == "proxy" {
        return (response, None);
    }
    let (response, message) = answer::message_of(response).await;
    (response, Some(message))
}

/// Who sent a request, and whom it is to be answered as.
struct People {
    sender: String,
    acting_as: Option<String>,
}

impl People {
    fn of(api: &Api, sender: &Sender, headers: &HeaderMap) -> Self {
        let sender = sender.name(api.upstream.user(), headers).unwrap_or_default();
        Self { sender, acting_as: impersonated(headers).map(str::to_owned) }
    }

    /// What the API server's own audit would say, by how it answered.
    fn audit(self, asked: &Asked, status: StatusCode, message: Option<&str>) -> Audit {
        let may_not =
            status == StatusCode::FORBIDDEN && message.is_some_and(|text| text.contains("cannot impersonate"));
        match self.acting_as {
            _ if status == StatusCode::UNAUTHORIZED => asked.audit("", None),
            Some(user) if !may_not => asked.audit(&user, Some(self.sender)),
            _ => asked.audit(&self.sender, None),
        }
    }
}

impl Api {
    fn principal(&self, headers: &HeaderMap) -> Option<String> {
        Sender::of(headers, &self.token).name(self.upstream.user(), headers)
    }
}

/// The cluster's API, for the layer that injects faults.
struct TappedApi(Arc<Api>);

impl FaultyApi for TappedApi {
    fn operation(&self, request: &Parts) -> Option<String> {
        Some(Asked::of(&request.method, &request.uri).operation())
    }

    fn principal(&self, request: &Parts) -> Option<String> {
        self.0.principal(&request.headers)
    }

    /// The credentials themselves: two callers who share them are the same one.
    fn audience(&self, request: &Parts) -> Option<String> {
        let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // Without the number of a command, which is another one each time.
        let credentials = bearer(&request.headers).unwrap_or_else(|| text("authorization"));
        (!credentials.is_empty()).then(|| format!("{credentials} {}", text("impersonate-user")))
    }

    fn refuse(&self, status: StatusCode, message: String) -> Response {
        observation::refusal(status, message)
    }
}
