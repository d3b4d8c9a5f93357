//! The emulated hub and the emulated worker across a restart of the hub from a snapshot.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use stagegate_confighub::{Hub, SnapshotSecrets};
use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use stagegate_worker::{Config, Exit, TargetName};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const IMAGES: &str = "images:\n- {name: docker.io/library/nginx, tags: ['*'], start-up: 1s}\n";

const MANIFEST: &str = "# the web
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
spec:
  replicas: 1 # one
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: nginx:1.25 # pinned
";

struct World {
    simulation: Simulation,
    hub: Hub,
    cluster: Cluster,
    worker: Value,
    unit: String,
}

impl World {
    async fn start() -> Self {
        let simulation = Simulation::silent(Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump), Seed::new(1));
        let catalogue = Catalogue::parse(IMAGES).unwrap();
        let options = stagegate_kubernetes::Options { catalogue, ..Default::default() };
        let cluster = Cluster::start(simulation.clone(), options).await.unwrap();
        let hub = Hub::start(simulation.clone(), stagegate_confighub::Options::default()).await.unwrap();
        Self { simulation, hub, cluster, worker: Value::Null, unit: String::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token())
    }

    async fn get(&self, path: &str) -> Value {
        let _busy = self.simulation.clock.busy();
        self.request(Method::GET, path).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let _busy = self.simulation.clock.busy();
        let answer = self.request(Method::POST, path).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    fn run_worker(&self) -> JoinHandle<Exit> {
        let text = |field: &str| self.worker[field].as_str().unwrap().to_owned();
        let config = Config {
            hub_url: self.hub.url(),
            worker_port: None,
            worker_id: text("BridgeWorkerID"),
            secret: text("Secret"),
            kubernetes_url: self.cluster.url(),
            kubernetes_token: self.cluster.token().to_owned(),
            kubernetes_authorities: None,
            registration_delay: Duration::ZERO,
            target_name: TargetName::Context("kind-demo".to_owned()),
        };
        tokio::spawn(stagegate_worker::run(self.simulation.clone(), config, |_| {}, CancellationToken::new()))
    }

    /// Reads a path until what is read is as wanted.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let read = self.get(path).await;
            if wanted(&read) {
                return read;
            }
            self.simulation.clock.sleep(Duration::from_millis(100)).await;
        }
        panic!("{path}: {}", self.get(path).await)
    }

    /// Queues an action and gives the result, the live revision and the drift at its end.
    async fn act(&self, action: &str) -> (String, i64, String) {
        let operation = self.post(&format!("{}/{action}", self.unit), Value::Null).await;
        let ended = |read: &Value| {
            let event = &read["LatestUnitEvent"];
            event["QueuedOperationID"] == operation["QueuedOperationID"] && event["TerminatedAt"].is_string()
        };
        let read = self.until(&format!("{}?include=UnitEventID", self.unit), ended).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let live = read["Unit"]["LiveRevisionNum"].as_i64().unwrap();
        (text(&read["LatestUnitEvent"]["Result"]), live, text(&read["UnitStatus"]["Drift"]))
    }

    /// Ends the hub, and starts one on the same port that goes on from its snapshot.
    async fn restart_hub(self) -> Self {
        let Self { simulation, hub, cluster, worker, unit } = self;
        let (snapshot, port) = (hub.snapshot(SnapshotSecrets::Kept), hub.port());
        drop(hub);
        // Its listener ends with a task of its own.
        while std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
            tokio::task::yield_now().await;
        }
        let options = stagegate_confighub::Options { port, ..Default::default() };
        let hub = Hub::load(simulation.clone(), options, &snapshot).await.unwrap();
        Self { simulation, hub, cluster, worker, unit }
    }
}

#[tokio::test]
async fn drift_that_came_while_the_hub_was_away_is_taken_into_the_data() {
    let mut world = World::start().await;
    let space = world.post("/space", json!({"Slug": "p"})).await["SpaceID"].as_str().unwrap().to_owned();
    world.worker = world.post(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    let first = world.run_worker();
    let target = world.until("/target", |targets| targets[0].is_object()).await[0]["Target"]["TargetID"].clone();
    let unit = json!({
        "Slug": "web", "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(MANIFEST), "TargetID": target,
    });
    let unit = world.post(&format!("/space/{space}/unit"), unit).await;
    world.unit = format!("/space/{space}/unit/{}", unit["UnitID"].as_str().unwrap());
    assert_eq!(world.act("apply").await, ("ApplyCompleted".to_owned(), 1, String::new()));
    assert_eq!(world.act("refresh").await, ("RefreshAndNoDrift".to_owned(), 1, "NoDrift".to_owned()));

    let world = world.restart_hub().await;
    assert!(matches!(first.await.unwrap(), Exit::StreamEnded));
    let object = "/apis/apps/v1/namespaces/default/deployments/web";
    let request = reqwest::Client::new().patch(format!("{}{object}", world.cluster.url()));
    let request = request.bearer_auth(world.cluster.token()).header("content-type", "application/merge-patch+json");
    assert_eq!(request.body(json!({"spec": {"replicas": 3}}).to_string()).send().await.unwrap().status(), 200);

    let _second = world.run_worker();
    assert_eq!(world.act("refresh").await, ("RefreshAndDrifted".to_owned(), 2, "Drifted".to_owned()));
    let unit = world.get(&world.unit).await;
    let data = String::from_utf8(STANDARD.decode(unit["Unit"]["Data"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(data, MANIFEST.replace("1 # one", "3"), "all but what changed stays as it is written");
    let revisions = world.get(&format!("{}/revision", world.unit)).await;
    assert_eq!(revisions.as_array().unwrap().len(), 2);
    assert_eq!(world.act("refresh").await, ("RefreshAndNoDrift".to_owned(), 2, "NoDrift".to_owned()));
    assert_eq!(world.act("destroy").await, ("DestroyCompleted".to_owned(), 0, String::new()));
    assert!(world.cluster.object("deployments.apps", "default", "web").is_none());
}
