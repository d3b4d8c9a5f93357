//! The real worker, where one is at hand, between the emulated hub and the emulated cluster.
//!
//! ```text
//! STAGEGATE_REAL_WORKER=/path/to/cub-worker-run cargo test -p stagegate-worker --test real_worker
//! ```
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it expects"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_confighub::Hub;
use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

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
        image: nginx:1.25
";

/// The longest that anything here takes; the worker looks at what it waits for every 5 s.
const LIMIT: Duration = Duration::from_secs(60);

struct World {
    clock: Clock,
    hub: Hub,
    cluster: Cluster,
    http: reqwest::Client,
    folder: PathBuf,
    space: String,
    worker: Value,
}

/// A process of the real worker; ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

impl World {
    async fn start(folder: &Path) -> Self {
        let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
        let simulation = Simulation::silent(clock.clone(), Seed::new(1));
        let catalogue = Catalogue::parse(IMAGES).unwrap();
        let options = stagegate_kubernetes::Options { catalogue, ..Default::default() };
        let cluster = Cluster::start(simulation.clone(), options).await.unwrap();
        let hub = Hub::start(simulation, stagegate_confighub::Options::default()).await.unwrap();
        std::fs::write(folder.join("kubeconfig"), cluster.kubeconfig(cluster.token())).unwrap();
        let http = reqwest::Client::new();
        let mut world =
            Self { clock, hub, cluster, http, folder: folder.to_owned(), space: String::new(), worker: Value::Null };
        world.space = text(&world.post("/space", json!({"Slug": "p"})).await["SpaceID"]);
        world.worker =
            world.post(&format!("/space/{}/bridge_worker", world.space), json!({"Slug": "tut-worker"})).await;
        world
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token());
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/api{path}", self.hub.url())).bearer_auth(self.hub.token());
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    fn run_worker(&self, binary: &str) -> Process {
        let mut command = Command::new(binary);
        command.arg("kubernetes").env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        command.env("HOME", &self.folder).env("KUBECONFIG", self.folder.join("kubeconfig"));
        command.env("CONFIGHUB_URL", self.hub.url()).env("CONFIGHUB_WORKER_PORT", self.hub.port().to_string());
        command.env("CONFIGHUB_WORKER_ID", text(&self.worker["BridgeWorkerID"]));
        command.env("CONFIGHUB_WORKER_SECRET", text(&self.worker["Secret"]));
        Process(command.spawn().expect("the worker starts"))
    }

    /// Reads a path until what is read is as wanted.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = self.clock.now();
        loop {
            let read = self.get(path).await;
            if wanted(&read) {
                return read;
            }
            assert!(self.clock.since(begun) < LIMIT, "{path}: {read}");
            self.clock.sleep(Duration::from_millis(100)).await;
        }
    }

    /// Queues an action on a unit and gives the unit after its end.
    async fn act(&self, unit: &str, action: &str) -> Value {
        let operation = self.post(&format!("{unit}/{action}"), Value::Null).await;
        self.ended(unit, &operation).await
    }

    async fn ended(&self, unit: &str, operation: &Value) -> Value {
        let of_operation = |read: &Value| {
            let event = &read["LatestUnitEvent"];
            event["QueuedOperationID"] == operation["QueuedOperationID"] && event["TerminatedAt"].is_string()
        };
        self.until(&format!("{unit}?include=UnitEventID"), of_operation).await
    }

    /// Changes the Deployment by hand.
    async fn scale(&self, replicas: u32) {
        let path = "/apis/apps/v1/namespaces/default/deployments/web";
        let request = self.http.patch(format!("{}{path}", self.cluster.url())).bearer_auth(self.cluster.token());
        let request = request.header("content-type", "application/merge-patch+json");
        let body = json!({"spec": {"replicas": replicas}}).to_string();
        assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    }

    async fn unit(&self, slug: &str, data: &str) -> String {
        let targets = self.until("/target", |targets| targets[0].is_object()).await;
        let target = &targets[0]["Target"];
        assert!(text(&target["Slug"]).starts_with("tut-worker-"), "{target}");
        let body = json!({
            "Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(data), "TargetID": target["TargetID"],
        });
        let unit = self.post(&format!("/space/{}/unit", self.space), body).await;
        format!("/space/{}/unit/{}", self.space, text(&unit["UnitID"]))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_owned()
}

