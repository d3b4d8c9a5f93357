//! The recorded runs of the real worker, repeated by the emulated one against the emulated cluster.
//!
//! A hub in this test sends the recorded events and gives the recorded answers; the reports must then
//! be the recorded ones: same actions, statuses, results and messages, in the same order for each
//! operation, and at the same times as far as these do not hang on chance.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it expects"
)]

#[path = "recorded/compare.rs"]
mod compare;
#[path = "recorded/hub.rs"]
mod hub;
#[path = "recorded/recording.rs"]
mod recording;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use stagegate_worker::{Config, TargetName};
use tokio_util::sync::CancellationToken;

use hub::Hub;
use recording::Run;

/// A node that runs every image the recordings name, ready after two seconds.
const IMAGES: &str = "images:\n- {name: nginx, tags: ['*'], start-up: 1s}\n";

struct World {
    clock: Clock,
    hub: Hub,
    cluster: Cluster,
    stop: CancellationToken,
    /// The live state last reported, by unit.
    live: Mutex<HashMap<String, String>>,
}

impl World {
    async fn start() -> Self {
        let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
        let simulation = Simulation::silent(clock.clone(), Seed::new(1));
        let catalogue = Catalogue::parse(IMAGES).unwrap();
        let options = stagegate_kubernetes::Options { catalogue, ..Default::default() };
        let cluster = Cluster::start(simulation.clone(), options).await.unwrap();
        let hub = Hub::start(clock.clone()).await;
        let config = Config {
            hub_url: hub.url(),
            worker_port: None,
            worker_id: "18f97d61-c767-470a-b871-8a85f34dbf13".to_owned(),
            secret: "a secret of some length".to_owned(),
            kubernetes_url: cluster.url(),
            kubernetes_token: cluster.token().to_owned(),
            kubernetes_authorities: None,
            registration_delay: Duration::ZERO,
            target_name: TargetName::Context("kind-demo".to_owned()),
        };
        let stop = CancellationToken::new();
        tokio::spawn(stagegate_worker::run(simulation, config, |_| {}, stop.clone()));
        hub.connected().await;
        Self { clock, hub, cluster, stop, live: Mutex::default() }
    }

    /// Changes an object by hand.
    async fn change(&self, object: &str, media_type: &str, patch: Value) {
        let request = reqwest::Client::new().patch(format!("{}{object}", self.cluster.url()));
        let request = request.bearer_auth(self.cluster.token()).header("content-type", media_type);
        assert_eq!(request.body(patch.to_string()).send().await.unwrap().status(), 200, "{object}");
    }

    /// Does what the recorder did in the cluster before it sent a run's events.
    async fn prepare(&self, case: &str) {
        const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
        const SERVICES: &str = "/api/v1/namespaces/default/services";
        const MERGE: &str = "application/merge-patch+json";
        let busy = self.clock.busy();
        match case {
            "8c" => self.change(&format!("{DEPLOYMENTS}/web"), MERGE, json!({"spec": {"replicas": 3}})).await,
            "8f" => {
                let label = json!({"metadata": {"labels": {"team": "x"}}});
                self.change(&format!("{DEPLOYMENTS}/web"), MERGE, label).await;
                let note = json!({"metadata": {"annotations": {"note": "y"}}});
                self.change(&format!("{SERVICES}/web"), MERGE, note).await;
            }
            "8h" => {
                let request = reqwest::Client::new().delete(format!("{}{SERVICES}/web", self.cluster.url()));
                let deleted = request.bearer_auth(self.cluster.token()).send().await.unwrap();
                assert_eq!(deleted.status(), 200);
            }
            "8j" => {
                let image = json!([{"name": "main", "image": "nginx:1.27"}]);
                let patch = json!({"spec": {"template": {"spec": {"containers": image}}}});
                let media_type = "application/strategic-merge-patch+json";
                self.change(&format!("{DEPLOYMENTS}/ex-a"), media_type, patch).await;
                drop(busy);
                // The rollout is over when the recorder sends its event.
                self.clock.sleep(Duration::from_secs(30)).await;
            }
            _ => {}
        }
    }

