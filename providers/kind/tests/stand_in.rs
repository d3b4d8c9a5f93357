//! What a `Kind` does with kind and docker, played by the executables in `stand_ins/`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use stagegate_kind::{Cluster, ClusterConfig, ClusterName, Creation, Error, Kind, Mark, Problem, Runtime};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A node as docker lists it.
const RUNNING: &str = "stagegate-test-control-plane\tcontrol-plane\tUp 5 seconds\n";
/// What a creation that works does.
const WORKS: &str = r#"
for word; do [ "$last" = --kubeconfig ] && file=$word; last=$word; done
echo "server: https://127.0.0.1:1" >"$file"
printf 'stagegate-test-control-plane\tcontrol-plane\tUp 5 seconds\n' >"$here/nodes"
"#;

/// A folder with the stand-ins and what they tell.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["kind", "docker"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_ins").join(name);
            // A copy could not be run while another test's child still has it open for writing.
            std::os::unix::fs::symlink(from, folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn with(self, file: &str, content: &str) -> Self {
        std::fs::write(self.folder.path().join(file), content).unwrap();
        self
    }

    fn kind(&self) -> Kind {
        Kind::find_on(self.folder.path(), Runtime::Docker).unwrap()
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("run").join("kubeconfig")
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()
    }

    fn has(&self, file: &str) -> bool {
        self.folder.path().join(file).exists()
    }

    fn create_with(&self, kind: &Kind) -> Result<Cluster, Error> {
        let creation =
            Creation { logs: Some(self.folder.path().join("logs")), ..Creation::new(self.kubeconfig(), "r1") };
        kind.create(&ClusterConfig::new(name()).image("node:1"), &creation)
    }

    fn create(&self) -> Result<Cluster, Error> {
        self.create_with(&self.kind())
    }

    fn files_of_run(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("run")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn name() -> ClusterName {
    ClusterName::of("test").unwrap()
}

#[test]
fn a_cluster_is_made_marked_and_deleted_twice() {
    let machine = Machine::new().with("create.sh", WORKS);
    let cluster = machine.create().unwrap();
    assert_eq!(machine.files_of_run(), ["kubeconfig"]);
    assert_eq!(std::fs::read_to_string(cluster.kubeconfig_path()).unwrap(), "server: https://127.0.0.1:1\n");
    assert_eq!(machine.kind().mark(&name()).unwrap(), Some(Mark { run: "r1".to_owned() }));
    assert!(machine.read("config.yaml").contains("image: node:1"));

    cluster.delete().unwrap();
    cluster.delete().unwrap();
    assert!(cluster.nodes().unwrap().is_empty());
    assert!(machine.files_of_run().is_empty());
}

#[test]
fn a_guard_deletes_unless_it_is_told_to_keep() {
    let machine = Machine::new().with("create.sh", WORKS);
    let kept = machine.create().unwrap().deleted_on_drop().keep();
    assert_eq!(kept.nodes().unwrap().len(), 1);
    drop(kept.deleted_on_drop());
    assert!(!machine.has("nodes"));
}

#[test]
fn a_creation_that_fails_leaves_its_log_and_nothing_else() {
    let fails = r#"
printf 'stagegate-test-control-plane\tcontrol-plane\tUp 5 seconds\n' >"$here/nodes"
echo 'Creating cluster "stagegate-test" ...' >&2
echo 'ERROR: failed to create cluster: could not find a log line that matches "Reached target"' >&2
exit 1
"#;
    let machine = Machine::new().with("create.sh", fails);
    let Error::Create(failure) = machine.create().unwrap_err() else { panic!("another error") };
    assert!(failure.said.starts_with("failed to create cluster: could not find"), "{}", failure.said);
    assert_eq!(failure.log[0], "Creating cluster \"stagegate-test\" ...");
    // kind's own complaint is the consequence, the node's words are the cause.
    assert!(matches!(failure.cause, Some(Problem::OutOfWatches { .. })), "{:?}", failure.cause);
    assert!(failure.left.is_none());
    assert_eq!(machine.read("logs/serial.log"), "of the node\n");
    assert!(!machine.has("nodes") && machine.files_of_run().is_empty());
}

#[test]
fn a_name_that_is_taken_is_refused_and_the_other_cluster_stays() {
    let machine = Machine::new().with("nodes", RUNNING).with("create.sh", WORKS);
    assert!(matches!(machine.create(), Err(Error::NameTaken { .. })));
    assert!(!machine.read("calls").contains("create"));

    // Somebody is faster between the question and the creation.
    let taken = r#"
printf 'stagegate-test-control-plane\tcontrol-plane\tUp 5 seconds\n' >"$here/nodes"
echo 'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "stagegate-test"' >&2
exit 1
"#;
    let machine = Machine::new().with("create.sh", taken);
    assert!(matches!(machine.create(), Err(Error::NameTaken { .. })));
    assert!(machine.has("nodes") && !machine.read("calls").contains("delete"));
}

#[test]
fn a_creation_that_is_stopped_deletes_what_it_made() {
    let hangs = r#"
printf 'stagegate-test-control-plane\tcontrol-plane\tUp 5 seconds\n' >"$here/nodes"
echo ' ✓ Preparing nodes 📦' >&2
/bin/sleep 600
"#;
    let machine = Machine::new().with("create.sh", hangs);
    let stop = CancellationToken::new();
    let kind = machine.kind().stopped_by(stop.clone());
    std::thread::scope(|scope| {
        let creating = scope.spawn(|| machine.create_with(&kind));
        while !machine.has("nodes") {
            std::thread::yield_now();
        }
        stop.cancel();
        assert!(matches!(creating.join().unwrap(), Err(Error::Cancelled { left: None, .. })));
    });
    assert!(!machine.has("nodes") && machine.files_of_run().is_empty());
    // Stopped for good: but what is there can still be deleted.
    assert!(matches!(kind.clusters(), Err(Error::Cancelled { .. })));
    kind.delete(&name()).unwrap();
}

#[test]
fn a_creation_that_takes_too_long_deletes_what_it_made() {
    let hangs = "echo 'Ensuring node image' >&2; : >\"$here/nodes\"; /bin/sleep 600";
    let machine = Machine::new().with("create.sh", hangs);
    let creation = Creation { limit: Duration::from_millis(700), ..Creation::new(machine.kubeconfig(), "r1") };
    let error = machine.kind().create(&ClusterConfig::new(name()), &creation).unwrap_err();
    let Error::Create(failure) = error else { panic!("{error}") };
    assert!(failure.said.contains("Ensuring node image"), "{}", failure.said);
    assert!(!machine.has("nodes"));
}

#[test]
fn a_cluster_is_adopted_only_when_it_is_ours_and_well() {
    let adopt = |machine: &Machine| machine.kind().adopt(&name(), &machine.kubeconfig(), Duration::ZERO);
    let ready = "api ok\ndns True\naccount serviceaccount/default\n";

    assert!(matches!(adopt(&Machine::new()), Err(Error::NoSuchCluster { .. })));
    let stopped = Machine::new().with("nodes", &RUNNING.replace("Up 5 seconds", "Exited (137) 2 hours ago"));
    assert!(matches!(adopt(&stopped), Err(Error::Stopped { .. })));
    assert!(matches!(adopt(&Machine::new().with("nodes", RUNNING)), Err(Error::NotOurs { .. })));
    let marked = || Machine::new().with("nodes", RUNNING).with("mark", r#"{"run":"r0"}"#);
    let ill = marked().with("ready", &ready.replace("True", "False"));
    let Err(Error::NotReady { missing, .. }) = adopt(&ill) else { panic!("it was not refused") };
    assert_eq!(missing.names(), ["CoreDNS is not available"]);
    assert!(!ill.kubeconfig().exists());
    let well = marked().with("ready", ready);
    let cluster = adopt(&well).unwrap();
    assert!(cluster.kubeconfig_path().exists());
}

#[test]
fn only_our_clusters_are_listed_as_ours() {
    let machine = Machine::new().with("clusters", "kind\nstagegate-a\nstagegated\nstagegate-\nstagegate-b\n");
    let ours: Vec<String> = machine.kind().our_clusters().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(ours, ["stagegate-a", "stagegate-b"]);
    assert!(Machine::new().kind().clusters().unwrap().is_empty());
}

#[test]
fn a_users_kubeconfig_is_not_written_to() {
    let machine = Machine::new().with("create.sh", WORKS);
    let users = std::env::home_dir().unwrap().join(".kube").join("config");
    let error = machine.kind().create(&ClusterConfig::new(name()), &Creation::new(users, "r1")).unwrap_err();
    assert!(matches!(error, Error::UsersKubeconfig { .. }));
    assert!(!machine.has("calls"));
}
