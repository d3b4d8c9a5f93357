//! Kubeconfigs: the ways to log in that work, and what is said of those that do not.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod lab;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use lab::{Seen, cluster};
use stagegate_kubernetes::Cluster;
use stagegate_tap::{Upstream, UpstreamError};

/// A kubeconfig of the cluster whose user has other credentials.
fn with_user(cluster: &Cluster, user: &str) -> String {
    let config = cluster.kubeconfig("");
    let (rest, _) = config.split_once("  user:\n    token:").unwrap();
    format!("{rest}  user:\n    {user}\n")
}

async fn embedded() -> Cluster {
    cluster(&Arc::new(Seen::default())).await.0
}

fn plugin(folder: &Path, script: &str) -> String {
    let file = folder.join("plugin");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "exec: {{ apiVersion: client.authentication.k8s.io/v1, command: {}, interactiveMode: Never }}",
        file.display()
    )
}

fn credential(status: &str) -> String {
    format!(
        "echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{status}}}'"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_certificates_files_and_plugins_log_in() {
    let cluster = embedded().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), cluster.token()).unwrap();
    let token_file = with_user(&cluster, &format!("tokenFile: {}", folder.path().join("token").display()));
    let token = format!("{{\"token\":\"{}\"}}", cluster.token());
    let by_plugin = with_user(&cluster, &plugin(folder.path(), &credential(&token)));
    let by_certificate = cluster.kubeconfig_with_certificate("ann", "system:masters").unwrap();
    let acting = with_user(&cluster, &format!("token: {}\n    as: ben", cluster.token()));
    let cases = [
        (cluster.kubeconfig(cluster.token()), "kubernetes-admin"),
        (token_file, "kubernetes-admin"),
        (by_plugin, "kubernetes-admin"),
        (by_certificate, "ann"),
        (acting, "ben"),
    ];
    for (kubeconfig, user) in cases {
        let upstream = Upstream::of_kubeconfig(&kubeconfig, None).await.expect(user);
        assert_eq!(upstream.user(), user);
        assert!(upstream.url().starts_with("https://127.0.0.1:"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_work_is_said_with_its_cause() {
    let cluster = embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let stranger = embedded().await.kubeconfig("x");
    let authority = |config: &str| config.lines().find(|line| line.contains("authority-data")).unwrap().to_owned();
    let good = cluster.kubeconfig(cluster.token());
    let address = cluster.url().replace("http://", "");
    let cases = [
        (with_user(&cluster, "token: wrong"), "refuses the kubeconfig's user with 401 Unauthorized: Unauthorized"),
        (good.replace(&address, "127.0.0.1:1"), "cannot be reached"),
        (good.replace(&authority(&good), &authority(&stranger)), "invalid peer certificate"),
        (with_user(&cluster, "client-certificate: /nowhere/a.crt\n    client-key: /nowhere/a.key"), "/nowhere/a.crt"),
        (with_user(&cluster, "tokenFile: /nowhere/token"), "/nowhere/token"),
        (with_user(&cluster, &plugin(folder.path(), "echo no session >&2; exit 1")), "no session"),
        (
            with_user(
                &cluster,
                "exec: { apiVersion: client.authentication.k8s.io/v1, command: /nowhere/plugin, interactiveMode: Never }",
            ),
            "the plugin `/nowhere/plugin` cannot be run",
        ),
        ("kind: [".to_owned(), "the kubeconfig cannot be used"),
        (good.replace("current-context: stagegate", "current-context: other"), "failed to load current context: other"),
    ];
    for (kubeconfig, expected) in cases {
        let error = Upstream::of_kubeconfig(&kubeconfig, None).await.expect_err(expected);
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
    let error = Upstream::of_file(Path::new("/nowhere/config"), None).await.expect_err("no file");
    assert!(matches!(error, UpstreamError::Kubeconfig(_)) && error.to_string().contains("/nowhere/config"), "{error}");
}
