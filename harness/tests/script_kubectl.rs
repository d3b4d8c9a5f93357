//! The real kubectl behind its shim, against the embedded cluster: it works as ever, and the cluster
//! knows which command each request and change belongs to.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::sync::Arc;

use lane::Lane;
use stagegate_kubernetes::{Cluster, Options};
use stagegate_reports::journal::Event;
use stagegate_simulation::{Seed, Simulation};

const SCRIPT: &str = "#!/bin/bash
set -e
kubectl create namespace first
kubectl config set-context --current --namespace first >/dev/null
kubectl create configmap here --from-literal a=b
cp \"$KUBECONFIG\" other.yaml
KUBECONFIG= kubectl --kubeconfig other.yaml get configmap here -o name
kubectl --kubeconfig=missing.yaml get pods || echo \"status $?\"
kubectl get configmap -o name | cat
";

#[tokio::test]
async fn requests_and_changes_carry_their_commands_number() {
    let found = std::process::Command::new("kubectl").args(["version", "--client"]).output();
    assert!(found.is_ok_and(|output| output.status.success()), "this test needs kubectl on the PATH");

    let mut lane = Lane::with(&[("run.sh", SCRIPT)], |setup| setup.mark_kubeconfig = true);
    let clock = lane.options.clock.clone();
    let simulation = Simulation::new(clock, Seed::new(1), Arc::new(lane.scribe.clone()));
    let cluster = Cluster::start(simulation, Options::default()).await.expect("a cluster");
    let kubeconfig = cluster.kubeconfig(cluster.token());
    let path = lane.workspace.environment().iter().find(|(name, _)| name == "KUBECONFIG").unwrap().1.clone();
    std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
    std::fs::write(&path, &kubeconfig).unwrap();

    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.exit_status(), Some(0), "{}", outcome.output.text);
    let stdout = "namespace/first created\nconfigmap/here created\nconfigmap/here\nstatus 1\n";
    assert!(outcome.stdout.text.starts_with(stdout), "{}", outcome.stdout.text);
    assert!(!outcome.output.text.contains("command~"), "{}", outcome.output.text);

    let number = |nth: usize| outcome.commands[nth].started.number;
    let records = lane.scribe.records();
    let created = |kind: &str, name: &str| {
        records.iter().find_map(|record| match &record.event {
            Event::Effect(effect) if effect.kind == kind && effect.name == name => effect.command,
            _ => None,
        })
    };
    assert_eq!(created("Namespace", "first"), Some(number(0)));
    assert_eq!(created("ConfigMap", "here"), Some(number(2)), "the namespace set by `config` must have been kept");
    let asked = |nth: usize| {
        let of = |event: &Event| matches!(event, Event::Exchange(exchange) if exchange.command == Some(number(nth)));
        records.iter().filter(|record| of(&record.event)).count()
    };
    assert!(asked(3) > 0, "a kubeconfig named by a flag is marked, too");
    assert_eq!(asked(1), 0, "`kubectl config` asks no server");
    let control = lane.workspace.environment().iter().find(|(name, _)| name == "STAGEGATE_CONTROL").unwrap();
    let folder = std::path::Path::new(&control.1).parent().unwrap().read_dir().unwrap();
    let copies = folder.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with("kubeconfig-"));
    assert_eq!(copies.count(), 0, "copies of kubeconfig files are removed");
}
