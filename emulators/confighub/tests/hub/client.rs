//! A hub under test and a client of it.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value as Json, json};
use stagegate_confighub::{Hub, LoadError, Options, Snapshot};
use stagegate_simulation::{Applied, Change, Clock, Exchange, Injected, Observer, Pace, Seed, Simulation};

use crate::contract::{Answered, CONTRACT};

/// Keeps all that the hub reports.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) changes: Mutex<Vec<Change>>,
    pub(crate) exchanges: Mutex<Vec<Exchange>>,
    pub(crate) injected: Mutex<Vec<Injected>>,
    pub(crate) applied: Mutex<Vec<Applied>>,
    pub(crate) secrets: Mutex<Vec<String>>,
}

impl Observer for Recorder {
    fn exchange(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap().push(exchange);
    }

    fn change(&self, change: Change) {
        self.changes.lock().unwrap().push(change);
    }

    fn injected(&self, injected: Injected) {
        self.injected.lock().unwrap().push(injected);
    }

    fn applied(&self, applied: Applied) {
        self.applied.lock().unwrap().push(applied);
    }

    fn secret(&self, value: &str) {
        self.secrets.lock().unwrap().push(value.to_owned());
    }
}

/// A hub with a clock that jumps, and what it reported.
pub(crate) struct Bench {
    pub(crate) hub: Hub,
    pub(crate) clock: Clock,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) http: Client,
}

/// Status and body of an answer.
pub(crate) type Answer = (u16, Json);

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        Self::start_with_seed(1, options).await
    }

    pub(crate) async fn start_with_seed(seed: u64, options: Options) -> Self {
        let (simulation, recorder) = simulation(seed);
        let clock = simulation.clock.clone();
        let hub = Hub::start(simulation, options).await.unwrap();
        Self { hub, clock, recorder, http: Client::new() }
    }

    /// A hub that goes on from a snapshot, on a clock that starts as all do.
    pub(crate) async fn load(snapshot: &Snapshot) -> Result<Self, LoadError> {
        let (simulation, recorder) = simulation(1);
        let clock = simulation.clock.clone();
        let hub = Hub::load(simulation, Options::default(), snapshot).await?;
        Ok(Self { hub, clock, recorder, http: Client::new() })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token())
    }

    /// Sends a request and holds the answer against the description.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let (method, url) = (request.method().clone(), request.url().clone());
        let _in_flight = self.clock.busy();
        let response = self.http.execute(request).await.unwrap();
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Json::String(text));
        if let (Some(contract), Some(path)) = (CONTRACT.as_ref(), url.path().strip_prefix("/api")) {
            contract.check_answer(&Answered {
                method: method.as_str(),
                path,
                query: url.query().unwrap_or_default(),
                status,
                content_type: &content_type,
                body: &body,
            });
        }
        (status, body)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// A list with a clause.
    pub(crate) async fn list(&self, path: &str, clause: &str) -> Answer {
        self.send(self.request(Method::GET, path).query(&[("where", clause)])).await
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Json) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Json) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// The same, where success is expected.
    pub(crate) async fn created(&self, path: &str, body: Json) -> Json {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A space; gives its id.
    pub(crate) async fn space(&self, slug: &str) -> String {
        text(&self.created("/space", json!({"Slug": slug})).await["SpaceID"])
    }

    /// A unit with this data; gives its path.
    pub(crate) async fn unit(&self, space: &str, slug: &str, data: &str) -> String {
        let body = json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": base64(data)});
        let unit = self.created(&format!("/space/{space}/unit"), body).await;
        format!("/space/{space}/unit/{}", text(&unit["UnitID"]))
    }

    /// What was reported since the last call, as `Verb Kind scope/name: summary`.
    pub(crate) fn changes(&self) -> Vec<String> {
        let mut changes = self.recorder.changes.lock().unwrap();
        changes.drain(..).map(|change| line(&change)).collect()
    }
}

fn simulation(seed: u64) -> (Simulation, Arc<Recorder>) {
    let start: Timestamp = "2025-10-05T09:00:00Z".parse().unwrap();
    let recorder = Arc::new(Recorder::default());
    let simulation = Simulation::new(Clock::start(start, Pace::Jump), Seed::new(seed), recorder.clone());
    // As before a real cluster, where nobody sees what workers ask for.
    simulation.operations.follow_objects();
    (simulation, recorder)
}

pub(crate) fn line(change: &Change) -> String {
    let scope = change.scope.as_ref().map(|scope| format!("{scope}/")).unwrap_or_default();
    format!("{:?} {} {scope}{}: {}", change.verb, change.kind, change.name, change.summary)
}

pub(crate) fn text(value: &Json) -> String {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_owned()
}

pub(crate) fn base64(data: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(data)
}

/// The refusal's message, with its shape checked.
pub(crate) fn message(answer: &Answer) -> String {
    assert_eq!(answer.1["Code"], json!(answer.0.to_string()), "{}", answer.1);
    text(&answer.1["Message"])
}