/// Result, live revision and drift.
fn state(read: &Value) -> (String, i64, String) {
    let result = text(&read["LatestUnitEvent"]["Result"]);
    (result, read["Unit"]["LiveRevisionNum"].as_i64().unwrap(), text(&read["UnitStatus"]["Drift"]))
}

#[tokio::test]
async fn the_real_worker_applies_refreshes_destroys_and_takes_up_what_was_lost() {
    let Ok(binary) = std::env::var("STAGEGATE_REAL_WORKER") else {
        println!("not run: the_real_worker_applies_…: STAGEGATE_REAL_WORKER is not set");
        return;
    };
    let folder = std::env::temp_dir().join(format!("stagegate-real-worker-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let world = World::start(&folder).await;
    let mut first = world.run_worker(&binary);
    let unit = world.unit("web", MANIFEST).await;

    let applied = world.act(&unit, "apply").await;
    assert_eq!(state(&applied), ("ApplyCompleted".to_owned(), 1, String::new()));
    let same = world.act(&unit, "refresh").await;
    assert_eq!(state(&same), ("RefreshAndNoDrift".to_owned(), 1, "NoDrift".to_owned()));
    world.scale(3).await;
    let drifted = world.act(&unit, "refresh").await;
    assert_eq!(state(&drifted), ("RefreshAndDrifted".to_owned(), 2, "Drifted".to_owned()));
    let data = STANDARD.decode(text(&drifted["Unit"]["Data"])).unwrap();
    // The changed scalar loses its comment; all else stays as it was (recorded run 8c).
    assert_eq!(String::from_utf8(data).unwrap(), MANIFEST.replace("1 # one", "3"));
    let again = world.act(&unit, "refresh").await;
    assert_eq!(state(&again), ("RefreshAndNoDrift".to_owned(), 2, "NoDrift".to_owned()));

    // A second process takes the stream; the first one ends with 0, and what it waited for is done again.
    let late = world.unit("late", &MANIFEST.replace("web", "late").replace("nginx:1.25", "nosuch:1")).await;
    let operation = world.post(&format!("{late}/apply"), Value::Null).await;
    let waits = |read: &Value| text(&read["LatestUnitEvent"]["Message"]).starts_with("Waiting for ");
    world.until(&format!("{late}?include=UnitEventID"), waits).await;
    let _second = world.run_worker(&binary);
    let begun = world.clock.now();
    let status = loop {
        if let Some(status) = first.0.try_wait().unwrap() {
            break status;
        }
        assert!(world.clock.since(begun) < LIMIT, "the first worker goes on");
        world.clock.sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(status.code(), Some(0));
    let clause = format!("{late}/unit_event?where=QueuedOperationID='{}'", text(&operation["QueuedOperationID"]));
    let twice = |events: &Value| {
        let messages = events.as_array().unwrap().iter().map(|event| text(&event["Message"]));
        messages.filter(|message| message.starts_with("Waiting for ")).count() == 2
    };
    world.until(&clause, twice).await;
    let path = "/apis/apps/v1/namespaces/default/deployments/late";
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:1.25"}]}}}});
    let request = world.http.patch(format!("{}{path}", world.cluster.url())).bearer_auth(world.cluster.token());
    let request = request.header("content-type", "application/strategic-merge-patch+json").body(image.to_string());
    assert_eq!(request.send().await.unwrap().status(), 200);
    let mended = world.ended(&late, &operation).await;
    assert_eq!(state(&mended), ("ApplyCompleted".to_owned(), 1, String::new()));

    let destroyed = world.act(&unit, "destroy").await;
    assert_eq!(state(&destroyed), ("DestroyCompleted".to_owned(), 0, String::new()));
    assert!(world.cluster.object("deployments.apps", "default", "web").is_none());
    std::fs::remove_dir_all(&folder).unwrap();
}
