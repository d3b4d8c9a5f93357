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
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_confighub::{Hub, Snapshot, SnapshotSecrets};
use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
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
        image: nginx:1.25
";

/// How long an apply may wait, by the wall, before the image that it waits for is taken to be missing.
const UNREADY: Duration = Duration::from_secs(40);

/// How much faster than the wall the clusters of the fixtures go: a service of TraderX waits for the one before it in an
/// init container, with the back-off of one that fails.
const FIXTURES_PACE: f64 = 20.0;

/// The longest that anything here takes, by the wall; the worker looks at what it waits for every 5 s.
const LIMIT: Duration = Duration::from_secs(60);

struct World {
    clock: Clock,
    simulation: Simulation,
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
    async fn start(folder: &Path, pace: f64) -> Self {
        let clock = Clock::start(Timestamp::now(), Pace::Times(pace));
        let simulation = Simulation::silent(clock.clone(), Seed::new(1));
        let mut catalogue = Catalogue::built_in().unwrap().with(Catalogue::parse(IMAGES).unwrap());
        for image in &mut catalogue.images {
            (image.pull, image.start_up) = (Duration::ZERO, Duration::ZERO);
        }
        let options = stagegate_kubernetes::Options { catalogue, ..Default::default() };
        let cluster = Cluster::start(simulation.clone(), options).await.unwrap();
        let hub = Hub::start(simulation.clone(), stagegate_confighub::Options::default()).await.unwrap();
        std::fs::write(folder.join("kubeconfig"), cluster.kubeconfig(cluster.token())).unwrap();
        let http = reqwest::Client::new();
        let mut world = Self {
            clock,
            simulation,
            hub,
            cluster,
            http,
            folder: folder.to_owned(),
            space: String::new(),
            worker: Value::Null,
        };
        world.space = text(&world.post("/space", json!({"Slug": "p"})).await["SpaceID"]);
        world.worker =
            world.post(&format!("/space/{}/bridge_worker", world.space), json!({"Slug": "tut-worker"})).await;
        world
    }

    /// Ends the hub, and starts one on the same port that goes on from its snapshot.
    async fn restart_hub(self) -> Self {
        let Self { clock, simulation, hub, cluster, http: _, folder, space, worker } = self;
        let saved = folder.join("hub");
        hub.snapshot(SnapshotSecrets::Kept).write(&saved).unwrap();
        let port = hub.port();
        drop(hub);
        // Its listener ends with a task of its own.
        while std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
            clock.sleep(Duration::from_millis(10)).await;
        }
        let snapshot = Snapshot::read(&saved).unwrap();
        let options = stagegate_confighub::Options { port, ..Default::default() };
        let hub = Hub::load(simulation.clone(), options, &snapshot).await.unwrap();
        // Connections to the former hub are of no use.
        Self { clock, simulation, hub, cluster, http: reqwest::Client::new(), folder, space, worker }
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

    /// The emulated worker in the place of the real one; ends with the token.
    fn run_emulated(&self) -> CancellationToken {
        let config = stagegate_worker::Config {
            hub_url: self.hub.url(),
            worker_port: Some(self.hub.port()),
            worker_id: text(&self.worker["BridgeWorkerID"]),
            secret: text(&self.worker["Secret"]),
            kubernetes_url: self.cluster.url(),
            kubernetes_token: self.cluster.token().to_owned(),
            kubernetes_authorities: None,
            registration_delay: Duration::ZERO,
            target_name: stagegate_worker::TargetName::Context("stagegate".to_owned()),
        };
        let stop = CancellationToken::new();
        tokio::spawn(stagegate_worker::run(self.simulation.clone(), config, |_| {}, stop.clone()));
        stop
    }

