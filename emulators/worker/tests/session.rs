//! A worker's life: how it connects, what it refuses, how it ends.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "recorded/hub.rs"]
mod hub;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router, http::StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_simulation::{Clock, Pace, Seed, Server, Simulation, loopback};
use stagegate_worker::{Config, Exit, TargetName};
use tokio_util::sync::CancellationToken;

use hub::Hub;

fn clock() -> Clock {
    Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump)
}

fn config(hub_url: String) -> Config {
    Config {
        hub_url,
        worker_port: None,
        worker_id: "18f97d61-c767-470a-b871-8a85f34dbf13".to_owned(),
        secret: "a secret of some length".to_owned(),
        kubernetes_url: "http://127.0.0.1:9".to_owned(),
        kubernetes_token: String::new(),
        kubernetes_authorities: None,
        registration_delay: Duration::from_secs(13),
        target_name: TargetName::InCluster,
    }
}

async fn run(clock: Clock, config: Config) -> Exit {
    stagegate_worker::run(Simulation::silent(clock, Seed::new(1)), config, |_| {}, CancellationToken::new()).await
}

/// A hub that answers every worker's `me` like this and knows nothing else.
async fn hub_saying(status: StatusCode, body: Value) -> Server {
    let router = Router::new().route("/api/bridge_worker/{id}/me", get(async move || (status, Json(body))));
    Server::start(router, loopback(0)).await.unwrap()
}

#[tokio::test]
async fn announces_its_target_after_the_delay_and_answers_heartbeats_at_once() {
    let clock = clock();
    let hub = Hub::start(clock.clone()).await;
    tokio::spawn(run(clock.clone(), config(hub.url())));
    hub.connected().await;
    assert_eq!(clock.elapsed(), Duration::from_secs(13));
    let info = hub.info();
    let announced = &info["BridgeWorkerInfo"]["SupportedConfigTypes"][0];
    assert_eq!(announced["ToolchainType"], "Kubernetes/YAML");
    assert_eq!(announced["ProviderType"], "Kubernetes");
    assert_eq!(announced["AvailableTargets"], json!([{"Name": "k8s-tut-worker", "Params": {"WaitTimeout": "2m0s"}}]));
    hub.begin(vec![json!("00000000-0000-0000-0000-000000000000")], Vec::new());
    let heartbeat = json!({"Event": "WorkerEvent", "Data": {"Action": "Heartbeat", "Payload": {"Timestamp": 1}}});
    let keepalive = json!({"Event": "WorkerEvent", "Data": {"Action": "keepalive", "Payload": {"Timestamp": 1}}});
    for line in [keepalive.to_string(), "{oops".to_owned(), json!({"Event": "Foo"}).to_string(), heartbeat.to_string()]
    {
        hub.send(clock.now(), line, &clock);
    }
    hub.reports(1).await;
    let report = hub.end().remove(0);
    assert_eq!(report.at, clock.now());
    let report = report.body;
    let essence = ["Action", "Status", "Result", "Message"].map(|field| report[field].clone());
    assert_eq!(json!(essence), json!(["Heartbeat", "Completed", "None", ""]));
    assert_eq!(report["StartedAt"], report["TerminatedAt"]);
}

#[tokio::test]
async fn answers_function_invocations_with_a_failure_that_says_why() {
    let clock = clock();
    let hub = Hub::start(clock.clone()).await;
    tokio::spawn(run(clock.clone(), config(hub.url())));
    hub.connected().await;
    let operation = json!("44444444-4444-4444-8444-000000001001");
    hub.begin(vec![operation.clone()], Vec::new());
    let payload = json!({"QueuedOperationID": operation, "InvocationRequest": {}});
    let event = json!({"Event": "FunctionWorkerEvent", "Data": {"Action": "InvokeFunctions", "Payload": payload}});
    hub.send(clock.now(), event.to_string(), &clock);
    hub.reports(1).await;
    let report = hub.end().remove(0).body;
    assert_eq!(report["Result"], "FunctionInvocationFailed");
    assert_eq!(report["Message"], "this worker runs no functions");
}

#[tokio::test]
async fn ends_with_status_0_when_the_stream_ends() {
    let clock = clock();
    let hub = Hub::start(clock.clone()).await;
    let worker = tokio::spawn(run(clock, config(hub.url())));
    hub.connected().await;
    hub.end_stream();
    let exit = worker.await.unwrap();
    assert!(matches!(exit, Exit::StreamEnded), "{exit:?}");
    assert_eq!(exit.code(), 0);
}

#[tokio::test]
async fn dies_at_once_when_told_to_stop() {
    let clock = clock();
    let hub = Hub::start(clock.clone()).await;
    let stop = CancellationToken::new();
    let simulation = Simulation::silent(clock, Seed::new(1));
    let worker = tokio::spawn(stagegate_worker::run(simulation, config(hub.url()), |_| {}, stop.clone()));
    hub.connected().await;
    stop.cancel();
    let exit = worker.await.unwrap();
    assert!(matches!(exit, Exit::Terminated), "{exit:?}");
}

#[tokio::test]
async fn start_failures_end_with_status_0_and_say_why() {
    let refusing = hub_saying(StatusCode::UNAUTHORIZED, json!({})).await;
    let without_stream = hub_saying(StatusCode::OK, json!({"Slug": "w"})).await;
    let with_short_secret = Config { secret: "short".to_owned(), ..config(refusing.url()) };
    let table = [
        (config(refusing.url()), "server returned status 401 Unauthorized"),
        (config(without_stream.url()), "server returned status 404 Not Found"),
        (config("http://127.0.0.1:9".to_owned()), "dial tcp 127.0.0.1:9: "),
        (config("https://127.0.0.1:9".to_owned()), "this worker speaks http only"),
        (config("127.0.0.1:9".to_owned()), "invalid hub URL"),
        (with_short_secret, "missing or invalid worker secret"),
    ];
    for (config, expected) in table {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        let simulation = Simulation::silent(clock(), Seed::new(1));
        let write = move |line: &str| log.lock().unwrap().push(line.to_owned());
        let exit = stagegate_worker::run(simulation, config, write, CancellationToken::new()).await;
        assert_eq!(exit.code(), 0);
        let Exit::NotConnected(error) = exit else { panic!("{expected}: {exit:?}") };
        assert!(error.to_string().contains(expected), "{error}");
        let lines = lines.lock().unwrap().join("\n");
        assert!(lines.contains("failed to start worker") && lines.contains(expected), "{lines}");
        assert!(!lines.contains("a secret of"), "a secret was logged: {lines}");
    }
}
