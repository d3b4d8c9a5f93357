//! A small API with faults, and a client that waits as a step does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use http::request::Parts;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use stagegate_simulation::{
    Change, Clock, Exchange, Faults, FaultyApi, Injected, Observer, Pace, Seed, Server, Simulation, Subject,
    inject_faults, loopback, record_exchanges,
};

pub(crate) const SYSTEM: &str = "confighub";

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) exchanges: Mutex<Vec<Exchange>>,
    pub(crate) injected: Mutex<Vec<Injected>>,
}

impl Observer for Seen {
    fn exchange(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap().push(exchange);
    }

    fn change(&self, _: Change) {}

    fn injected(&self, injected: Injected) {
        self.injected.lock().unwrap().push(injected);
    }

    fn secret(&self, _: &str) {}
}

struct Api;

impl FaultyApi for Api {
    fn operation(&self, request: &Parts) -> Option<String> {
        request.uri.path().strip_prefix('/').map(str::to_owned)
    }

    fn principal(&self, request: &Parts) -> Option<String> {
        let token = request.headers.get("authorization")?.to_str().ok()?;
        token.strip_prefix("Bearer ").map(str::to_owned)
    }

    fn audience(&self, request: &Parts) -> Option<String> {
        self.principal(request)
    }

    fn refuse(&self, status: StatusCode, message: String) -> Response {
        (status, format!("refused: {message}")).into_response()
    }
}

pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) seen: Arc<Seen>,
    /// How often a request took effect.
    pub(crate) effects: Arc<AtomicUsize>,
    pub(crate) server: Server,
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with_seed(1).await
    }

    pub(crate) async fn with_seed(number: u64) -> Self {
        let seen = Arc::new(Seen::default());
        let clock = Clock::start(jiff::Timestamp::UNIX_EPOCH, Pace::Jump);
        let simulation = Simulation::new(clock.clone(), Seed::new(number), Arc::clone(&seen) as Arc<dyn Observer>);
        let effects = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&effects);
        let handler = move || async move { format!("effect {:>100}", counter.fetch_add(1, Ordering::SeqCst) + 1) };
        let router = Router::new().route("/do", get(handler.clone())).route("/other", get(handler));
        let router = inject_faults(router, &simulation, SYSTEM, Arc::new(Api));
        let router = record_exchanges(router, &simulation, SYSTEM);
        let server = Server::start_faulty(router, loopback(0), &simulation, SYSTEM, None).await.expect("a free port");
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { clock, faults: simulation.faults, seen, effects, server, client }
    }

    /// Adds a rule for good.
    pub(crate) fn add(&self, yaml: &str) -> stagegate_simulation::FaultId {
        let mut rules = stagegate_simulation::parse_fault_rules(yaml).expect("a rule");
        assert_eq!(rules.len(), 1);
        self.faults.add(rules.remove(0)).expect("a good rule")
    }

    pub(crate) fn effects(&self) -> usize {
        self.effects.load(Ordering::SeqCst)
    }

    /// `GET path` as a step would send it: status and body, or what broke.
    pub(crate) async fn get(&self, path: &str) -> Result<(StatusCode, String), String> {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Result<(StatusCode, String), String> {
        let _in_flight = self.clock.busy();
        let mut request =
            hyper::Request::get(format!("{}{path}", self.server.url())).header("stagegate-origin", "step");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.client.request(request.body(Empty::new()).unwrap()).await.map_err(|error| chain(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| chain(&error))?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// The same, given up after `limit`.
    pub(crate) async fn get_within(&self, path: &str, limit: Duration) -> Option<Result<(StatusCode, String), String>> {
        self.clock.timeout(limit, self.get(path)).await.ok()
    }

    pub(crate) fn injected(&self) -> Vec<String> {
        let injected = self.seen.injected.lock().unwrap();
        injected.iter().map(|hit| format!("{} {}: {}", hit.rule, hit.target, hit.effect)).collect()
    }

    pub(crate) fn statuses(&self) -> Vec<u16> {
        self.seen.exchanges.lock().unwrap().iter().map(|exchange| exchange.status).collect()
    }
}

/// A stream at this path, for rules.
pub(crate) fn subject(path: &str) -> Subject {
    let (parts, ()) = hyper::Request::get(path).body(()).unwrap().into_parts();
    Subject::of_request(SYSTEM, &Api, &parts)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
