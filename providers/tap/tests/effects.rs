//! What changes in a cluster, told by a tap as the cluster tells it of itself.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod lab;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lab::{Lab, Seen, bash, cluster, runtime};
use stagegate_simulation::{Actor, Change, NamedObject, Origin, UnitName, Verb, token_for_command};

const SESSION: &[&str] = &[
    "kubectl create namespace shop",
    "kubectl -n shop create deployment web --image acme/web:v1 --replicas 2 --port 80",
    "kubectl -n shop expose deployment web --port 80",
    "kubectl -n shop rollout status deployment/web --timeout 60s",
    "kubectl -n shop set image deployment/web web=acme/web:v2",
    "kubectl -n shop rollout status deployment/web --timeout 60s",
    "kubectl -n shop scale deployment/web --replicas 3",
    "kubectl -n shop rollout status deployment/web --timeout 60s",
    "kubectl -n shop create configmap settings --from-literal a=b",
    "kubectl -n shop label configmap settings tier=one",
    "kubectl -n shop label configmap settings tier=one",
    "kubectl -n shop create secret generic login --from-literal password=correct-horse",
    "kubectl -n shop create job once --image acme/web:v1",
    "kubectl -n shop create deployment big --image acme/web:v1 --replicas 0",
    "kubectl -n shop set resources deployment big --requests cpu=500",
    "kubectl -n shop scale deployment/big --replicas 1",
    "kubectl -n shop wait --for=jsonpath='{.status.unavailableReplicas}'=1 deployment/big --timeout 60s",
    "kubectl -n shop wait --for=condition=PodScheduled=false pod -l app=big --timeout 60s",
    "kubectl -n shop delete pod -l app=web --wait=false",
    "kubectl -n shop rollout status deployment/web --timeout 60s",
    "kubectl -n shop delete configmap settings",
    "kubectl -n shop delete deployment web",
    "kubectl -n shop wait --for=delete pod -l app=web --timeout 60s",
    "kubectl delete namespace shop",
];

/// A change without who made it and when.
fn what(change: &Change) -> String {
    let Change { verb, kind, scope, name, summary, .. } = change;
    format!("{verb:?} {kind} {}/{name}: {summary}", scope.as_deref().unwrap_or("-"))
}

/// By object, what became of it, in order. Watches are one for each resource, so between objects the order is loose.
fn by_object(changes: &[Change]) -> Vec<String> {
    let mut lines: Vec<(String, usize, String)> = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        let Change { kind, scope, name, .. } = change;
        lines.push((format!("{kind} {}/{name}", scope.as_deref().unwrap_or("-")), place, what(change)));
    }
    lines.sort();
    lines.into_iter().map(|(_, _, line)| line).collect()
}

#[test]
fn changes_are_those_that_the_cluster_tells() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    for (number, command) in SESSION.iter().enumerate() {
        lab.run(number as u64 + 1, command);
    }
    runtime.block_on(lab.settle());
    let (inside, outside) = (by_object(&lab.inside.changes()), by_object(&lab.outside.changes()));
    assert!(inside.len() > 100, "{inside:#?}");
    let refused = |line: &&String| line.contains("Unschedulable: 0/1 nodes are available: 1 Insufficient cpu");
    assert!(outside.iter().any(|line| refused(&line)), "no node takes the Pod: {outside:#?}");
    let told = similar_lines(&inside, &outside);
    assert!(inside == outside, "the cluster tells -, the tap +:\n{told}");
    let secrets = lab.outside.secrets.lock().unwrap();
    assert!(secrets.contains(&"correct-horse".to_owned()), "a Secret's value is a secret");
}

fn similar_lines(inside: &[String], outside: &[String]) -> String {
    let (inside, outside) = (inside.join("\n"), outside.join("\n"));
    similar::TextDiff::from_lines(&inside, &outside).unified_diff().context_radius(2).to_string()
}

