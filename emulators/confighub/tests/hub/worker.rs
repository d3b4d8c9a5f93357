//! A worker for tests: it speaks the protocol and does what the test says.

use reqwest::{Client, Response};
use serde_json::{Value as Json, json};
use stagegate_simulation::StreamLedger;

use crate::client::{Answer, Bench, text};

pub(crate) struct Worker {
    pub(crate) id: String,
    slug: String,
    pub(crate) secret: String,
    http: Client,
}

/// An open stream.
pub(crate) struct Stream {
    response: Response,
    ledger: StreamLedger,
    rest: String,
}

impl Worker {
    /// Creates the worker `w1` in a space.
    pub(crate) async fn create(bench: &Bench, space: &str) -> Self {
        Self::create_named(bench, space, "w1").await
    }

    /// Creates a worker in a space.
    pub(crate) async fn create_named(bench: &Bench, space: &str, slug: &str) -> Self {
        let worker = bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": slug})).await;
        let http = Client::builder().http2_prior_knowledge().build().unwrap();
        Self { id: text(&worker["BridgeWorkerID"]), slug: slug.to_owned(), secret: text(&worker["Secret"]), http }
    }

    /// Tries to open the stream, where a refusal is expected.
    pub(crate) async fn try_to_connect(&self, bench: &Bench) -> Answer {
        let info = json!({"BridgeWorkerInfo": {"SupportedConfigTypes": [{
            "ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes", "AvailableTargets": [{"Name": "k8s-w1"}],
        }]}});
        let url = format!("{}/api/bridge_worker/{}/stream", bench.hub.url(), self.id);
        bench.send(self.http.post(url).bearer_auth(&self.secret).json(&info)).await
    }

    /// Opens the stream, with one Kubernetes target.
    pub(crate) async fn connect(&self, bench: &Bench) -> Stream {
        let info = json!({"BridgeWorkerInfo": {"SupportedConfigTypes": [{
            "ToolchainType": "Kubernetes/YAML",
            "ProviderType": "Kubernetes",
            "AvailableTargets": [{"Name": format!("k8s-{}", self.slug), "Params": {"WaitTimeout": "2m0s"}}],
        }]}});
        self.connect_with(bench, &info).await
    }

    /// Opens the stream with this information.
    pub(crate) async fn connect_with(&self, bench: &Bench, info: &Json) -> Stream {
        let ledger = bench.clock.open_stream();
        let url = format!("{}/api/bridge_worker/{}/stream", bench.hub.url(), self.id);
        let request = self.http.post(url).bearer_auth(&self.secret).header("stagegate-stream", ledger.id()).json(info);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream { response, ledger, rest: String::new() }
    }

    pub(crate) async fn me(&self, bench: &Bench) -> Answer {
        bench
            .send(
                self.http
                    .get(format!("{}/api/bridge_worker/{}/me", bench.hub.url(), self.id))
                    .bearer_auth(&self.secret),
            )
            .await
    }

    /// Reports on an operation that came over the stream.
    pub(crate) async fn report(&self, bench: &Bench, event: &Json, status: &str, result: &str, more: Json) -> Answer {
        let payload = &event["Data"]["Payload"];
        let mut body = json!({
            "UnitID": payload["UnitID"],
            "SpaceID": payload["SpaceID"],
            "QueuedOperationID": payload["QueuedOperationID"],
            "RevisionNum": payload["RevisionNum"],
            "Action": event["Data"]["Action"],
            "Status": status,
            "Result": result,
            "Message": "",
            "StartedAt": "2025-10-05T09:00:00.123456789Z",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post_result(bench, &body).await
    }

    pub(crate) async fn post_result(&self, bench: &Bench, body: &Json) -> Answer {
        let url = format!("{}/api/bridge_worker/{}/action_result", bench.hub.url(), self.id);
        bench.send(self.http.post(url).bearer_auth(&self.secret).json(body)).await
    }
}

impl Stream {
    /// The next event; `None` when the hub ended the stream.
    pub(crate) async fn next(&mut self) -> Option<Json> {
        loop {
            if let Some(end) = self.rest.find('\n') {
                let line: String = self.rest.drain(..=end).collect();
                let event = serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap();
                self.ledger.received(1);
                return Some(event);
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
