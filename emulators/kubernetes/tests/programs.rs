//! Programs of ours as the process of a container.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cluster::Lab;
use futures::FutureExt;
use futures::future::BoxFuture;
use stagegate_kubernetes::{Container, Program};
use stagegate_simulation::Clock;

const CATALOGUE: &str = "images: [{ name: acme/agent, program: agent }]";

const MANIFEST: &str = "
apiVersion: v1
kind: Secret
metadata: { name: agent }
stringData: { SECRET: a-long-secret-value, ID: x }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: agent }
data: { MODE: fast }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, labels: { app: agent } }
spec:
  containers:
    - name: agent
      image: acme/agent
      args: [run, --now]
      envFrom: [{ secretRef: { name: agent } }, { configMapRef: { name: agent }, prefix: C_ }]
      env:
        - { name: POD, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: APP, valueFrom: { fieldRef: { fieldPath: \"metadata.labels['app']\" } } }
        - { name: BOTH, value: \"$(POD)-$(APP)\" }
";

/// Prints a line every second until it is stopped.
struct Agent {
    clock: Mutex<Option<Clock>>,
    seen: Mutex<Vec<Container>>,
    alive: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Agent {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: Mutex::default(), seen: Mutex::default(), alive: Arc::default() })
    }
}

impl Program for Agent {
    fn name(&self) -> &'static str {
        "agent"
    }

    fn run(&self, container: Container) -> BoxFuture<'static, i32> {
        self.seen.lock().unwrap().push(container.clone());
        self.alive.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(Arc::clone(&self.alive));
        let clock = self.clock.lock().unwrap().clone().expect("the lab's clock");
        async move {
            let _alive = alive;
            for second in 0.. {
                container.log.write_line(&format!("second {second}"));
                tokio::select! {
                    () = container.stop.cancelled() => {
                        container.log.write_line("stopping");
                        return 0;
                    }
                    () = clock.sleep(Duration::from_secs(1)) => {}
                }
            }
            1
        }
        .boxed()
    }
}

async fn start(agent: &Arc<Agent>) -> Lab {
    let lab = Lab::with_programs(CATALOGUE, vec![Arc::clone(agent) as Arc<dyn Program>]).await;
    *agent.clock.lock().unwrap() = Some(lab.clock.clone());
    lab.pass(1.0).await;
    for reply in lab.apply(MANIFEST).await {
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    lab.pass(5.0).await;
    lab
}

#[tokio::test]
async fn a_program_sees_its_environment() {
    let agent = Agent::new();
    let lab = start(&agent).await;
    let container = agent.seen.lock().unwrap()[0].clone();
    let expected =
        [("SECRET", "a-long-secret-value"), ("ID", "x"), ("C_MODE", "fast"), ("POD", "agent"), ("BOTH", "agent-agent")];
    for (name, value) in expected {
        assert_eq!(container.env.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(container.args, ["run", "--now"]);
    assert_eq!((container.namespace.as_str(), container.service_account.as_str()), ("default", "default"));
    let url = format!("{}/apis/authentication.k8s.io/v1/selfsubjectreviews", container.api_url);
    let request = reqwest::Client::new().post(url).bearer_auth(&container.api_token).json(&serde_json::json!({}));
    let review: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(review["status"]["userInfo"]["username"], "system:serviceaccount:default:default");
    let secrets = lab.seen.secrets.lock().unwrap();
    assert!(secrets.contains(&"a-long-secret-value".to_owned()));
    assert!(secrets.contains(&container.api_token));
    assert!(!secrets.contains(&"x".to_owned()), "too short to be told from other text");
}

#[tokio::test]
async fn its_log_can_be_read_and_followed_to_the_end() {
    let agent = Agent::new();
    let lab = start(&agent).await;
    let log = "/api/v1/namespaces/default/pods/agent/log";
    let tail = lab.get(&format!("{log}?tailLines=2")).await.body;
    assert_eq!(tail.as_str().unwrap().lines().collect::<Vec<_>>(), ["second 3", "second 4"], "{tail}");
    let url = format!("{}{log}?follow=true&tailLines=1", lab.cluster.url());
    let mut following = reqwest::Client::new().get(url).bearer_auth(lab.cluster.token()).send().await.unwrap();
    let deleted = lab.send("DELETE", "/api/v1/namespaces/default/pods/agent", &[], Vec::new()).await;
    assert_eq!(deleted.body["metadata"]["deletionGracePeriodSeconds"], 30);
    let mut text = String::new();
    while let Some(chunk) = following.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.ends_with("stopping\n"), "{text}");
    lab.pass(2.0).await;
    assert_eq!(lab.get("/api/v1/namespaces/default/pods/agent").await.status, 404);
}

#[tokio::test]
async fn programs_end_with_their_cluster() {
    let agent = Agent::new();
    let lab = start(&agent).await;
    assert_eq!(agent.alive.load(Ordering::SeqCst), 1);
    let clock = lab.clock.clone();
    drop(lab);
    clock.sleep(Duration::from_secs(5)).await;
    assert_eq!(agent.alive.load(Ordering::SeqCst), 0);
}