    /// What becomes of a unit that is applied, refreshed and destroyed, a line for each.
    async fn fate(&self, slug: &str, data: &str) -> Vec<String> {
        let unit = self.unit(slug, data).await;
        let mut fate = Vec::new();
        for action in ["apply", "refresh", "destroy"] {
            let operation = self.post(&format!("{unit}/{action}"), Value::Null).await;
            let begun = Instant::now();
            let read = loop {
                let read = self.get(&format!("{unit}?include=UnitEventID")).await;
                let event = &read["LatestUnitEvent"];
                let of_operation = event["QueuedOperationID"] == operation["QueuedOperationID"];
                let waits = event["Message"].as_str().is_some_and(|message| message.starts_with("Waiting for "));
                let long = begun.elapsed() > UNREADY;
                if of_operation && (event["TerminatedAt"].is_string() || (waits && long)) {
                    break read;
                }
                assert!(begun.elapsed() < LIMIT, "{slug} {action}: {read}");
                self.clock.sleep(Duration::from_millis(100)).await;
            };
            let event = &read["LatestUnitEvent"];
            // Times of day differ.
            let message = text(&event["Message"]);
            let message = message.split(" successfully at ").next().unwrap_or_default();
            let live = STANDARD.decode(read["Unit"]["LiveState"].as_str().unwrap_or_default()).unwrap();
            let kinds = String::from_utf8_lossy(&live).matches("\nkind: ").count();
            fate.push(format!(
                "{slug} {action}: {} {} {message}, {kinds} kinds in the live state, drift {}",
                event["Status"], event["Result"], read["UnitStatus"]["Drift"]
            ));
            if event["TerminatedAt"].is_null() {
                // It would wait for as long as its image is missing.
                break;
            }
        }
        for resource in ["deployments.apps", "services"] {
            for object in self.cluster.objects(resource, None) {
                fate.push(format!("{resource} {}/{}", object["metadata"]["namespace"], object["metadata"]["name"]));
            }
        }
        fate
    }

    /// Reads a path until what is read is as wanted.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let read = self.get(path).await;
            if wanted(&read) {
                return read;
            }
            assert!(begun.elapsed() < LIMIT, "{path}: {read}");
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
        self.change("web", "application/merge-patch+json", json!({"spec": {"replicas": replicas}})).await;
    }

    /// Gives a Deployment, by hand, an image that there is.
    async fn mend(&self, deployment: &str) {
        let image = json!([{"name": "main", "image": "nginx:1.25"}]);
        let patch = json!({"spec": {"template": {"spec": {"containers": image}}}});
        self.change(deployment, "application/strategic-merge-patch+json", patch).await;
    }

    async fn change(&self, deployment: &str, media_type: &str, patch: Value) {
        let url = format!("{}/apis/apps/v1/namespaces/default/deployments/{deployment}", self.cluster.url());
        let request = self.http.patch(url).bearer_auth(self.cluster.token());
        let request = request.header("content-type", media_type).body(patch.to_string());
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    /// The status with which a worker ends.
    async fn end_of(&self, worker: &mut Process) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = worker.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < LIMIT, "the worker goes on");
            self.clock.sleep(Duration::from_millis(100)).await;
        }
    }

    /// Applies a unit whose image is missing, until its worker waits for the cluster. Gives the operation.
    async fn apply_unready(&self, slug: &str) -> (String, Value) {
        let unit = self.unit(slug, &MANIFEST.replace("web", slug).replace("nginx:1.25", "nosuch:1")).await;
        let operation = self.post(&format!("{unit}/apply"), Value::Null).await;
        self.waits(&unit, &operation, 1).await;
        (unit, operation)
    }

    /// Waits until an operation has begun so many waits for the cluster.
    async fn waits(&self, unit: &str, operation: &Value, times: usize) {
        let clause = format!("{unit}/unit_event?where=QueuedOperationID='{}'", text(&operation["QueuedOperationID"]));
        let begun = |events: &Value| {
            let messages = events.as_array().unwrap().iter().map(|event| text(&event["Message"]));
            messages.filter(|message| message.starts_with("Waiting for ")).count() == times
        };
        self.until(&clause, begun).await;
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

/// The real worker, or a word on what was not run without it.
fn binary(test: &str) -> Option<String> {
    let binary = std::env::var("STAGEGATE_REAL_WORKER").ok();
    if binary.is_none() {
        println!("not run: {test}: STAGEGATE_REAL_WORKER is not set");
    }
    binary
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("stagegate-real-worker-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
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
    let Some(binary) = binary("the_real_worker_applies_refreshes_destroys_and_takes_up_what_was_lost") else { return };
    let folder = folder("lost");
    let world = World::start(&folder, 1.0).await;
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
    let (late, operation) = world.apply_unready("late").await;
    let _second = world.run_worker(&binary);
    assert_eq!(world.end_of(&mut first).await, Some(0));
    world.waits(&late, &operation, 2).await;
    world.mend("late").await;
    let mended = world.ended(&late, &operation).await;
    assert_eq!(state(&mended), ("ApplyCompleted".to_owned(), 1, String::new()));

    let destroyed = world.act(&unit, "destroy").await;
    assert_eq!(state(&destroyed), ("DestroyCompleted".to_owned(), 0, String::new()));
    assert!(world.cluster.object("deployments.apps", "default", "web").is_none());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The hub is ended and goes on from its snapshot on the same port, as `stagegate hub --save` and `--load` do.
/// The worker ends with its stream, with 0, and is started again as its Deployment would.
#[tokio::test]
async fn the_real_worker_goes_on_with_a_hub_that_goes_on_from_a_snapshot() {
    let Some(binary) = binary("the_real_worker_goes_on_with_a_hub_that_goes_on_from_a_snapshot") else { return };
    let folder = folder("restart");
    let world = World::start(&folder, 1.0).await;
    let mut first = world.run_worker(&binary);
    let unit = world.unit("web", MANIFEST).await;
    world.act(&unit, "apply").await;
    world.act(&unit, "refresh").await;
    let (late, operation) = world.apply_unready("late").await;
    let targets = world.get("/target").await;
    let before = world.get(&format!("{unit}?include=UnitEventID")).await;

    let world = world.restart_hub().await;
    assert_eq!(world.end_of(&mut first).await, Some(0));
    assert_eq!(world.get(&format!("{unit}?include=UnitEventID")).await, before);
    assert_eq!(state(&before), ("RefreshAndNoDrift".to_owned(), 1, "NoDrift".to_owned()));
    let condition = world.get("/bridge_worker").await[0]["BridgeWorker"]["Condition"].clone();
    assert_eq!(condition, "Disconnected");

    let _second = world.run_worker(&binary);
    world.until("/bridge_worker", |workers| workers[0]["BridgeWorker"]["Condition"] == "Ready").await;
    assert_eq!(world.get("/target").await, targets, "it registers the targets that are there");
    world.waits(&late, &operation, 2).await;
    world.mend("late").await;
    let mended = world.ended(&late, &operation).await;
    assert_eq!(state(&mended), ("ApplyCompleted".to_owned(), 1, String::new()));

    // The live state of before the restart is what drift is measured by.
    let same = world.act(&unit, "refresh").await;
    assert_eq!(state(&same), ("RefreshAndNoDrift".to_owned(), 1, "NoDrift".to_owned()));
    world.scale(3).await;
    let drifted = world.act(&unit, "refresh").await;
    assert_eq!(state(&drifted), ("RefreshAndDrifted".to_owned(), 2, "Drifted".to_owned()));
    let applied = world.act(&unit, "apply").await;
    assert_eq!(state(&applied), ("ApplyCompleted".to_owned(), 2, String::new()));
    let destroyed = world.act(&unit, "destroy").await;
    assert_eq!(state(&destroyed), ("DestroyCompleted".to_owned(), 0, String::new()));
    assert!(world.cluster.object("deployments.apps", "default", "web").is_none());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Every manifest of the fixtures, with a slug of its path.
fn manifests() -> Vec<(String, String)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut folders = vec![fixtures.clone()];
    let mut manifests = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let slug = path.strip_prefix(&fixtures).unwrap().with_extension("").display().to_string();
                if text.lines().any(|line| line.starts_with("kind:")) {
                    manifests.push((slug.replace('/', "-"), text));
                }
            }
        }
    }
    manifests.sort();
    manifests
}

