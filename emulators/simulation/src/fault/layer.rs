//! The layer before an emulator's handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::header::{CONTENT_LENGTH, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::answer;
use super::faults::Kept;
use super::matching::Subject;
use super::rule::{DropAt, Effect, FaultRule};
use crate::Simulation;
use crate::origin::{ORIGIN_HEADER, Origin};

/// What the layer must know of the API behind it.
pub trait FaultyApi: Send + Sync + 'static {
    /// The id of the operation that a request leads to.
    fn operation(&self, request: &Parts) -> Option<String>;
    /// Who a request's token belongs to.
    fn principal(&self, request: &Parts) -> Option<String>;
    /// Who may be shown what was answered to a request: a text that no two callers share who may get
    /// different answers. `None` for a request whose answer is for nobody else, such as one without credentials.
    fn audience(&self, request: &Parts) -> Option<String>;
    /// An answer in the API's own error shape.
    fn refuse(&self, status: StatusCode, message: String) -> Response;
}

/// A response extension: the server drops the connection instead of answering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

/// Adds to `router` the layer that lets the rules of the simulation's [`Faults`](super::Faults) loose
/// on its requests. It belongs inside of [`record_exchanges`](crate::record_exchanges).
pub fn inject_faults(router: Router, simulation: &Simulation, system: &'static str, api: Arc<dyn FaultyApi>) -> Router {
    let layer = Layer { simulation: simulation.clone(), system, api };
    router.layer(middleware::from_fn_with_state(layer, inject))
}

#[derive(Clone)]
struct Layer {
    simulation: Simulation,
    system: &'static str,
    api: Arc<dyn FaultyApi>,
}

async fn inject(State(layer): State<Layer>, request: Request, next: Next) -> Response {
    if layer.simulation.faults.is_empty() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let subject = Subject::of_request(layer.system, &*layer.api, &parts);
    let met = layer.simulation.faults.draw(&subject, Effect::is_on_requests);
    let (target, read) = (parts.uri.to_string(), parts.method == Method::GET);
    let waiting = Waiting::of_headers(&parts.headers);
    let mut stale = None;
    let mut audience = None;
    for kept in &met {
        match &kept.rule.effect {
            Effect::Latency(spread) => {
                let delay = spread.draw(layer.simulation.faults.seed(), &format!("latency {}", kept.id));
                layer.hold(kept, waiting, Some(delay)).await;
            }
            Effect::Error { status, message } => return layer.error(&kept.rule, *status, message),
            Effect::RateLimit { retry_after } => {
                let mut response = layer.error(&kept.rule, StatusCode::TOO_MANY_REQUESTS.as_u16(), "");
                let seconds = retry_after.0.as_millis().div_ceil(1000);
                let value = HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX));
                response.headers_mut().insert(RETRY_AFTER, value);
                return response;
            }
            Effect::Drop(DropAt::Before) => return cut(),
            Effect::HalfOpen => {
                let left = kept.ends_at().map(|end| layer.simulation.clock.until(end));
                layer.hold(kept, waiting, left).await;
                return cut();
            }
            Effect::Partition => {
                let left = kept.ends_at().map(|end| layer.simulation.clock.until(end));
                layer.hold(kept, waiting, left).await;
            }
            Effect::Stale if read => {
                audience = audience.or_else(|| layer.api.audience(&parts));
                let Some(audience) = &audience else { continue };
                let key = (audience.clone(), target.clone());
                let answers = kept.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if let Some(old) = answers.get(&key).cloned() {
                    return old.response();
                }
                stale = Some((kept, key));
            }
            _ => {}
        }
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if answer::is_endless(&response) {
        return response;
    }
    for kept in &met {
        response = match kept.rule.effect {
            Effect::Drop(DropAt::After) => return cut(),
            Effect::Drop(DropAt::Middle) => return answer::broken_off(response).await,
            Effect::Truncate => answer::truncated(response).await,
            Effect::Garble => {
                let series = format!("garble {}", kept.id);
                answer::garbled(response, layer.simulation.faults.seed(), &series).await
            }
            _ => response,
        };
    }
    match stale {
        Some((kept, key)) => keep(kept, key, response).await,
        None => response,
    }
}

async fn keep(kept: &Kept, key: (String, String), response: Response) -> Response {
    let (response, old) = answer::copy(response).await;
    if let Some(old) = old {
        let mut answers = kept.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.entry(key).or_insert(old);
    }
    response
}

fn cut() -> Response {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
    response.extensions_mut().insert(Cut);
    response
}

impl Subject {
    /// What rules must know of a request to `system`.
    pub fn of_request(system: &'static str, api: &dyn FaultyApi, parts: &Parts) -> Self {
        let user_agent = parts.headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            system,
            operation: api.operation(parts),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            principal: api.principal(parts),
            user_agent: user_agent.unwrap_or_default().to_owned(),
            origin: Origin::of_request(&parts.extensions, &parts.headers),
        }
    }
}

impl Layer {
    fn error(&self, rule: &FaultRule, status: u16, message: &str) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = match (message, &rule.label) {
            ("", Some(label)) => format!("injected fault {label}"),
            ("", None) => format!("injected fault: {}", rule.effect),
            (message, _) => message.to_owned(),
        };
        self.api.refuse(status, message)
    }

    /// Holds a request back for a time, or for ever; until the rule is removed in any case.
    async fn hold(&self, kept: &Kept, waiting: Waiting, time: Option<Duration>) {
        let clock = &self.simulation.clock;
        let _held = Held::of(kept);
        let lent = match waiting {
            Waiting::Nobody => None,
            Waiting::Request => Some(clock.lend(false)),
            Waiting::Step => Some(clock.lend(true)),
        };
        let wait = async {
            tokio::select! {
                biased;
                () = kept.removed.cancelled() => {}
                () = async {
                    match time {
                        Some(time) => clock.sleep(time).await,
                        None => std::future::pending().await,
                    }
                } => {}
            }
        };
        let ((), busy) = clock.attended(wait).await;
        drop(lent);
        drop(busy);
    }
}

/// Who keeps a jumping clock still while it waits for the answer.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    /// A client of another process.
    Nobody,
    /// The client that sent the request.
    Request,
    /// The client, and the step in the foreground.
    Step,
}

impl Waiting {
    fn of_headers(headers: &HeaderMap) -> Self {
        match headers.get(ORIGIN_HEADER).and_then(|value| value.to_str().ok()) {
            Some("step") => Self::Step,
            Some("worker") => Self::Request,
            _ => Self::Nobody,
        }
    }
}

/// Counts a request that is held back.
struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    fn of(kept: &'a Kept) -> Self {
        kept.held.fetch_add(1, Ordering::AcqRel);
        Self(&kept.held)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
