//! A hub and a client of it, over loopback.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value as Json;
use stagegate_confighub::{Hub, Options};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

/// A hub that keeps time with the wall, and a client that is logged in.
pub(crate) struct Client {
    pub(crate) hub: Hub,
    http: reqwest::Client,
}

impl Client {
    pub(crate) async fn start() -> Self {
        let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
        let hub = Hub::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await.expect("a hub");
        hub.set_quota("Space", 1_000).expect("a type with a quota");
        Self { hub, http: reqwest::Client::new() }
    }

    /// The time from sending a request to the last byte of its answer, which must be 200.
    pub(crate) async fn timed(&self, method: &str, path: &str, body: Option<Json>) -> Duration {
        let method: Method = method.parse().expect("a method");
        let mut request =
            self.http.request(method, format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let began = Instant::now();
        let mut response = request.send().await.expect("an answer");
        let status = response.status();
        let mut kept = Vec::new();
        // Large answers are not kept, so that the memory measured is the hub's.
        while let Some(chunk) = response.chunk().await.expect("a body") {
            if status != 200 {
                kept.extend_from_slice(&chunk);
            }
        }
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&kept));
        began.elapsed()
    }

    /// The answer to a read.
    pub(crate) async fn json(&self, path: &str) -> Json {
        let request = self.http.get(format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token());
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The entity that a POST created.
    pub(crate) async fn created(&self, path: &str, body: Json) -> Json {
        let request = self.http.post(format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token());
        let response = request.json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }
}

/// A clause as it stands in a query string.
pub(crate) fn encoded(clause: &str) -> String {
    clause
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