/// Who changed what because of which command, with the random parts of names left out.
fn who(change: &Change) -> String {
    let name: Vec<_> = change.name.split('-').filter(|part| !is_random(part)).collect();
    let actor = match &change.origin.actor {
        Actor::Controller { name } => name.clone(),
        other => format!("{other:?}"),
    };
    let command = change.origin.command.map_or("-".to_owned(), |command| command.to_string());
    let Change { verb, kind, scope, .. } = change;
    format!("{command}: {actor} {verb:?} {kind} {}/{}", scope.as_deref().unwrap_or("-"), name.join("-"))
}

/// The suffix of a generated name: a hash, or five letters and digits without vowels.
fn is_random(part: &str) -> bool {
    let drawn = |letter: char| "bcdfghjklmnpqrstvwxz2456789".contains(letter);
    part.split('.').next().is_some_and(|part| (5..=10).contains(&part.len()) && part.chars().all(drawn))
}

/// Events are counted, named and dropped by the moment, and so are the states in which controllers find what they
/// update: two sessions do not have the same ones.
fn is_by_the_moment(change: &Change) -> bool {
    let found_by_a_controller = change.verb == Verb::Updated && matches!(change.origin.actor, Actor::Controller { .. });
    change.kind == "Event" || found_by_a_controller
}

fn story(changes: &[Change]) -> BTreeSet<String> {
    changes.iter().filter(|change| !is_by_the_moment(change)).map(who).collect()
}

#[test]
fn changes_lead_back_to_the_commands_to_which_the_cluster_leads_them() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    for (number, command) in SESSION.iter().enumerate() {
        lab.run(number as u64 + 1, command);
    }
    runtime.block_on(lab.settle());
    let seen = Arc::new(Seen::default());
    let (alone, simulation) = runtime.block_on(cluster(&seen));
    seen.changes.lock().unwrap().clear();
    for (number, command) in SESSION.iter().enumerate() {
        bash(&lab.home, &alone.kubeconfig(&token_for_command(alone.token(), number as u64 + 1)), command);
    }
    runtime.block_on(simulation.clock.sleep(Duration::from_secs(20)));
    let (inside, outside) = (story(&seen.changes()), story(&lab.outside.changes()));
    let lines = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    let told = similar_lines(&lines(&inside), &lines(&outside));
    assert!(inside == outside, "the cluster tells -, the tap +:\n{told}");
    for change in lab.outside.changes() {
        assert!(!matches!(change.origin.actor, Actor::Client { .. }), "a change by nobody known: {change:?}");
        let in_the_shop = change.scope.as_deref() == Some("shop");
        assert!(!in_the_shop || change.origin.command.is_some(), "a change without a command behind it: {change:?}");
    }
}

#[test]
fn what_is_done_past_the_tap_is_nobodys_command() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    bash(&lab.home, &lab.cluster.kubeconfig(lab.cluster.token()), "kubectl create configmap a --from-literal b=c");
    runtime.block_on(lab.settle());
    let changes = lab.outside.changes();
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(what(change), "Created ConfigMap default/a: keys b");
    assert_eq!(
        change.origin,
        Origin { actor: Actor::Client { user_agent: "kubectl-create".to_owned() }, command: None }
    );
}

/// What a worker in a Pod does: it applies past the tap, under its own name.
const BY_A_WORKER: &str = r"kubectl apply --server-side --field-manager confighub -f - <<'END'
apiVersion: v1
kind: Namespace
metadata: { name: bare }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: a, namespace: default }
data: { b: c }
END";

