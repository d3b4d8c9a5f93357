//! Stand-ins on a real Kind cluster, with the node image that `STAGEGATE_KIND_IMAGE` names, or kind's own when it is
//! `default`. Without the variable nothing is checked, and the test says so.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use stagegate_images::{CONTAINERD_CONFIG_PATCHES, HOSTS_TOML_PATH, Outcome, Pull, Registry, hosts_toml};
use stagegate_kind::{Cluster, ClusterConfig, ClusterName, Creation, Kind, NodeCommand};
use stagegate_kubernetes::Catalogue;

use crate::worker;

const READY: Duration = Duration::from_secs(180);
const PODS: &str = include_str!("manifests/pods.yaml");
const EIGHT_SERVICES: &str = include_str!("../../fixtures/traderx/eight-services.yaml");

/// kubectl with the kubeconfig of the cluster under test.
pub(crate) struct Kubectl {
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let (success, stdout, stderr) = self.attempt(arguments);
        assert!(success, "kubectl {arguments:?}: {stderr}");
        stdout
    }

    fn attempt(&self, arguments: &[&str]) -> (bool, String, String) {
        let mut command = Command::new("kubectl");
        let output = command.arg("--kubeconfig").arg(&self.kubeconfig).args(arguments).stdin(Stdio::null()).output();
        let output = output.expect("kubectl");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    pub(crate) fn apply(&self, manifest: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), manifest).expect("written");
        self.run(&["apply", "-f", &file.path().display().to_string()]);
    }

    fn pod(&self, name: &str) -> Value {
        serde_json::from_str(&self.run(&["get", "pod", name, "-o", "json"])).expect("JSON")
    }

    /// Looks at a Pod until it is as wanted.
    fn until(&self, pod: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let seen = self.pod(pod);
            if wanted(&seen["status"]) {
                return seen["status"].clone();
            }
            assert!(since.elapsed() < READY, "{pod} is not {what}: {}", seen["status"]);
        }
    }
}

fn waits_for(reasons: &'static [&'static str]) -> impl Fn(&Value) -> bool {
    move |status| {
        let reason = status["containerStatuses"][0]["state"]["waiting"]["reason"].as_str();
        reason.is_some_and(|reason| reasons.contains(&reason))
    }
}