/// Every manifest of the fixtures, one after the other, with the real worker and with the emulated one.
#[tokio::test]
async fn both_workers_do_the_same_with_every_fixture() {
    let Some(binary) = binary("both_workers_do_the_same_with_every_fixture") else { return };
    let manifests = manifests();
    assert!(manifests.len() > 10, "the fixtures are gone");
    let (real_folder, emulated_folder) = (folder("fixtures"), folder("fixtures-emulated"));
    let (real, emulated) =
        (World::start(&real_folder, FIXTURES_PACE).await, World::start(&emulated_folder, FIXTURES_PACE).await);
    let _worker = real.run_worker(&binary);
    let stop = emulated.run_emulated();
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for (slug, data) in &manifests {
        let (one, other) = tokio::join!(real.fate(slug, data), emulated.fate(slug, data));
        expected.extend(one);
        found.extend(other);
    }
    stop.cancel();
    let completed = |what: &str| expected.iter().filter(|line| line.contains(what)).count();
    assert!(completed("DestroyCompleted") > 5, "{expected:#?}");
    assert!(expected.iter().any(|line| line.starts_with("traderx-eight-services destroy: ")), "{expected:#?}");
    println!("{}", expected.join("\n"));
    assert_eq!(expected, found);
    std::fs::remove_dir_all(&real_folder).unwrap();
    std::fs::remove_dir_all(&emulated_folder).unwrap();
}
