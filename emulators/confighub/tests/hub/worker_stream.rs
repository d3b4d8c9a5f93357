//! The worker's stream: targets, heartbeats, conditions, loss and return.

use std::time::Duration;

use serde_json::json;
use stagegate_simulation::Actor;

use crate::client::{Bench, message};
use crate::worker::Worker;

async fn condition(bench: &Bench) -> String {
    bench.get("/bridge_worker").await.1[0]["BridgeWorker"]["Condition"].as_str().unwrap().to_owned()
}

/// Waits, in environment time, until the worker has this condition.
async fn becomes(bench: &Bench, expected: &str) {
    for _ in 0..10_000 {
        if condition(bench).await == expected {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the condition stayed {}", condition(bench).await);
}

#[tokio::test]
async fn connecting_makes_the_worker_ready_and_registers_its_targets() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    assert_eq!(condition(&bench).await, "Disconnected");
    bench.changes();
    let _busy = bench.clock.busy();
    let _stream = worker.connect(&bench).await;
    assert_eq!(
        bench.changes(),
        [
            "Created Target p/k8s-w1: registered by worker w1",
            "Updated BridgeWorker p/w1: condition Disconnected → Ready"
        ]
    );
    let (_, targets) = bench.get("/target").await;
    let target = &targets[0]["Target"];
    assert_eq!(target["Parameters"], "{\"WaitTimeout\":\"2m0s\"}");
    assert_eq!((&target["ProviderType"], &target["ToolchainType"]), (&json!("Kubernetes"), &json!("Kubernetes/YAML")));
    assert_eq!(condition(&bench).await, "Ready");
    assert_eq!(worker.me(&bench).await.1["Slug"], "w1");
}

#[tokio::test]
async fn only_the_worker_itself_may_use_its_endpoints() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let as_user = bench.get(&format!("/bridge_worker/{}/me", worker.id)).await;
    assert_eq!((as_user.0, message(&as_user).as_str()), (401, "this token is not for this operation"));
    let (_, own) = worker.me(&bench).await;
    let secret = own["Secret"].as_str().unwrap();
    let as_worker = bench.send(bench.http.get(format!("{}/api/space", bench.hub.url())).bearer_auth(secret)).await;
    assert_eq!(as_worker.0, 401);
    assert!(bench.recorder.secrets.lock().unwrap().iter().any(|known| known == secret));
}

#[tokio::test]
async fn a_worker_can_log_in_as_its_user() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let secret = worker.me(&bench).await.1["Secret"].clone();
    let login = format!("{}/auth/worker", bench.hub.url());
    let body = json!({"worker_id": worker.id, "worker_secret": secret});
    let (status, session) = bench.send(bench.http.post(&login).json(&body)).await;
    assert_eq!(status, 200);
    let token = session["access_token"].as_str().unwrap();
    let spaces = bench.send(bench.http.get(format!("{}/api/space", bench.hub.url())).bearer_auth(token)).await;
    assert_eq!(spaces.0, 200);
    let wrong = bench.send(bench.http.post(&login).json(&json!({"worker_id": worker.id, "worker_secret": "no"}))).await;
    assert_eq!((wrong.0, message(&wrong).as_str()), (401, "invalid worker id or secret"));
}

#[tokio::test]
async fn heartbeats_come_every_15_seconds_and_silence_is_noticed() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let mut stream = worker.connect(&bench).await;
    for beat in 1..=3_u64 {
        let event = stream.next().await.unwrap();
        assert_eq!((&event["Event"], &event["Data"]["Action"]), (&json!("WorkerEvent"), &json!("Heartbeat")));
        let sent = event["Data"]["Payload"]["Timestamp"].as_i64().unwrap();
        assert_eq!(
            sent,
            "2025-10-05T09:00:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond()
                + i64::try_from(beat).unwrap() * 15_000_000
        );
    }
    becomes(&bench, "Unresponsive").await;
    let answer = json!({"Action": "Heartbeat", "Status": "Completed", "Result": "None", "Message": "", "QueuedOperationID": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(worker.post_result(&bench, &answer).await, (200, json!("ok")));
    assert_eq!(condition(&bench).await, "Ready");
    let mut pressed = answer.clone();
    pressed["Message"] = json!("MemoryPressure");
    worker.post_result(&bench, &pressed).await;
    assert_eq!(condition(&bench).await, "NotReady");
    assert_eq!(bench.get("/bridge_worker").await.1[0]["BridgeWorker"]["LastMessage"], "MemoryPressure");
}

#[tokio::test]
async fn a_lost_worker_is_disconnected_and_gets_its_open_operations_again() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    let busy = bench.clock.busy();
    let mut stream = worker.connect(&bench).await;
    let target = bench.get("/target").await.1[0]["Target"]["TargetID"].clone();
    bench.patch(&unit, json!({"TargetID": target})).await;
    let (_, operation) = bench.post(&format!("{unit}/apply"), json!(null)).await;
    assert_eq!(operation["Status"], "Submitted");
    let event = stream.next().await.unwrap();
    worker.report(&bench, &event, "Progressing", "None", json!({})).await;
    drop(stream);
    becomes(&bench, "Disconnected").await;

    let (_, waiting) = bench.post(&format!("{unit}/refresh"), json!(null)).await;
    assert_eq!(waiting["Status"], "Pending");
    let mut again = worker.connect(&bench).await;
    let first = again.next().await.unwrap();
    assert_eq!(first["Data"]["Payload"], event["Data"]["Payload"], "the same operation afresh");
    worker.report(&bench, &first, "Completed", "ApplyCompleted", json!({})).await;
    let second = again.next().await.unwrap();
    assert_eq!(
        (&second["Data"]["Action"], &second["Data"]["Payload"]["QueuedOperationID"]),
        (&json!("Refresh"), &waiting["QueuedOperationID"])
    );
    assert_eq!(bench.get("/target").await.1.as_array().unwrap().len(), 1, "targets are not registered twice");
    drop(busy);
}

#[tokio::test]
async fn the_stream_ends_when_the_worker_is_deleted_or_connects_anew() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let _busy = bench.clock.busy();
    let mut first = worker.connect(&bench).await;
    let mut second = worker.connect(&bench).await;
    assert_eq!(first.next().await, None);
    assert_eq!(condition(&bench).await, "Ready", "the end of the first stream is not the end of the second");
    assert_eq!(bench.delete(&format!("/space/{space}/bridge_worker/{}", worker.id)).await.0, 200);
    assert_eq!(second.next().await, None);
    assert_eq!(worker.me(&bench).await.0, 401);
}

#[tokio::test]
async fn dropping_the_hub_ends_everything() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let busy = bench.clock.busy();
    let mut stream = worker.connect(&bench).await;
    let url = format!("{}/api/info", bench.hub.url());
    let Bench { hub, recorder, http, clock: _clock } = bench;
    drop(hub);
    assert_eq!(stream.next().await, None);
    for _ in 0..1000 {
        if http.get(&url).timeout(Duration::from_secs(5)).send().await.is_err() {
            break;
        }
    }
    assert!(http.get(&url).send().await.is_err(), "nobody listens any more");
    let changes = recorder.changes.lock().unwrap();
    let last = changes.last().unwrap();
    assert_eq!(last.origin.actor, Actor::Worker { operation: None });
    drop(busy);
}