#[test]
fn what_a_worker_applies_past_the_tap_is_of_the_operation_that_it_was_sent() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    let named = |kind: &str, namespace: &str, name: &str| NamedObject {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let operations = &lab.simulation.operations;
    operations.queued("one", UnitName { space: "shop".to_owned(), unit: "web".to_owned() }, Some(7));
    operations.sent("one", false, [named("Namespace", "", "bare"), named("ConfigMap", "default", "a")]);
    let done = bash(&lab.home, &lab.cluster.kubeconfig(lab.cluster.token()), BY_A_WORKER);
    assert!(done.status.success(), "{done:?}");
    runtime.block_on(lab.settle());
    let worker = Origin { actor: Actor::Worker { operation: Some("one".to_owned()) }, command: Some(7) };
    let changes = lab.outside.changes();
    // A bare namespace names no manager.
    for applied in ["Namespace -/bare", "ConfigMap default/a"] {
        let change = changes.iter().find(|change| what(change).starts_with(&format!("Created {applied}")));
        assert_eq!(change.map(|change| &change.origin), Some(&worker), "{applied} in {changes:#?}");
    }
}

const DEFINITION: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: boats.example.com }
spec:
  group: example.com
  names: { kind: Boat, plural: boats, singular: boat }
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
";

#[test]
fn resources_that_are_defined_later_are_watched_too() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    std::fs::write(lab.home.path().join("definition.yaml"), DEFINITION).unwrap();
    let boat = r#"{"apiVersion":"example.com/v1","kind":"Boat","metadata":{"name":"a"},"spec":{"sails":2}}"#;
    std::fs::write(lab.home.path().join("boat.json"), boat).unwrap();
    lab.run(1, "kubectl apply -f definition.yaml && kubectl wait --for condition=established crd/boats.example.com");
    lab.run(2, "kubectl apply -f boat.json");
    lab.run(3, "kubectl patch boat a --type merge -p '{\"spec\":{\"sails\":3}}'");
    lab.run(4, "kubectl delete crd boats.example.com");
    runtime.block_on(lab.settle());
    let changes = lab.outside.changes();
    let boats: Vec<_> = changes
        .iter()
        .filter(|change| change.kind == "Boat")
        .map(|change| format!("{:?} {}", change.origin.command, what(change)))
        .collect();
    assert_eq!(
        boats,
        [
            "Some(2) Created Boat default/a: ",
            "Some(3) Updated Boat default/a: spec changed",
            "Some(4) Deleted Boat default/a: ",
        ]
    );
}

#[test]
fn a_watch_that_is_lost_goes_on_without_inventing_changes() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    lab.run(1, "kubectl create configmap a --from-literal b=c; kubectl create configmap gone --from-literal b=c");
    runtime.block_on(lab.settle());
    let rule = |text: &str| {
        let mut rules = stagegate_simulation::parse_fault_rules(&format!("- {text}")).unwrap();
        lab.cluster_simulation.faults.add(rules.remove(0)).unwrap()
    };
    // The cluster goes down, and what it knew of its history is too old when it comes back.
    let cut = rule("{ match: { system: kubernetes, operation: 'watch *' }, effect: stream-cut }");
    let refused =
        rule("{ match: { system: kubernetes, operation: 'watch configmaps' }, effect: { error: { status: 410 } } }");
    let direct = lab.cluster.kubeconfig(lab.cluster.token());
    bash(
        &lab.home,
        &direct,
        "kubectl label configmap a tier=one; kubectl delete configmap gone; kubectl create configmap new",
    );
    lab.cluster_simulation.faults.remove(cut);
    lab.cluster_simulation.faults.remove(refused);
    lab.run(2, "kubectl label configmap a tier=two --overwrite");
    runtime.block_on(lab.settle());
    let changes = lab.outside.changes();
    let told: BTreeSet<_> = changes.iter().filter(|change| change.kind == "ConfigMap").map(what).collect();
    let expected: BTreeSet<_> =
        lab.inside.changes().iter().filter(|change| change.kind == "ConfigMap").map(what).collect();
    assert_eq!(told, expected);
    let last = changes.iter().rfind(|change| change.name == "a").unwrap();
    assert_eq!(last.origin, Origin { actor: Actor::Command, command: Some(2) });
}
