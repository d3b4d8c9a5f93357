//! Conditions by silence, what was noted of them, secrets, late targets and long lines.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};
use crate::stage::Stage;
use crate::worker::Worker;

async fn condition(bench: &Bench) -> String {
    text(&bench.get("/bridge_worker").await.1[0]["BridgeWorker"]["Condition"])
}

fn heartbeat() -> Json {
    json!({"Action": "Heartbeat", "Status": "Completed", "Result": "None", "Message": ""})
}

#[tokio::test]
async fn silence_makes_a_worker_unresponsive_and_then_disconnected() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let mut stream = worker.connect(&bench).await;
    let mut seen = Vec::new();
    for _ in 0..10 {
        stream.next().await.unwrap();
        seen.push(condition(&bench).await);
    }
    // Heartbeats go out every 15 s; the silence is noticed before one is sent.
    let expected = [&["Ready"; 2][..], &["Unresponsive"; 7], &["Disconnected"; 1]].concat();
    assert_eq!(seen, expected);
    worker.post_result(&bench, &heartbeat()).await;
    assert_eq!(condition(&bench).await, "Ready", "the stream was open all the time");

    let path = format!("/space/{space}/bridge_worker/{}/status", worker.id);
    let (_, statuses) = bench.get(&path).await;
    let names: Vec<&Json> = statuses.as_array().unwrap().iter().map(|status| &status["Status"]).collect();
    assert_eq!(json!(names), json!(["Connected", "Disconnected", "Connected"]));
    let first = &statuses[0];
    assert_eq!((&first["BridgeWorkerSlug"], &first["IPAddress"]), (&json!("w1"), &json!("127.0.0.1")));
    assert_eq!(first["SeenAt"], "2025-10-05T09:00:00Z");
    let one = format!("{path}/{}", text(&first["BridgeWorkerStatusID"]));
    assert_eq!(bench.get(&one).await, (200, first.clone()));
    let unknown = bench.get(&format!("{path}/{}", worker.id)).await;
    assert_eq!((unknown.0, message(&unknown)), (404, format!("BridgeWorkerStatus {} not found", worker.id)));
}

#[tokio::test]
async fn contacts_with_a_worker_are_told_apart_from_its_condition() {
    let mut stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap();
    let path = format!("/space/{space}/bridge_worker/{}/status", stage.worker.id);
    let event = stage.act("apply").await;
    stage.report(&event, "Progressing", "None", json!({})).await;
    stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    stage.worker.post_result(&stage.bench, &heartbeat()).await;
    assert_eq!(condition(&stage.bench).await, "Ready");
    stage.stream = stage.worker.connect(&stage.bench).await;
    let (_, statuses) = stage.bench.get(&path).await;
    let names: Vec<&Json> = statuses.as_array().unwrap().iter().map(|status| &status["Status"]).collect();
    let expected = ["Connected", "ActionSent", "ActionResultReceived", "ActionResultReceived", "Connected"];
    assert_eq!(json!(names), json!(expected), "heartbeats are no actions");
    let mut memory = heartbeat();
    memory["Message"] = json!("MemoryPressure");
    stage.worker.post_result(&stage.bench, &memory).await;
    assert_eq!(condition(&stage.bench).await, "NotReady");
    assert_eq!(stage.bench.get(&path).await.1, statuses, "it is still in contact");
}

#[tokio::test]
async fn a_new_secret_ends_the_stream_and_refuses_the_old_one() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    let id = stage.worker.id.parse().unwrap();
    let secret = stage.bench.hub.rotate_worker_secret(id).unwrap();
    assert_eq!(stage.stream.next().await, None);
    assert_eq!(condition(&stage.bench).await, "Disconnected");
    assert_eq!(stage.worker.me(&stage.bench).await.0, 401);
    let answer = stage.worker.report(&stage.bench, &event, "Completed", "ApplyCompleted", json!({})).await;
    assert_eq!(answer.0, 401);
    stage.worker.secret = secret.expose().to_owned();
    stage.stream = stage.worker.connect(&stage.bench).await;
    assert_eq!(stage.stream.next().await.unwrap(), event, "what was open comes again");
    assert!(stage.bench.recorder.secrets.lock().unwrap().iter().any(|known| known == secret.expose()));
}

#[tokio::test]
async fn targets_appear_after_the_registration_delay() {
    let bench = Bench::start().await;
    bench.hub.set_target_registration_delay(Duration::from_secs(13));
    let space = bench.space("p").await;
    let (first, second) = (Worker::create(&bench, &space).await, Worker::create_named(&bench, &space, "w2").await);
    let busy = bench.clock.busy();
    let _stream = first.connect(&bench).await;
    drop(second.connect(&bench).await);
    assert_eq!(bench.get("/target").await.1, json!([]));
    drop(busy);
    bench.clock.sleep(Duration::from_secs(12)).await;
    assert_eq!(bench.get("/target").await.1, json!([]));
    bench.clock.sleep(Duration::from_secs(2)).await;
    let (_, targets) = bench.get("/target").await;
    let slugs: Vec<&Json> = targets.as_array().unwrap().iter().map(|target| &target["Target"]["Slug"]).collect();
    assert_eq!(json!(slugs), json!(["k8s-w1"]), "a worker that is gone by then registers none");
}

#[tokio::test]
async fn registration_updates_targets_and_keeps_what_is_not_announced_any_more() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let _busy = bench.clock.busy();
    let announce = |names: &[&str], timeout: &str| {
        let targets: Vec<Json> =
            names.iter().map(|name| json!({"Name": name, "Params": {"WaitTimeout": timeout}})).collect();
        json!({"BridgeWorkerInfo": {"SupportedConfigTypes": [{
            "ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes", "AvailableTargets": targets,
        }]}})
    };
    let _first = worker.connect_with(&bench, &announce(&["a", "b"], "2m0s")).await;
    let (_, before) = bench.get("/target").await;
    bench.changes();
    let _second = worker.connect_with(&bench, &announce(&["b", "c"], "5m0s")).await;
    let (_, after) = bench.get("/target").await;
    let shown = |targets: &Json| -> Vec<String> {
        let targets = targets.as_array().unwrap().iter().map(|target| &target["Target"]);
        targets.map(|target| format!("{} {}", text(&target["Slug"]), text(&target["Parameters"]))).collect()
    };
    assert_eq!(
        shown(&after),
        ["a {\"WaitTimeout\":\"2m0s\"}", "b {\"WaitTimeout\":\"5m0s\"}", "c {\"WaitTimeout\":\"5m0s\"}"]
    );
    assert_eq!(after[1]["Target"]["TargetID"], before[1]["Target"]["TargetID"]);
    let told = bench.changes();
    assert_eq!(
        told[..2],
        ["Updated Target p/b: registered by worker w1", "Created Target p/c: registered by worker w1"]
    );
}

#[tokio::test]
async fn a_long_line_arrives_whole() {
    let mut stage = Stage::set().await;
    let data = format!("a: |\n{}", format!("  {}\n", "x".repeat(998)).repeat(900));
    stage.revise(&data).await;
    let event = stage.act("apply").await;
    assert_eq!(event["Data"]["Payload"]["Data"], json!(base64(&data)));
    assert!(event.to_string().len() > 1_200_000);
    let done = json!({"LiveState": base64(&data)});
    stage.report(&event, "Completed", "ApplyCompleted", done).await;
    assert_eq!(stage.live().await.2, base64(&data));
}
