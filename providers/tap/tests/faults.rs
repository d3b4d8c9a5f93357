//! Rules for faults on the way to a tapped cluster, as kubectl meets them.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod lab;

use lab::{Lab, bash, printed, runtime};
use stagegate_simulation::token_for_command;

/// A rule, and what kubectl says while it holds, in one of these ways.
const CASES: &[(&str, &str, &[&str])] = &[
    (
        "{ match: { operation: list pods }, effect: { error: { status: 503, message: out of order } } }",
        "kubectl get pods",
        &["Error from server (ServiceUnavailable): out of order"],
    ),
    (
        "{ match: { operation: create configmaps }, effect: { error: { status: 403, message: exceeded quota } } }",
        "kubectl create configmap a",
        &["error: failed to create configmap: exceeded quota"],
    ),
    (
        "{ match: { operation: get configmaps }, effect: { rate-limit: { retry-after: 0s } } }",
        "kubectl get configmap kube-root-ca.crt",
        &["Error from server (TooManyRequests): injected fault: rate limit, retry after 0s"],
    ),
    // Which of the two depends on whether anything of the request was still unread when the connection closed.
    (
        "{ match: { operation: list services }, effect: { drop: before } }",
        "kubectl get services",
        &["EOF", "connection reset by peer"],
    ),
    (
        "{ match: { operation: list secrets }, effect: half-open }",
        "kubectl get secrets --request-timeout 1s",
        &["exceeded"],
    ),
    ("{ effect: { down: refuse } }", "kubectl get pods", &["refused"]),
];

#[test]
fn kubectl_meets_each_fault_and_none_once_it_is_removed() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    lab.run(1, "kubectl get pods,services,secrets,configmaps");
    for (rule, command, expected) in CASES {
        let is_told = |said: &str| expected.iter().any(|way| said.contains(way));
        let healthy = lab.run(2, command);
        let id = lab.inject(rule);
        let said = lab.run(3, command);
        assert!(is_told(&said) && !is_told(&healthy), "{rule}: {said}");
        let state = lab.simulation.faults.remove(id).expect("the rule");
        assert!(state.hits >= 1, "{rule}");
        // A server that was down listens again a moment later.
        while std::net::TcpStream::connect(lab.tap.url().trim_start_matches("http://")).is_err() {}
        lab.run(4, "kubectl delete configmap a --ignore-not-found");
        let again = lab.run(5, command);
        assert!(!is_told(&again), "{rule}: {again}");
    }
    assert!(!lab.outside.injected.lock().unwrap().is_empty());
    // The cluster itself saw nothing of it.
    assert!(lab.inside.injected.lock().unwrap().is_empty());
}

#[test]
fn latency_is_added_and_the_rest_is_as_without() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    let without = printed(&bash(
        &lab.home,
        &lab.tap.kubeconfig(&token_for_command(lab.tap.token(), 1)),
        "kubectl get nodes -o name",
    ));
    let rule = lab.inject("{ match: { operation: list nodes }, effect: { latency: 300ms } }");
    let before = lab.simulation.clock.now();
    assert_eq!(lab.run(2, "kubectl get nodes -o name"), without);
    assert!(lab.simulation.clock.since(before).as_millis() >= 300);
    assert_eq!(lab.simulation.faults.remove(rule).unwrap().hits, 1);
}

#[test]
fn a_watch_through_the_tap_is_cut() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    runtime.block_on(async {
        let url = format!("{}/api/v1/configmaps?watch=true", lab.tap.url());
        let mut watch = reqwest::Client::new().get(url).bearer_auth(lab.tap.token()).send().await.unwrap();
        assert!(watch.chunk().await.unwrap().is_some(), "the watch tells of what there is");
        let cut = lab.inject("{ match: { operation: watch configmaps }, effect: stream-cut }");
        while watch.chunk().await.unwrap().is_some() {}
        assert_eq!(lab.simulation.faults.remove(cut).unwrap().hits, 1);
    });
}

#[test]
fn a_stale_answer_is_the_first_one_also_for_another_command_of_the_same_user() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    let rule = lab.inject("{ match: { operation: list configmaps }, effect: stale }");
    let first = lab.run(1, "kubectl get configmaps -o name");
    lab.run(2, "kubectl create configmap later");
    assert_eq!(lab.run(3, "kubectl get configmaps -o name"), first);
    lab.simulation.faults.remove(rule).expect("the rule");
    assert!(lab.run(4, "kubectl get configmaps -o name").contains("configmap/later"));
}
