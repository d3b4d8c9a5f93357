//! A cluster on a jumping clock, and a client of it.
#![allow(unreachable_pub, reason = "a module of each test, not of a library")]
#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use stagegate_kubernetes::{Catalogue, Cluster, Options, Program};
use stagegate_simulation::{Change, Clock, Exchange, Faults, Injected, Observer, Pace, Seed, Simulation};

/// What the cluster reported.
#[derive(Default)]
pub struct Seen {
    pub changes: Mutex<Vec<Change>>,
    pub secrets: Mutex<Vec<String>>,
    pub exchanges: Mutex<Vec<Exchange>>,
}

impl Observer for Seen {
    fn exchange(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap().push(exchange);
    }
    fn change(&self, change: Change) {
        self.changes.lock().unwrap().push(change);
    }
    fn injected(&self, _: Injected) {}
    fn secret(&self, value: &str) {
        self.secrets.lock().unwrap().push(value.to_owned());
    }
}

pub struct Lab {
    pub cluster: Cluster,
    pub clock: Clock,
    pub faults: Faults,
    pub seen: Arc<Seen>,
    client: reqwest::Client,
    /// The command that requests say they come from.
    pub command: Option<u64>,
}

/// The answer to a request.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub warnings: Vec<String>,
}

impl Lab {
    pub async fn new(catalogue: &str) -> Self {
        Self::with_programs(catalogue, Vec::new()).await
    }

    pub async fn with_programs(catalogue: &str, programs: Vec<Arc<dyn Program>>) -> Self {
        let start = "2026-01-05T09:00:00Z".parse().unwrap();
        let clock = Clock::start(start, Pace::Jump);
        let seen = Arc::new(Seen::default());
        let observer: Arc<dyn Observer> = Arc::clone(&seen) as Arc<dyn Observer>;
        let simulation = Simulation::new(clock.clone(), Seed::new(7), observer);
        let extra = Catalogue::parse(catalogue).expect("a catalogue");
        let catalogue = Catalogue::built_in().expect("the built-in catalogue").with(extra);
        let options = Options { catalogue, programs, ..Options::default() };
        let faults = simulation.faults.clone();
        let cluster = Cluster::start(simulation, options).await.expect("a cluster");
        Self { cluster, clock, faults, seen, client: reqwest::Client::new(), command: None }
    }

    /// Sends a request as the administrator.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let _in_flight = self.clock.busy();
        let url = format!("{}{path}", self.cluster.url());
        let mut request = self.client.request(method.parse().unwrap(), url).bearer_auth(self.cluster.token());
        if let Some(command) = self.command {
            request = request.header("stagegate-command", command.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await.expect("an answer");
        let status = response.status().as_u16();
        let warnings =
            response.headers().get_all("warning").iter().map(|one| one.to_str().unwrap().to_owned()).collect();
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, body, warnings }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Vec::new()).await
    }

    /// Applies every document of a manifest, server-side.
    pub async fn apply(&self, manifest: &str) -> Vec<Reply> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(manifest).expect("YAML");
        let mut replies = Vec::new();
        for document in documents {
            let path = format!("{}?fieldManager=test&force=true", path_of(&document));
            let body = document.to_string().into_bytes();
            replies.push(self.send("PATCH", &path, &[("content-type", "application/apply-patch+yaml")], body).await);
        }
        replies
    }

    /// Lets environment time pass.
    pub async fn pass(&self, seconds: f64) {
        self.clock.sleep(Duration::from_secs_f64(seconds)).await;
    }

    /// The rows of a Table, as `kubectl get` prints them.
    pub async fn table(&self, path: &str) -> String {
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
        let reply = self.send("GET", path, &[("accept", accept)], Vec::new()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let columns = reply.body["columnDefinitions"].as_array().expect("columns");
        let shown: Vec<usize> = (0..columns.len()).filter(|index| columns[*index]["priority"] == 0).collect();
        let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut lines = vec![shown.iter().map(|at| cell(&columns[*at]["name"]).to_uppercase()).collect::<Vec<_>>()];
        for row in reply.body["rows"].as_array().expect("rows") {
            lines.push(shown.iter().map(|at| cell(&row["cells"][*at])).collect());
        }
        lines.iter().map(|line| line.join(" | ") + "\n").collect()
    }
}

/// Where an object is served.
pub fn path_of(object: &Value) -> String {
    let version = object["apiVersion"].as_str().expect("apiVersion");
    let kind = object["kind"].as_str().expect("kind");
    let name = object["metadata"]["name"].as_str().expect("name");
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
    let base = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
    let plural = match kind {
        "Endpoints" => "endpoints".to_owned(),
        "Ingress" => "ingresses".to_owned(),
        "IngressClass" => "ingressclasses".to_owned(),
        "NetworkPolicy" => "networkpolicies".to_owned(),
        kind => format!("{}s", kind.to_lowercase()),
    };
    match kind {
        "IngressClass" | "Namespace" | "ClusterRole" | "ClusterRoleBinding" | "Node" | "CustomResourceDefinition" => {
            format!("{base}/{plural}/{name}")
        }
        _ => format!("{base}/namespaces/{namespace}/{plural}/{name}"),
    }
}
