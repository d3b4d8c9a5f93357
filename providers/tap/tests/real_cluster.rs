//! A tap before a real cluster, which a kubeconfig in STAGEGATE_TAP_KUBECONFIG names: a control plane with kwok, or
//! Kind. It makes and deletes a namespace there, called `stagegate-tap`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]
#![allow(clippy::print_stdout, reason = "a test that is not run says so")]

mod lab;

use std::sync::Arc;
use std::time::Duration;

use lab::{Seen, bash, printed, runtime};
use stagegate_simulation::{Actor, Change, Clock, Observer, Pace, Seed, Simulation, token_for_command};
use stagegate_tap::{ClusterTap, Options, Upstream};

const NAMESPACE: &str = "stagegate-tap";

const SESSION: &[&str] = &[
    "kubectl create namespace stagegate-tap",
    "kubectl create deployment web --image acme/web:1 --replicas 2",
    "kubectl rollout status deployment/web --timeout 90s",
    "kubectl set image deployment/web web=acme/web:2",
    "kubectl rollout status deployment/web --timeout 90s",
    "kubectl create configmap settings --from-literal a=b",
    "kubectl create secret generic login --from-literal password=correct-horse",
    "kubectl delete configmap settings",
    "kubectl delete deployment web",
    "kubectl delete namespace stagegate-tap --timeout 90s",
];

#[test]
fn changes_on_a_real_cluster_lead_back_to_their_commands() {
    let Some(file) = std::env::var_os("STAGEGATE_TAP_KUBECONFIG") else {
        println!("not run: no STAGEGATE_TAP_KUBECONFIG");
        return;
    };
    let runtime = runtime();
    let seen = Arc::new(Seen::default());
    let tap = runtime.block_on(async {
        let clock = Clock::start(jiff::Timestamp::now(), Pace::Times(1.0));
        let simulation = Simulation::new(clock, Seed::new(1), Arc::clone(&seen) as Arc<dyn Observer>);
        let upstream = Upstream::of_file(file.as_ref(), None).await.expect("an upstream");
        ClusterTap::start(simulation, upstream, Options::default()).await.expect("a tap")
    });
    assert!(tap.unseen().is_empty(), "{:?}", tap.unseen());
    let home = tempfile::tempdir().unwrap();
    for (number, command) in SESSION.iter().enumerate() {
        let kubeconfig = tap.kubeconfig(&token_for_command(tap.token(), number as u64 + 1));
        let kubeconfig = kubeconfig
            .replace("user: stagegate\ncurrent", &format!("user: stagegate\n    namespace: {NAMESPACE}\ncurrent"));
        let output = bash(&home, &kubeconfig, command);
        assert!(output.status.success(), "{command}: {}", printed(&output));
        runtime.block_on(tap.settled(Duration::from_secs(20))).expect(command);
    }
    let changes = seen.changes();
    let here: Vec<_> =
        changes.iter().filter(|one| one.scope.as_deref() == Some(NAMESPACE) || one.name == NAMESPACE).collect();
    println!("{}", here.iter().map(|one| line(one)).collect::<Vec<_>>().join("\n"));
    let made = |kind: &str, command: u64| {
        let of = |one: &&&Change| one.kind == kind && one.origin.command == Some(command);
        here.iter().filter(of).filter(|one| format!("{:?}", one.verb) == "Created").count()
    };
    assert_eq!((made("Namespace", 1), made("Deployment", 2), made("ReplicaSet", 2), made("Pod", 2)), (1, 1, 1, 2));
    assert_eq!((made("ReplicaSet", 4), made("ConfigMap", 6), made("Secret", 7)), (1, 1, 1));
    assert!(made("Pod", 4) >= 2);
    for one in &here {
        assert!(one.origin.command.is_some(), "nobody's: {}", line(one));
        assert!(!matches!(one.origin.actor, Actor::Client { .. }), "{}", line(one));
    }
}

fn line(change: &Change) -> String {
    let Change { origin, verb, kind, name, summary, .. } = change;
    let actor = match &origin.actor {
        Actor::Controller { name } => name.clone(),
        other => format!("{other:?}"),
    };
    format!("{:?} {actor} {verb:?} {kind} {name}: {summary}", origin.command)
}
