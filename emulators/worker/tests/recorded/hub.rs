//! A hub that sends what it is told to and keeps what is reported.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_simulation::{Clock, STREAM_HEADER, Server, StreamSender, loopback};
use tokio::sync::{mpsc, watch};

pub(crate) struct Hub {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    stream: Mutex<Option<(mpsc::UnboundedSender<String>, StreamSender)>>,
    connected: watch::Sender<bool>,
    info: Mutex<Value>,
    reports: Mutex<Vec<Report>>,
    count: watch::Sender<usize>,
    expected: Mutex<Expected>,
}

/// What the present run reports on, and what its reports are answered with.
#[derive(Default)]
struct Expected {
    operations: Vec<Value>,
    answers: Vec<u16>,
}

#[derive(Clone)]
pub(crate) struct Report {
    pub(crate) at: Timestamp,
    pub(crate) body: Value,
}

impl Hub {
    pub(crate) async fn start(clock: Clock) -> Self {
        let shared = Arc::new(Shared {
            clock,
            stream: Mutex::new(None),
            connected: watch::Sender::new(false),
            info: Mutex::default(),
            reports: Mutex::default(),
            count: watch::Sender::new(0),
            expected: Mutex::default(),
        });
        let router = Router::new()
            .route("/api/bridge_worker/{id}/me", get(async || Json(json!({"Slug": "tut-worker"}))))
            .route("/api/bridge_worker/{id}/stream", post(stream))
            .route("/api/bridge_worker/{id}/action_result", post(report))
            .with_state(Arc::clone(&shared));
        Self { server: Server::start(router, loopback(0)).await.unwrap(), shared }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) async fn connected(&self) {
        self.shared.connected.subscribe().wait_for(|connected| *connected).await.unwrap();
    }

    /// What the worker said about itself.
    #[allow(dead_code, reason = "one of the tests asks")]
    pub(crate) fn info(&self) -> Value {
        self.shared.info.lock().unwrap().clone()
    }

    /// Ends the stream.
    #[allow(dead_code, reason = "one of the tests does")]
    pub(crate) fn end_stream(&self) {
        self.shared.stream.lock().unwrap().take();
    }

    /// Forgets earlier reports, and answers those on these operations with these statuses.
    pub(crate) fn begin(&self, operations: Vec<Value>, answers: Vec<u16>) {
        self.shared.reports.lock().unwrap().clear();
        self.shared.count.send_replace(0);
        *self.shared.expected.lock().unwrap() = Expected { operations, answers };
    }

    /// Writes an event into the stream at this time.
    pub(crate) fn send(&self, at: Timestamp, line: String, clock: &Clock) {
        let (shared, clock) = (Arc::clone(&self.shared), clock.clone());
        tokio::spawn(async move {
            clock.sleep_until(at).await;
            let stream = shared.stream.lock().unwrap();
            let (lines, account) = stream.as_ref().expect("the worker is connected");
            account.sent(1);
            lines.send(format!("data: {line}\n")).unwrap();
        });
    }

    /// Waits until there are this many reports.
    pub(crate) async fn reports(&self, count: usize) {
        self.shared.count.subscribe().wait_for(|seen| *seen >= count).await.unwrap();
    }

    pub(crate) fn end(&self) -> Vec<Report> {
        self.shared.reports.lock().unwrap().clone()
    }
}

async fn stream(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    *shared.info.lock().unwrap() = serde_json::from_slice(&body).unwrap();
    let ledger = headers[STREAM_HEADER].to_str().unwrap().parse().unwrap();
    let account = shared.clock.join_stream(ledger).expect("the worker keeps an account");
    let (sender, receiver) = mpsc::unbounded_channel();
    *shared.stream.lock().unwrap() = Some((sender, account));
    shared.connected.send_replace(true);
    let lines = futures::stream::unfold(receiver, async |mut receiver: mpsc::UnboundedReceiver<String>| {
        let line = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Bytes::from(line)), receiver))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(lines)).into_response()
}

async fn report(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let at = shared.clock.now();
    let expected = shared.expected.lock().unwrap();
    if !expected.operations.contains(&body["QueuedOperationID"]) {
        // Another run's wait goes on.
        return Json(json!({})).into_response();
    }
    let position = {
        let mut reports = shared.reports.lock().unwrap();
        reports.push(Report { at, body });
        reports.len() - 1
    };
    let status = expected.answers.get(position).copied().unwrap_or(200);
    shared.count.send_modify(|count| *count += 1);
    (StatusCode::from_u16(status).unwrap(), Json(json!({}))).into_response()
}
