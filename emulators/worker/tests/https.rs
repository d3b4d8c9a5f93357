//! The worker and an API server that speaks TLS, as every real one does.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_confighub::Hub;
use stagegate_kubernetes::Cluster;
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use stagegate_worker::{Authorities, Config, ConfigError, TargetName};
use tokio_util::sync::CancellationToken;

const MANIFEST: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: default}\ndata: {a: b}\n";

struct World {
    simulation: Simulation,
    hub: Hub,
    cluster: Cluster,
}

impl World {
    async fn start() -> Self {
        let simulation = Simulation::silent(Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump), Seed::new(1));
        let cluster = Cluster::start(simulation.clone(), stagegate_kubernetes::Options::default()).await.unwrap();
        let hub = Hub::start(simulation.clone(), stagegate_confighub::Options::default()).await.unwrap();
        Self { simulation, hub, cluster }
    }

    async fn ask(&self, path: &str, body: Option<Value>) -> Value {
        let _busy = self.simulation.clock.busy();
        let (client, url) = (reqwest::Client::new(), format!("{}/api{path}", self.hub.url()));
        let request = match body {
            Some(body) => client.post(url).json(&body),
            None => client.get(url),
        };
        request.bearer_auth(self.hub.token()).send().await.unwrap().json().await.unwrap()
    }

    /// The PEM of the cluster's authority, from its kubeconfig.
    fn authority(&self) -> Vec<u8> {
        let kubeconfig = self.cluster.kubeconfig(self.cluster.token());
        let data = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("certificate-authority-data: "));
        STANDARD.decode(data.unwrap()).unwrap()
    }

    /// Applies a unit by a worker that trusts `authority`; gives the result and its message.
    async fn apply(&self, authority: &[u8]) -> (String, String) {
        let space = self.ask("/space", Some(json!({"Slug": "p"}))).await["SpaceID"].as_str().unwrap().to_owned();
        let worker = self.ask(&format!("/space/{space}/bridge_worker"), Some(json!({"Slug": "w"}))).await;
        let text = |field: &str| worker[field].as_str().unwrap().to_owned();
        let config = Config {
            hub_url: self.hub.url(),
            worker_port: None,
            worker_id: text("BridgeWorkerID"),
            secret: text("Secret"),
            kubernetes_url: self.cluster.url().replace("http://", "https://"),
            kubernetes_token: self.cluster.token().to_owned(),
            kubernetes_authorities: Some(Authorities::from_pem(authority).unwrap()),
            registration_delay: Duration::ZERO,
            target_name: TargetName::InCluster,
        };
        tokio::spawn(stagegate_worker::run(self.simulation.clone(), config, |_| {}, CancellationToken::new()));
        let targets = self.until("/target", |targets| targets[0].is_object()).await;
        let unit = json!({
            "Slug": "u", "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(MANIFEST),
            "TargetID": targets[0]["Target"]["TargetID"],
        });
        let unit = self.ask(&format!("/space/{space}/unit"), Some(unit)).await;
        let unit = format!("/space/{space}/unit/{}", unit["UnitID"].as_str().unwrap());
        self.ask(&format!("{unit}/apply"), Some(Value::Null)).await;
        let path = format!("{unit}?include=UnitEventID");
        let read = self.until(&path, |read| read["LatestUnitEvent"]["TerminatedAt"].is_string()).await;
        let text = |field: &str| read["LatestUnitEvent"][field].as_str().unwrap().to_owned();
        (text("Result"), text("Message"))
    }

    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let read = self.ask(path, None).await;
            if wanted(&read) {
                return read;
            }
            self.simulation.clock.sleep(Duration::from_millis(100)).await;
        }
        panic!("{path}: {}", self.ask(path, None).await)
    }
}

#[tokio::test]
async fn a_unit_is_applied_over_tls() {
    let world = World::start().await;
    let (result, message) = world.apply(&world.authority()).await;
    assert_eq!(result, "ApplyCompleted", "{message}");
    assert!(world.cluster.object("configmaps", "default", "settings").is_some());
}

#[tokio::test]
async fn a_server_that_an_authority_does_not_vouch_for_gets_nothing() {
    let world = World::start().await;
    let stranger = World::start().await.authority();
    let (result, message) = world.apply(&stranger).await;
    assert_eq!(result, "ApplyFailed", "{message}");
    assert!(message.contains("certificate"), "{message}");
    assert!(world.cluster.object("configmaps", "default", "settings").is_none());
}

#[test]
fn authorities_that_cannot_be_read_are_refused() {
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = Authorities::from_pem(pem.as_bytes()).expect_err("no authority");
        assert!(matches!(error, ConfigError::Authorities(_)), "{error}");
    }
}
