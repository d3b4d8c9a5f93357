//! The worker's image in a cluster, and a hub outside of it.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_confighub::Hub;
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use tokio::net::{TcpListener, TcpStream};

use crate::cluster::Kubectl;

/// The unit: one object that is there when the worker has applied it.
const UNIT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: default}\ndata: {a: b}\n";

/// Long enough for a pull, a registration and a wait, on a machine with much to do.
const LIMIT: Duration = Duration::from_secs(120);

/// Passes connections on from an address of the containers' network to the hub, which is on loopback.
async fn pass_on(from: SocketAddr, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(from).await.expect("an address");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await?;
                tokio::io::copy_bidirectional(&mut near, &mut far).await
            });
        }
    });
    address
}

struct Api {
    hub: Hub,
}

impl Api {
    async fn ask(&self, path: &str, body: Option<Value>) -> Value {
        let (client, url) = (reqwest::Client::new(), format!("{}/api{path}", self.hub.url()));
        let request = match body {
            Some(body) => client.post(url).json(&body),
            None => client.get(url),
        };
        request.bearer_auth(self.hub.token()).send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let read = self.ask(path, None).await;
            if wanted(&read) {
                return read;
            }
            assert!(since.elapsed() < LIMIT, "{path}: {read}");
        }
    }
}

/// A unit reaches the cluster by a worker in it.
pub(crate) async fn applies_a_unit(kubectl: &Kubectl, gateway: IpAddr) {
    let simulation = Simulation::silent(Clock::start(Timestamp::now(), Pace::Times(1.0)), Seed::new(1));
    let api = Api { hub: Hub::start(simulation, stagegate_confighub::Options::default()).await.expect("a hub") };
    let hub = SocketAddr::from(([127, 0, 0, 1], api.hub.port()));
    let url = format!("http://{}", pass_on(SocketAddr::new(gateway, 0), hub).await);
    let space = api.ask("/space", Some(json!({"Slug": "p"}))).await;
    let space = space["SpaceID"].as_str().expect("an id").to_owned();
    let worker = api.ask(&format!("/space/{space}/bridge_worker"), Some(json!({"Slug": "w"}))).await;
    let text = |field: &str| worker[field].as_str().expect("a text").to_owned();
    kubectl.apply(&deployment(&url, &text("BridgeWorkerID"), &text("Secret")).to_string());

    let targets = api.until("/target", |targets| targets[0].is_object()).await;
    assert_eq!(targets[0]["Target"]["Slug"], "k8s-w");
    let data = base64(UNIT);
    let target = &targets[0]["Target"]["TargetID"];
    let unit = json!({"Slug": "u", "ToolchainType": "Kubernetes/YAML", "Data": data, "TargetID": target});
    let unit = api.ask(&format!("/space/{space}/unit"), Some(unit)).await;
    let unit = format!("/space/{space}/unit/{}", unit["UnitID"].as_str().expect("an id"));
    api.ask(&format!("{unit}/apply"), Some(Value::Null)).await;
    let path = format!("{unit}?include=UnitEventID");
    let read = api.until(&path, |read| read["LatestUnitEvent"]["TerminatedAt"].is_string()).await;
    assert_eq!(read["LatestUnitEvent"]["Result"], "ApplyCompleted", "{read}");
    assert_eq!(kubectl.run(&["get", "configmap", "settings", "-o", "jsonpath={.data.a}"]), "b");
}

fn deployment(url: &str, id: &str, secret: &str) -> Value {
    let metadata = |name: &str| json!({ "name": name, "namespace": "default" });
    json!({ "apiVersion": "v1", "kind": "List", "items": [
        { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("confighub-worker") },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": { "name": "confighub-worker-admin" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "kind": "ServiceAccount", "name": "confighub-worker", "namespace": "default" }],
        },
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("w"),
            "spec": {
                "selector": { "matchLabels": { "app": "w" } },
                "template": {
                    "metadata": { "labels": { "app": "w" } },
                    "spec": {
                        "serviceAccountName": "confighub-worker",
                        "containers": [{
                            "name": "worker",
                            "image": "ghcr.io/confighubai/confighub-worker:latest",
                            "imagePullPolicy": "Always",
                            "args": ["kubernetes"],
                            "env": [
                                { "name": "CONFIGHUB_URL", "value": url },
                                { "name": "CONFIGHUB_WORKER_ID", "value": id },
                                { "name": "CONFIGHUB_WORKER_SECRET", "value": secret },
                                { "name": "CONFIGHUB_WORKER_PORT", "value": "" },
                            ],
                        }],
                    },
                },
            },
        },
    ]})
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
