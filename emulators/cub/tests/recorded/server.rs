//! Checks that requests are the recorded ones and gives the recorded answers; where these are cut, the
//! answer comes from [`super::stub`], which keeps what the requests made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::recording::{Exchange, Run};
use super::stub::{Request, Stub};

pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    stub: Stub,
    expected: Vec<Expected>,
    position: usize,
    complaints: String,
    request_id: String,
    out: String,
}

/// A recorded exchange, owned.
struct Expected {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    content_type: Option<String>,
    authorization: Option<String>,
    body: String,
    status: u16,
    answer: String,
}

impl Expected {
    fn of(exchange: &Exchange<'_>) -> Self {
        let header = |name: &str| exchange.headers[name].as_str().map(str::to_owned);
        Self {
            method: exchange.method.to_owned(),
            path: exchange.path.to_owned(),
            query: serde_json::from_value(exchange.query.clone()).unwrap(),
            content_type: header("Content-Type"),
            authorization: header("Authorization"),
            body: exchange.body.to_owned(),
            status: exchange.status,
            answer: exchange.answer.to_owned(),
        }
    }

    fn request(&self) -> Request {
        let body = serde_json::from_str(&self.body).unwrap_or(Value::Null);
        Request { method: self.method.clone(), path: self.path.clone(), query: self.query.clone(), body }
    }
}

impl Server {
    pub(crate) async fn start(runs: &[Run]) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            stub: Stub::new(runs),
            expected: Vec::new(),
            position: 0,
            complaints: String::new(),
            request_id: String::new(),
            out: String::new(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    /// Expects the requests of this run from now on.
    pub(crate) fn begin(&self, _number: usize, run: &Run) {
        let mut shared = self.shared.lock().unwrap();
        shared.expected = run.exchanges().iter().map(Expected::of).collect();
        shared.position = 0;
        shared.complaints.clear();
        let id = run.err.split_once(" for req ").map(|(_, id)| id.trim().trim_end_matches(':'));
        id.unwrap_or("req-1").clone_into(&mut shared.request_id);
        shared.out.clone_from(&run.out);
    }

    /// What was wrong with the requests of the run.
    pub(crate) fn end(&self) -> String {
        let mut shared = self.shared.lock().unwrap();
        let (seen, expected) = (shared.position, shared.expected.len());
        if seen < expected {
            let next = &shared.expected[seen];
            let line =
                format!("{seen} of {expected} requests; missing {} {} {:?}\n", next.method, next.path, next.query);
            shared.complaints.push_str(&line);
        }
        shared.complaints.clone()
    }

    /// Makes what the run's requests make, for a run that was not repeated.
    pub(crate) fn settle(&self, run: &Run) {
        let mut shared = self.shared.lock().unwrap();
        for exchange in run.exchanges() {
            let expected = Expected::of(&exchange);
            if expected.method != "GET" && expected.status < 400 {
                shared.stub.handle(&expected.request(), &expected.answer, &run.out);
            }
        }
    }
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut shared = shared.lock().unwrap();
    let axum::extract::Query(query) = axum::extract::Query::try_from_uri(&uri).unwrap();
    let text = String::from_utf8_lossy(&body).into_owned();
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let request = Request { method: method.to_string(), path: uri.path().to_owned(), query, body: json };
    let position = shared.position;
    shared.position += 1;
    let Some(expected) = shared.expected.get(position) else {
        let line = format!("not recorded: {method} {uri}\n");
        shared.complaints.push_str(&line);
        return (StatusCode::INTERNAL_SERVER_ERROR, "not recorded").into_response();
    };
    let complaints = complaints(expected, &request, &headers, &text);
    let (status, recorded) = (StatusCode::from_u16(expected.status).unwrap(), expected.answer.clone());
    shared.complaints.push_str(&complaints);
    let out = shared.out.clone();
    let made = if status.is_success() { shared.stub.handle(&request, &recorded, &out) } else { Value::Null };
    let body = if serde_json::from_str::<Value>(&recorded).is_ok() { recorded } else { made.to_string() };
    let headers = [("content-type", "application/json".to_owned()), ("x-request-id", shared.request_id.clone())];
    (status, headers, body).into_response()
}

fn complaints(expected: &Expected, request: &Request, headers: &HeaderMap, body: &str) -> String {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut found = String::new();
    let mut check = |what: &str, recorded: Value, ours: Value| {
        if recorded != ours {
            let (method, path) = (&request.method, &request.path);
            writeln!(found, "{method} {path}: {what}: recorded {recorded}, here {ours}").unwrap();
        }
    };
    check("request", json!([expected.method, expected.path]), json!([request.method, request.path]));
    check("query", comparable(&expected.query), comparable(&request.query));
    check("Content-Type", json!(expected.content_type), json!(header("content-type")));
    check("Authorization", json!(expected.authorization), json!(header("authorization")));
    check("User-Agent", json!("cub"), json!(header("user-agent")));
    // A body that was cut is compared as far as it goes; both are written with sorted keys.
    let cut = expected.body.chars().count() >= 1500;
    let ours = if cut { body.chars().take(1500).collect() } else { body.to_owned() };
    check("body", body_value(&expected.body, cut), body_value(&ours, cut));
    found
}

/// The fields that `select` names come in random order.
fn comparable(query: &BTreeMap<String, String>) -> Value {
    let mut query = json!(query);
    if let Some(select) = query["select"].as_str() {
        let fields: BTreeSet<&str> = select.split(',').collect();
        query["select"] = json!(fields);
    }
    query
}

fn body_value(text: &str, cut: bool) -> Value {
    if cut { json!(text) } else { serde_json::from_str(text).unwrap_or_else(|_| json!(text)) }
}