/// Makes the registry the only place where the cluster's nodes look for images.
async fn serve(kind: &Kind, cluster: &Cluster, pulls: &Arc<Mutex<Vec<Pull>>>) -> (Registry, IpAddr) {
    let own = Catalogue::parse(include_str!("manifests/catalogue.yaml")).expect("a catalogue");
    let catalogue = Catalogue::built_in().expect("the built-in catalogue").with(own);
    let gateway = kind.gateways().expect("gateways")[0];
    let told = Arc::clone(pulls);
    let addresses = [SocketAddr::new(gateway, 0)];
    let registry = Registry::start(catalogue, env!("CARGO_BIN_EXE_stagegate").into(), &addresses, move |pull| {
        told.lock().expect("no panic").push(pull);
    });
    let registry = registry.await.expect("a registry");
    let address = registry.addresses()[0];
    for node in cluster.nodes().expect("nodes") {
        cluster.write_file(&node, HOSTS_TOML_PATH, 0o644, hosts_toml(address).as_bytes()).expect("written");
        for import in registry.imports(address) {
            if let Some((path, content)) = &import.file {
                cluster.write_file(&node, path, 0o444, content).expect("written");
            }
            for line in import.commands {
                let command = NodeCommand::new(line).limit(READY);
                let (cluster, node) = (cluster.clone(), node.clone());
                let output =
                    tokio::task::spawn_blocking(move || cluster.exec(&node, &command)).await.expect("no panic");
                let output = output.expect("a command in the node");
                assert!(output.success(), "{}", output.said());
            }
        }
    }
    (registry, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_run_stand_ins_for_every_image() {
    let Ok(image) = std::env::var("STAGEGATE_KIND_IMAGE") else {
        println!("not run: nodes_run_stand_ins_for_every_image: STAGEGATE_KIND_IMAGE names no node image");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let name = ClusterName::of(&format!("test-images-{}", std::process::id())).expect("a name");
    let mut config = ClusterConfig::new(name);
    config.image = Some(image).filter(|image| image != "default");
    config.containerd_config_patches = CONTAINERD_CONFIG_PATCHES.map(str::to_owned).to_vec();
    let kubectl = Kubectl { kubeconfig: folder.path().join("kubeconfig") };
    let creation = Creation::new(&kubectl.kubeconfig, "stand-ins");
    let kind = Kind::find().expect("kind");
    let cluster = kind.create(&config, &creation).expect("a cluster").deleted_on_drop();
    cluster.wait_ready(READY).expect("ready");

    let pulls = Arc::new(Mutex::new(Vec::new()));
    let (_registry, gateway) = serve(&kind, &cluster, &pulls).await;
    kubectl.apply(PODS);
    // Its requests are those of a larger machine than a test may count on.
    let small = EIGHT_SERVICES.lines().map(|line| match line.split_once("{ cpu: ") {
        Some((before, after)) => format!("{before}{{ cpu: 10m,{}", after.split_once(',').map_or("", |(_, rest)| rest)),
        None => line.to_owned(),
    });
    kubectl.apply(&small.map(|line| line.replace("limits: { cpu: 10m", "limits: { cpu: 1") + "\n").collect::<String>());
    fates(&kubectl);
    commands(&kubectl);
    kubectl.run(&["wait", "deployment", "--all", "--for=condition=Available", "--timeout=300s"]);
    worker::applies_a_unit(&kubectl, gateway).await;

    let pulls = pulls.lock().expect("no panic").clone();
    let got = |image: &str, wanted: fn(&Outcome) -> bool| {
        pulls.iter().any(|one| one.image.starts_with(image) && wanted(&one.outcome))
    };
    assert!(got("docker.io/acme/slow@", |outcome| matches!(outcome, Outcome::Served { .. })), "{pulls:?}");
    assert!(got("docker.io/acme/nobody:1", |outcome| *outcome == Outcome::NotFound), "{pulls:?}");
    assert!(got("docker.io/acme/secret:1", |outcome| *outcome == Outcome::Private), "{pulls:?}");
    assert!(!pulls.iter().any(|one| one.outcome == Outcome::RealDigest), "{pulls:?}");
}

/// What becomes of each Pod.
fn fates(kubectl: &Kubectl) {
    let missing = kubectl.until("missing", "without its image", waits_for(&["ErrImagePull", "ImagePullBackOff"]));
    let message = &missing["containerStatuses"][0]["state"]["waiting"]["message"];
    assert!(message.as_str().is_some_and(|text| text.contains("docker.io/acme/nobody:1: not found")), "{message}");
    let private = kubectl.until("private", "refused", waits_for(&["ErrImagePull", "ImagePullBackOff"]));
    let message = &private["containerStatuses"][0]["state"]["waiting"]["message"];
    let words = "failed to authorize: failed to fetch anonymous token";
    assert!(message.as_str().is_some_and(|text| text.contains(words) && text.ends_with("403 Forbidden")), "{message}");

    kubectl.until("crash", "in CrashLoopBackOff", waits_for(&["CrashLoopBackOff"]));
    // Between two runs the kubelet may have removed the log of the one before the last.
    let since = Instant::now();
    while kubectl.attempt(&["logs", "crash", "--previous"]).1 != "begun\nabout to fail\n" {
        assert!(since.elapsed() < READY, "crash has no such log");
    }
    kubectl.until("greedy", "OOMKilled", |status| {
        let container = &status["containerStatuses"][0];
        ["state", "lastState"].iter().any(|state| container[state]["terminated"]["reason"] == "OOMKilled")
    });
    let ready = |status: &Value| status["containerStatuses"][0]["ready"] == true;
    for pod in ["frugal", "by-shell", "slow", "stubborn", "checked"] {
        kubectl.until(pod, "ready", ready);
    }
    assert_eq!(kubectl.run(&["logs", "frugal"]), "within its limit\n");
    // The real worker's end without its variables.
    kubectl.until("pinned", "completed", |status| status["phase"] == "Succeeded");
    assert!(kubectl.run(&["logs", "pinned"]).contains("\"worker-id\", \"worker-secret\" not set"));
    kubectl.until("tool", "completed", |status| status["phase"] == "Succeeded");
    assert_eq!(kubectl.run(&["logs", "tool"]), "done\n");
    let wrong = kubectl.until("wrong-command", "refused by the runtime", |status| {
        status["containerStatuses"][0]["state"]["terminated"]["reason"] == "StartError"
    });
    let message = &wrong["containerStatuses"][0]["state"]["terminated"]["message"];
    assert!(message.as_str().is_some_and(|text| text.contains("executable file not found in $PATH")), "{message}");

    // Three seconds of grace, and then SIGKILL.
    let begun = Instant::now();
    kubectl.run(&["delete", "pod", "stubborn", "--timeout=60s"]);
    assert!(begun.elapsed() >= Duration::from_secs(3), "it ended at SIGTERM");
}

/// Commands in a running container.
fn commands(kubectl: &Kubectl) {
    let exec = |words: &[&str]| kubectl.run(&[&["exec", "checked", "--"], words].concat());
    assert_eq!(exec(&["curl", "-s", "http://127.0.0.1:9090/health"]), "fine");
    assert_eq!(exec(&["hostname"]), "checked\n");
    let namespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    assert_eq!(exec(&["cat", namespace]), "default");
    assert!(exec(&["nslookup", "kubernetes"]).contains("Name:\tkubernetes.default.svc.cluster.local\n"));
    let (success, _, stderr) = kubectl.attempt(&["exec", "checked", "--", "vim"]);
    assert!(!success && stderr.contains("executable file not found in $PATH"), "{stderr}");
}
