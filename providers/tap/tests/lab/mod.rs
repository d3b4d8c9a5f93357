//! A tap before an embedded cluster, and the real kubectl.
//!
//! The embedded cluster is an API server with TLS like any other; what it reports of itself is what the tap must tell.
#![allow(unreachable_pub, reason = "a module of each test, not of a library")]
#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_simulation::{
    Change, Clock, Exchange, Injected, Observer, Pace, Seed, Simulation, parse_fault_rules, token_for_command,
};
use stagegate_tap::{ClusterTap, Options, Upstream};

const CATALOGUE: &str = "
images:
- { name: acme/web, tags: [v1, v2], loaded: true, listen: [{ port: 80, answers: [{ path: /, body: hello }] }], log: [started] }
- { name: acme/tool, loaded: true, cmd: [sh] }
";

/// What was reported.
#[derive(Default)]
pub struct Seen {
    pub changes: Mutex<Vec<Change>>,
    pub exchanges: Mutex<Vec<Exchange>>,
    pub injected: Mutex<Vec<Injected>>,
    pub secrets: Mutex<Vec<String>>,
}

impl Observer for Seen {
    fn exchange(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap().push(exchange);
    }
    fn change(&self, change: Change) {
        self.changes.lock().unwrap().push(change);
    }
    fn injected(&self, injected: Injected) {
        self.injected.lock().unwrap().push(injected);
    }
    fn secret(&self, value: &str) {
        self.secrets.lock().unwrap().push(value.to_owned());
    }
}

impl Seen {
    pub fn changes(&self) -> Vec<Change> {
        self.changes.lock().unwrap().clone()
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn simulation(pace: f64, seen: &Arc<Seen>) -> Simulation {
    let clock = Clock::start(jiff::Timestamp::now(), Pace::Times(pace));
    Simulation::new(clock, Seed::new(3), Arc::clone(seen) as Arc<dyn Observer>)
}

/// An embedded cluster that reports to `seen`, and its simulation.
pub async fn cluster(seen: &Arc<Seen>) -> (Cluster, Simulation) {
    let simulation = simulation(20.0, seen);
    let catalogue = Catalogue::built_in().unwrap().with(Catalogue::parse(CATALOGUE).expect("a catalogue"));
    let options = stagegate_kubernetes::Options { catalogue, ..stagegate_kubernetes::Options::default() };
    let cluster = Cluster::start(simulation.clone(), options).await.expect("a cluster");
    // Until it has made what every cluster has.
    let has_all = |namespace: &&str| {
        cluster.object("configmaps", namespace, "kube-root-ca.crt").is_some()
            && cluster.object("serviceaccounts", namespace, "default").is_some()
    };
    while !["default", "kube-system", "kube-public", "kube-node-lease"].iter().all(&has_all) {
        simulation.clock.sleep(Duration::from_millis(100)).await;
    }
    (cluster, simulation)
}

/// A tap before a cluster.
pub struct Lab {
    pub inside: Arc<Seen>,
    pub outside: Arc<Seen>,
    pub cluster: Cluster,
    pub cluster_simulation: Simulation,
    pub simulation: Simulation,
    pub tap: ClusterTap,
    pub home: tempfile::TempDir,
}

impl Lab {
    pub async fn new() -> Self {
        let (inside, outside) = (Arc::new(Seen::default()), Arc::new(Seen::default()));
        let (cluster, cluster_simulation) = cluster(&inside).await;
        let upstream = Upstream::of_kubeconfig(&cluster.kubeconfig(cluster.token()), None).await.expect("an upstream");
        let simulation = simulation(1.0, &outside);
        let tap = ClusterTap::start(simulation.clone(), upstream, Options::default()).await.expect("a tap");
        inside.changes.lock().unwrap().clear();
        inside.exchanges.lock().unwrap().clear();
        Self { inside, outside, cluster, cluster_simulation, simulation, tap, home: tempfile::tempdir().unwrap() }
    }

    /// What a line of bash prints, with kubectl as the user of the tap, for command `number`.
    pub fn run(&self, number: u64, line: &str) -> String {
        let kubeconfig = self.tap.kubeconfig(&token_for_command(self.tap.token(), number));
        printed(&bash(&self.home, &kubeconfig, line))
    }

    pub fn inject(&self, rule: &str) -> stagegate_simulation::FaultId {
        let mut rules = parse_fault_rules(&format!("- {rule}")).expect("a rule");
        self.simulation.faults.add(rules.remove(0)).expect("a rule that can be met")
    }

    /// Until all that was answered was told, and the tap has told as many changes as the cluster.
    pub async fn settle(&self) {
        self.tap.settled(Duration::from_secs(20)).await.expect("settled");
        let told = async {
            while self.outside.changes.lock().unwrap().len() < self.inside.changes.lock().unwrap().len() {
                self.simulation.clock.sleep(Duration::from_millis(20)).await;
            }
        };
        let _what_is_missing_is_seen_by_the_test = tokio::time::timeout(Duration::from_secs(20), told).await;
    }
}

/// Runs a line of bash with a kubeconfig.
pub fn bash(home: &tempfile::TempDir, kubeconfig: &str, line: &str) -> Output {
    let file = home.path().join("kubeconfig");
    std::fs::write(&file, kubeconfig).unwrap();
    let output = Command::new("bash")
        .args(["-c", line])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("KUBECONFIG", &file)
        .output()
        .expect("bash");
    assert_ne!(output.status.code(), Some(127), "kubectl is needed on PATH: {}", text(&output.stderr));
    output
}

pub fn printed(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
