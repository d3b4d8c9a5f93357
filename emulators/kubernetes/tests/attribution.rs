//! Every change leads back to the command behind it, and a seed gives the same cluster again.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use std::collections::BTreeSet;

use cluster::Lab;
use stagegate_kubernetes::{Cluster, Options};
use stagegate_simulation::{Actor, Change, Clock, Pace, Seed, Simulation};

const CATALOGUE: &str = "images: [{ name: acme/web, tags: [v1, v2], listen: [{ port: 80 }] }]";

fn web(image: &str) -> String {
    format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: web }}
spec:
  replicas: 2
  selector: {{ matchLabels: {{ app: web }} }}
  template:
    metadata: {{ labels: {{ app: web }} }}
    spec: {{ containers: [{{ name: main, image: {image} }}] }}
---
apiVersion: v1
kind: Service
metadata: {{ name: web }}
spec: {{ selector: {{ app: web }}, ports: [{{ port: 80 }}] }}
"
    )
}

fn line(change: &Change) -> String {
    let actor = match &change.origin.actor {
        Actor::Controller { name } => name.clone(),
        other => format!("{other:?}"),
    };
    let scope = change.scope.as_deref().unwrap_or("-");
    format!("{actor} {:?} {} {scope}/{}: {}", change.verb, change.kind, change.name, change.summary)
}

async fn two_commands() -> (Lab, Vec<Change>) {
    let mut lab = Lab::new(CATALOGUE).await;
    lab.pass(1.0).await;
    lab.command = Some(1);
    lab.apply(&web("acme/web:v1")).await;
    lab.pass(10.0).await;
    lab.seen.changes.lock().unwrap().clear();
    lab.command = Some(2);
    lab.apply(&web("acme/web:v2")).await;
    lab.pass(60.0).await;
    let changes = lab.seen.changes.lock().unwrap().clone();
    (lab, changes)
}

#[tokio::test]
async fn a_rollout_is_the_effect_of_the_command_that_changed_the_image() {
    let (_lab, changes) = two_commands().await;
    let made: Vec<_> =
        changes.iter().filter(|change| change.kind == "Pod" && change.summary.contains("ready")).collect();
    assert!(made.len() >= 2, "{changes:#?}");
    for change in &changes {
        // The old Pods die because of the new command, too; what they last reported is still the first one's.
        let dying = change.kind == "Pod" || change.kind == "Event" || change.kind.starts_with("Endpoint");
        let known = change.origin.command == Some(2) || (dying && change.origin.command == Some(1));
        assert!(known, "{change:?}");
    }
    let story: BTreeSet<String> = changes.iter().filter(|change| change.kind == "Deployment").map(line).collect();
    insta::assert_snapshot!(story.into_iter().collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_changes() {
    let (_first, one) = two_commands().await;
    let (_second, other) = two_commands().await;
    assert_eq!(one.iter().map(line).collect::<Vec<_>>(), other.iter().map(line).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let start = || {
        let clock = Clock::start("2026-01-05T09:00:00Z".parse().unwrap(), Pace::Jump);
        Simulation::silent(clock, Seed::new(1))
    };
    let first = Cluster::start(start(), Options::default()).await.expect("a cluster");
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    let error = Cluster::start(start(), Options { port, ..Options::default() }).await.expect_err("the port is taken");
    assert!(error.to_string().starts_with(&format!("cannot listen on 127.0.0.1:{port}")), "{error}");
}

#[tokio::test]
async fn exchanges_say_who_asked_and_what_went_wrong() {
    let lab = Lab::new("images: []").await;
    lab.get("/api/v1/namespaces/default/pods/absent").await;
    let exchanges = lab.seen.exchanges.lock().unwrap();
    let last = exchanges.last().expect("an exchange");
    assert_eq!((last.status, last.error.as_deref()), (404, Some("pods \"absent\" not found")));
    assert_eq!(last.target, "/api/v1/namespaces/default/pods/absent");
}

#[tokio::test]
async fn each_request_is_recorded_with_its_user_verb_and_object() {
    let lab = Lab::new("images: []").await;
    let get = |path: &'static str, headers: &'static [(&'static str, &'static str)]| {
        lab.send("GET", path, headers, Vec::new())
    };
    get("/api/v1/namespaces/default/pods/a/log", &[]).await;
    get("/apis/apps/v1/deployments", &[("impersonate-user", "ann")]).await;
    get("/version", &[]).await;
    let exchanges = lab.seen.exchanges.lock().unwrap();
    let told: Vec<_> = exchanges
        .iter()
        .filter_map(|exchange| exchange.audit.as_ref())
        .map(|audit| {
            let by = audit.impersonator.as_deref().unwrap_or("-");
            let place = audit.namespace.as_deref().unwrap_or("-");
            let name = audit.name.as_deref().unwrap_or("-");
            format!("{} {by} {} {} {place} {name}", audit.user, audit.verb, audit.resource)
        })
        .collect();
    assert_eq!(
        told,
        [
            "kubernetes-admin - get pods/log default a",
            "ann kubernetes-admin list deployments.apps - -",
            "kubernetes-admin - get /version - -",
        ]
    );
}
