//! What real clusters do, with the node image that `STAGEGATE_KIND_IMAGE` names, or kind's own when it is `default`. Without
//! the variable nothing is checked, and the tests say so.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test says what it expects")]

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stagegate_kind::{
    Cluster, ClusterConfig, ClusterName, Creation, Error, Kind, NodeCommand, NodeConfig, NodeRole, PortMapping,
    Problem, Requirements, Route, Runtime,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const READY: Duration = Duration::from_secs(180);

/// One test at a time has the machine.
static MACHINE: Mutex<()> = Mutex::new(());

/// kind, a folder for a run, and the image to use.
struct Machine {
    _alone: MutexGuard<'static, ()>,
    kind: Kind,
    folder: TempDir,
    image: Option<String>,
    /// The volumes that nothing used at the beginning.
    unused_volumes: BTreeSet<String>,
}

impl Machine {
    fn for_test(test: &str) -> Option<Self> {
        let Ok(image) = std::env::var("STAGEGATE_KIND_IMAGE") else {
            eprintln!("not run: {test}: STAGEGATE_KIND_IMAGE names no node image");
            return None;
        };
        let image = Some(image).filter(|image| image != "default");
        let (alone, folder) = (MACHINE.lock().unwrap_or_else(PoisonError::into_inner), tempfile::tempdir().unwrap());
        let mut this =
            Self { _alone: alone, kind: Kind::find().unwrap(), folder, image, unused_volumes: BTreeSet::new() };
        this.unused_volumes = this.unused_volumes_now();
        Some(this)
    }

    fn config(&self, name: &str) -> ClusterConfig {
        let mut config = ClusterConfig::new(ClusterName::of(&format!("test-{}-{name}", std::process::id())).unwrap());
        config.image.clone_from(&self.image);
        config
    }

    fn creation(&self, config: &ClusterConfig) -> Creation {
        Creation::new(self.folder.path().join(config.name.as_str()).join("kubeconfig"), "run-1")
    }

    fn create(&self, config: &ClusterConfig) -> Result<Cluster, Error> {
        self.kind.create(config, &self.creation(config))
    }

    /// What the runtime's command prints.
    fn runtime(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.kind.runtime().name()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn unused_volumes_now(&self) -> BTreeSet<String> {
        let listed = self.runtime(&["volume", "ls", "-q", "--filter", "dangling=true"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// Nothing is left of a cluster, be it a container, a volume or a process that still makes one.
    fn assert_gone(&self, config: &ClusterConfig) {
        assert!(self.kind.nodes(&config.name).unwrap().is_empty());
        assert!(!self.kind.clusters().unwrap().contains(&config.name.to_string()));
        assert!(!self.creation(config).kubeconfig.exists());
        let processes = Command::new("ps").args(["-axww", "-o", "stat=", "-o", "command="]).output().unwrap();
        let processes = String::from_utf8_lossy(&processes.stdout).into_owned();
        let ours = |line: &&str| line.contains(config.name.as_str()) && !line.starts_with('Z');
        assert_eq!(processes.lines().find(ours), None);
        // Those of a container that somebody else removes at this time are unused for a moment.
        let since = Instant::now();
        while !self.unused_volumes_now().is_subset(&self.unused_volumes) {
            assert!(since.elapsed() < Duration::from_secs(20), "a volume is left");
        }
    }
}

#[test]
fn clusters_live_side_by_side_and_leave_nothing() {
    let Some(machine) = Machine::for_test("clusters_live_side_by_side_and_leave_nothing") else { return };
    machine.kind.preflight(&Requirements::default()).unwrap();
    let one = machine.config("one").label("stagegate/test", "yes");
    let two = machine.config("two").workers(1);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| machine.create(&one).unwrap().deleted_on_drop());
        let second = machine.create(&two).unwrap().deleted_on_drop();
        let first = first.join().unwrap();
        first.wait_ready(READY).unwrap();
        second.wait_ready(READY).unwrap();

        let ours = machine.kind.our_clusters().unwrap();
        assert!(ours.contains(&one.name) && ours.contains(&two.name));
        let roles: Vec<_> = second.nodes().unwrap().into_iter().map(|node| node.role.unwrap()).collect();
        assert_eq!(roles, [NodeRole::ControlPlane, NodeRole::Worker]);
        kubeconfigs_lead_to_their_clusters(&first, &second);
        a_name_is_taken_once(&machine, &one);
        commands_and_files_in_nodes(&first);
        ways_to_this_machine(&machine, &first);
        images_are_loaded(&machine, &second);
        logs_are_exported(&first, machine.folder.path());
        warm_clusters_are_adopted(&machine, &one, &first);

        first.delete().unwrap();
        first.delete().unwrap();
        assert!(matches!(first.wait_ready(READY), Err(Error::NoSuchCluster { .. })));
        assert!(second.nodes().unwrap().iter().all(|node| node.running));
    });
    machine.assert_gone(&one);
    machine.assert_gone(&two);
}

fn kubeconfigs_lead_to_their_clusters(one: &Cluster, two: &Cluster) {
    for cluster in [one, two] {
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(cluster.kubeconfig_path()).args(["get", "nodes", "-o", "name"]);
        let listed = String::from_utf8(kubectl.output().unwrap().stdout).unwrap();
        let nodes: Vec<String> = cluster.nodes().unwrap().iter().map(|node| format!("node/{}", node.name)).collect();
        assert_eq!(listed.lines().collect::<Vec<_>>(), nodes);
    }
}

fn a_name_is_taken_once(machine: &Machine, config: &ClusterConfig) {
    assert!(matches!(machine.create(config), Err(Error::NameTaken { .. })));
    assert_eq!(machine.kind.mark(&config.name).unwrap().unwrap().run, "run-1");
}

fn commands_and_files_in_nodes(cluster: &Cluster) {
    let node = cluster.control_plane().unwrap();
    let output =
        cluster.exec(&node, &NodeCommand::new(["sh", "-c", "cat; echo two >&2; exit 7"]).stdin("one")).unwrap();
    assert_eq!((output.status, output.text().as_str(), output.said().as_str()), (Some(7), "one", "two"));

    let path = "/etc/containerd/certs.d/_default/hosts.toml";
    let content: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    cluster.write_file(&node, path, 0o640, &content).unwrap();
    assert_eq!(cluster.exec(&node, &NodeCommand::new(["cat", path])).unwrap().stdout, content);
    let mode = cluster.exec(&node, &NodeCommand::new(["stat", "-c", "%a", path])).unwrap();
    assert_eq!(mode.text(), "640\n");
    cluster.exec(&node, &NodeCommand::new(["rm", path])).unwrap();
    assert!(matches!(cluster.write_file(&node, "/proc/no/file", 0o644, b"x"), Err(Error::Failed { .. })));

    // What takes too long is killed in the node too, with its children.
    let hangs = NodeCommand::new(["sh", "-c", "sleep 98765 & sleep 98765"]).limit(Duration::from_secs(2));
    assert!(matches!(cluster.exec(&node, &hangs), Err(Error::Overran { .. })));
    let left = cluster.exec(&node, &NodeCommand::new(["sh", "-c", "grep -l 9876[5] /proc/[0-9]*/cmdline"])).unwrap();
    assert_eq!(left.text(), "");
}

fn ways_to_this_machine(machine: &Machine, cluster: &Cluster) {
    let node = cluster.control_plane().unwrap();
    let gateways = machine.kind.gateways().unwrap();
    assert!(gateways.is_sorted_by_key(IpAddr::is_ipv6));
    let listener = TcpListener::bind((gateways[0], 0)).unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(cluster.route_from_node(&node, address).unwrap(), Route::Open);
    drop(listener);
    assert!(matches!(cluster.route_from_node(&node, address).unwrap(), Route::Closed { .. }));
    // Loopback is the node's own.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own: SocketAddr = listener.local_addr().unwrap();
    assert!(matches!(cluster.route_from_node(&node, own).unwrap(), Route::Closed { .. }));
}

fn images_are_loaded(machine: &Machine, cluster: &Cluster) {
    let name = format!("localhost/stagegate-test:{}", std::process::id());
    let (layer, archive) = (machine.folder.path().join("layer.tar"), machine.folder.path().join("image.tar"));
    // Two blocks of zeros are an empty archive.
    std::fs::write(&layer, [0; 1024]).unwrap();
    machine.runtime(&["import", layer.to_str().unwrap(), &name]);
    machine.runtime(&["save", "-o", archive.to_str().unwrap(), &name]);
    machine.runtime(&["rmi", &name]);
    cluster.load_image_archive(&archive).unwrap();
    for node in cluster.nodes().unwrap() {
        let list = NodeCommand::new(["ctr", "-n", "k8s.io", "images", "ls", "-q"]);
        assert!(cluster.exec(&node, &list).unwrap().text().lines().any(|image| image == name));
    }
    assert!(matches!(cluster.load_image_archive(&machine.folder.path().join("none.tar")), Err(Error::Failed { .. })));
}

fn logs_are_exported(cluster: &Cluster, folder: &Path) {
    let folder = folder.join("logs");
    cluster.export_logs(&folder).unwrap();
    let node = cluster.control_plane().unwrap();
    assert!(folder.join(node.name).join("kubelet.log").metadata().unwrap().len() > 0);
}

fn warm_clusters_are_adopted(machine: &Machine, config: &ClusterConfig, cluster: &Cluster) {
    let kubeconfig = machine.folder.path().join("next run").join("kubeconfig");
    let adopted = machine.kind.adopt(&config.name, &kubeconfig, READY).unwrap();
    assert_eq!(adopted.kubeconfig().unwrap().trim(), std::fs::read_to_string(&kubeconfig).unwrap().trim());

    let node = cluster.control_plane().unwrap();
    machine.runtime(&["stop", "-t", "1", &node.name]);
    assert!(matches!(machine.kind.adopt(&config.name, &kubeconfig, READY), Err(Error::Stopped { .. })));
    assert_eq!(machine.kind.mark(&config.name).unwrap().unwrap().run, "run-1");
    assert!(matches!(cluster.exec(&node, &NodeCommand::new(["true"])), Err(Error::NodeGone { .. })));

    // As the reboot of a machine starts it again.
    machine.runtime(&["start", &node.name]);
    machine.kind.adopt(&config.name, &kubeconfig, READY).unwrap();
    cluster.exec(&node, &NodeCommand::new(["rm", "/etc/stagegate/cluster.json"])).unwrap();
    assert!(matches!(machine.kind.adopt(&config.name, &kubeconfig, READY), Err(Error::NotOurs { .. })));
}

/// As early as a container can be seen, and in the middle of what happens in it.
#[test]
fn a_creation_that_is_stopped_leaves_nothing() {
    let Some(machine) = Machine::for_test("a_creation_that_is_stopped_leaves_nothing") else { return };
    let begun = |file: &'static str| NodeCommand::new(["test", "-e", file]);
    for (name, sign) in [("early", None), ("kubeadm", Some(begun("/kind/kubeadm.conf"))), ("at-once", None)] {
        let config = machine.config(name);
        let stop = CancellationToken::new();
        let kind = machine.kind.clone().stopped_by(stop.clone());
        std::thread::scope(|scope| {
            let creating = scope.spawn(|| kind.create(&config, &machine.creation(&config)));
            while name != "at-once" && !has_come_to(&machine.kind, &config.name, sign.as_ref()) {
                assert!(!creating.is_finished(), "it ended before it was stopped");
                std::thread::yield_now();
            }
            stop.cancel();
            let error = creating.join().unwrap().unwrap_err();
            assert!(matches!(error, Error::Cancelled { left: None, .. }), "{error}");
        });
        machine.assert_gone(&config);
    }
}

/// Whether the first node is there and `sign` succeeds in it.
fn has_come_to(kind: &Kind, name: &ClusterName, sign: Option<&NodeCommand>) -> bool {
    let Some(node) = kind.nodes(name).unwrap().pop() else { return false };
    sign.is_none_or(|sign| {
        let cluster =
            Command::new(kind.runtime().name()).args(["exec", &node.name]).args(sign.words()).output().unwrap();
        cluster.status.success()
    })
}

#[test]
fn a_creation_that_fails_says_why_and_leaves_nothing() {
    let Some(machine) = Machine::for_test("a_creation_that_fails_says_why_and_leaves_nothing") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = machine.config("port");
    let port = listener.local_addr().unwrap().port();
    config.nodes = vec![NodeConfig::control_plane().port(PortMapping::tcp(port, 30080))];
    let Error::Create(failure) = machine.create(&config).unwrap_err() else { panic!("another error") };
    assert!(matches!(failure.cause, Some(Problem::PortTaken { .. })), "{failure:?}");
    assert!(failure.left.is_none());
    machine.assert_gone(&config);

    let mut config = machine.config("image");
    // The registry is this machine, where none listens.
    config.image = Some(format!("127.0.0.1:{port}/no/such/image:1"));
    drop(listener);
    let Error::Create(failure) = machine.create(&config).unwrap_err() else { panic!("another error") };
    assert!(matches!(failure.cause, Some(Problem::Image { .. })), "{failure:?}");
    machine.assert_gone(&config);
}

#[test]
fn a_machine_without_a_daemon_is_told_from_one_with() {
    let Some(machine) = Machine::for_test("a_machine_without_a_daemon_is_told_from_one_with") else { return };
    let preflight = machine.kind.preflight(&Requirements::default()).unwrap();
    assert!(!preflight.runtime_version.is_empty() && preflight.kind.starts_with("kind v"));
    if let Some(image) = &machine.image {
        assert!(machine.kind.has_image(image).unwrap());
    }
    assert!(!machine.kind.has_image("localhost/no/such/image:1").unwrap());
    let required = Requirements { free_disk: u64::MAX, ..Requirements::default() };
    if machine.kind.runtime() == Runtime::Docker && cfg!(target_os = "linux") {
        assert!(matches!(machine.kind.preflight(&required), Err(Problem::Disk { .. })));
    }
}