    /// Sends a run's events and gives how its reports differ from the recorded ones.
    async fn repeat(&self, run: &Run) -> String {
        self.prepare(&run.case).await;
        self.hub.begin(run.operations(), run.answers());
        let began = self.clock.now();
        let busy = self.clock.busy();
        for event in run.events(&self.live.lock().unwrap()) {
            self.hub.send(began + event.at, event.line, &self.clock);
        }
        drop(busy);
        let enough = self.hub.reports(run.results().len());
        let limit = run.last_report() + Duration::from_secs(60);
        let _in_time = self.clock.timeout(limit, enough).await;
        let reports = self.hub.end();
        for report in reports.iter().filter(|report| report.body["LiveState"].is_string()) {
            let text = |field: &str| report.body[field].as_str().unwrap().to_owned();
            self.live.lock().unwrap().insert(text("UnitID"), text("LiveState"));
        }
        compare::differences(run, began, &reports)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What was read back from the cluster is the recorded text, letter for letter.
#[tokio::test]
async fn takes_drift_into_the_data_as_the_real_worker_does() {
    let test = "takes_drift_into_the_data_as_the_real_worker_does";
    let Some(runs) = recording::load(test) else { return };
    let world = World::start().await;
    for case in ["2", "4", "8a", "8b", "8c", "8d", "8e", "8f", "8g", "8h", "8j-0", "8j", "8l"] {
        let run = runs.iter().find(|run| run.case == case).unwrap_or_else(|| panic!("no recorded run {case}"));
        assert_eq!(world.repeat(run).await, "", "{case}: {}", run.description);
        let recorded = run.results().last().map(|result| result["body"].clone()).unwrap_or_default();
        let ours = world.hub.end().last().map(|report| report.body.clone()).unwrap_or_default();
        if recorded["Data"].is_string() {
            assert_eq!(compare::decoded(&ours["Data"]), compare::shown(&recorded["Data"]), "{case}");
            assert_eq!(compare::decoded(&ours["LiveState"]), compare::shown(&recorded["LiveState"]), "{case}");
        }
    }
}

/// Repeats runs one after the other in one world, as they were recorded.
async fn repeat(test: &str, cases: &[&str]) {
    let Some(runs) = recording::load(test) else { return };
    let world = World::start().await;
    let mut differences = String::new();
    for case in cases {
        let run = runs.iter().find(|run| run.case == *case).unwrap_or_else(|| panic!("no recorded run {case}"));
        let found = world.repeat(run).await;
        if !found.is_empty() {
            write!(differences, "== {case}: {}\n{found}", run.description).unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[tokio::test]
async fn applies_and_waits_until_everything_is_current() {
    repeat("applies_and_waits_until_everything_is_current", &["2", "3", "4", "6h", "6k", "6l", "18a", "18c", "18g"])
        .await;
}

#[tokio::test]
async fn refuses_what_cannot_be_applied_in_the_workers_words() {
    repeat(
        "refuses_what_cannot_be_applied_in_the_workers_words",
        &["5", "6b", "6c", "6d", "6g", "6h", "6i", "6j", "18d"],
    )
    .await;
}

#[tokio::test]
async fn says_after_the_timeout_what_is_not_current_and_tries_again() {
    repeat("says_after_the_timeout_what_is_not_current_and_tries_again", &["7a", "7d", "7e"]).await;
}

#[tokio::test]
async fn destroys_what_is_there_and_takes_what_is_gone_as_destroyed() {
    let cases = ["6h", "9b", "9c", "9e", "9g"];
    repeat("destroys_what_is_there_and_takes_what_is_gone_as_destroyed", &cases).await;
}

#[tokio::test]
async fn queues_steps_by_unit_and_lets_waits_go_on_aside() {
    repeat("queues_steps_by_unit_and_lets_waits_go_on_aside", &["13a", "13b", "13c"]).await;
}

#[tokio::test]
async fn puts_namespaces_and_definitions_first() {
    repeat("puts_namespaces_and_definitions_first", &["16a", "16b", "16c"]).await;
}

#[tokio::test]
async fn refreshes_imports_finalizes_and_answers_what_it_does_not_know() {
    let cases = ["2", "8a", "10b", "10c", "10d", "10e", "11", "18k", "18n"];
    repeat("refreshes_imports_finalizes_and_answers_what_it_does_not_know", &cases).await;
}

#[tokio::test]
async fn takes_any_other_answer_than_200_as_an_error() {
    repeat("takes_any_other_answer_than_200_as_an_error", &["17a", "17b", "17c", "17d", "17e"]).await;
}

/// An Apply of one object with a wait of 40 s; `number` makes the ids.
fn apply_event(number: usize, manifest: &str) -> (Value, String) {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let operation = json!(format!("44444444-4444-4444-8444-{number:012}"));
    let payload = json!({
        "QueuedOperationID": operation, "UnitID": format!("22222222-2222-4222-8222-{number:012}"),
        "SpaceID": "33333333-3333-4333-8333-333333333333", "RevisionNum": 1, "Data": encode(manifest),
        "TargetParams": encode(r#"{"KubeContext": "kind-demo", "WaitTimeout": "40s"}"#),
    });
    let event = json!({"Event": "BridgeWorkerEvent", "Data": {"Action": "Apply", "Payload": payload}});
    (operation, event.to_string())
}

/// Recorded run 13d: its events are only described, so they are made here.
#[tokio::test]
async fn an_eleventh_wait_has_no_place_while_ten_go_on() {
    let world = World::start().await;
    for number in 1..=10 {
        let manifest = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: never-{number}, namespace: default}}\n\
             spec: {{nodeSelector: {{nope: 'true'}}, containers: [{{name: a, image: nginx}}]}}\n"
        );
        world.hub.send(world.clock.now(), apply_event(number, &manifest).1, &world.clock);
    }
    world.clock.sleep(Duration::from_secs(6)).await;
    let ready = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pool-11, namespace: default}\n";
    let (operation, event) = apply_event(11, ready);
    world.hub.begin(vec![operation], Vec::new());
    world.hub.send(world.clock.now(), event, &world.clock);
    world.clock.sleep(Duration::from_secs(75)).await;
    let messages: Vec<Value> = world.hub.end().iter().map(|report| report.body["Message"].clone()).collect();
    assert_eq!(json!(messages), json!(["Starting to apply resources...", "Applying resources..."]));
    // The ten give up in silence, and the eleventh has its turn (recorded run 7-long).
    world.clock.timeout(Duration::from_secs(1000), world.hub.reports(4)).await.expect("a place becomes free");
    assert_eq!(world.hub.end().last().map(|report| report.body["Result"].clone()), Some(json!("ApplyCompleted")));
}

/// Recorded run 10h with objects of this test's own: the recording's cluster had others.
#[tokio::test]
async fn imports_what_filters_select() {
    use base64::Engine as _;
    let decode = |text: &Value| base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
    let world = World::start().await;
    let manifest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop2}\n---\n\
                    apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop2}\n\
                    spec: {selector: {app: web}, ports: [{port: 80}]}\n---\n\
                    apiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: default}\n\
                    spec: {selector: {app: web}, ports: [{port: 80}]}\n";
    let (operation, event) = apply_event(1, manifest);
    world.hub.begin(vec![operation], Vec::new());
    world.hub.send(world.clock.now(), event, &world.clock);
    world.clock.timeout(Duration::from_secs(60), world.hub.reports(4)).await.expect("it is applied");
    let request = json!({
        "Filters": [
            {"Type": "metadata.namespace", "Operator": "include", "Values": ["shop2"]},
            {"Type": "resource_type", "Operator": "include", "Values": ["v1/Service"]},
        ],
        "Options": {},
    });
    let (operation, event) = apply_event(2, "");
    let mut event: Value = serde_json::from_str(&event).unwrap();
    event["Data"]["Action"] = json!("Import");
    event["Data"]["Payload"]["Data"] = Value::Null;
    let params = base64::engine::general_purpose::STANDARD.encode(request.to_string());
    event["Data"]["Payload"]["ExtraParams"] = json!(params);
    world.hub.begin(vec![operation], Vec::new());
    world.hub.send(world.clock.now(), event.to_string(), &world.clock);
    world.clock.timeout(Duration::from_secs(60), world.hub.reports(3)).await.expect("it is imported");
    let last = world.hub.end().pop().unwrap().body;
    assert_eq!(last["Result"], "ImportCompleted");
    assert!(last["Message"].as_str().unwrap().starts_with("Imported 1 resources successfully at "), "{last}");
    let (data, live) = (decode(&last["Data"]), decode(&last["LiveState"]));
    let (data, live) = (String::from_utf8(data).unwrap(), String::from_utf8(live).unwrap());
    assert!(
        data.starts_with("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop2\nspec:\n"),
        "{data}"
    );
    assert!(!data.contains("status:") && !data.contains("uid:"), "{data}");
    assert!(live.contains("managedFields:") && live.contains("uid:") && live.contains("status:"), "{live}");
}
