//! Logging in over TLS: tokens, client certificates, and those of another cluster. Needs `kubectl` on PATH.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::process::Command;

use stagegate_kubernetes::{Cluster, Options};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

async fn cluster(seed: u64) -> Cluster {
    let clock = Clock::start("2026-01-05T09:00:00Z".parse().unwrap(), Pace::Times(1.0));
    Cluster::start(Simulation::silent(clock, Seed::new(seed)), Options::default()).await.expect("a cluster")
}

fn kubectl(kubeconfig: &str, arguments: &[&str]) -> (bool, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("kubeconfig");
    std::fs::write(&file, kubeconfig).unwrap();
    let output = Command::new("kubectl").args(arguments).env("KUBECONFIG", &file).env("HOME", home.path()).output();
    let output = output.expect("kubectl");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_certificate_is_its_common_name_and_organization() {
    let cluster = cluster(1).await;
    let kubeconfig = cluster.kubeconfig_with_certificate("ann", "system:masters").expect("a certificate");
    let (done, text) = kubectl(&kubeconfig, &["auth", "whoami"]);
    assert!(done, "{text}");
    assert!(text.contains("ann") && text.contains("[system:masters system:authenticated]"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_token_is_sent_over_tls() {
    let cluster = cluster(1).await;
    let (done, text) = kubectl(&cluster.kubeconfig(cluster.token()), &["get", "--raw", "/api/v1/namespaces/default"]);
    assert!(done && text.contains("\"kind\":\"Namespace\""), "{text}");
    let (done, text) = kubectl(&cluster.kubeconfig("another"), &["get", "namespaces"]);
    assert!(!done && text.contains("provide credentials"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn another_clusters_certificate_is_refused() {
    let (one, other) = (cluster(1).await, cluster(2).await);
    let stranger = other.kubeconfig_with_certificate("ann", "system:masters").expect("a certificate");
    let trusting = |kubeconfig: &str, of: &Cluster| {
        let own = of.kubeconfig(of.token());
        let line = |text: &str, key: &str| text.lines().find(|line| line.contains(key)).expect("the line").to_owned();
        let mut changed = kubeconfig.to_owned();
        for key in ["server:", "certificate-authority-data:"] {
            changed = changed.replace(&line(kubeconfig, key), &line(&own, key));
        }
        changed
    };
    let (done, text) = kubectl(&trusting(&stranger, &one), &["get", "namespaces"]);
    assert!(!done && text.contains("remote error: tls:"), "{text}");
    // And a client does not take a cluster for another.
    let confused = stranger.replace(&other.url().replace("http", "https"), &one.url().replace("http", "https"));
    let (done, text) = kubectl(&confused, &["get", "namespaces"]);
    assert!(!done && text.contains("certificate signed by unknown authority"), "{text}");
}
