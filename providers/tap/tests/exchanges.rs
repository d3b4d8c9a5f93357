//! Requests through a tap: recorded as the cluster itself records them, and answered as without it.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod lab;

use lab::{Lab, bash, printed, runtime};
use stagegate_simulation::{Actor, Exchange, token_for_command};

const SESSION: &[&str] = &[
    "kubectl create deployment web --image acme/web:v1 --port 80",
    "kubectl rollout status deployment/web --timeout 60s",
    "kubectl get pods,deployments -o wide",
    "kubectl get pods --field-selector metadata.name=absent",
    "kubectl get pod absent",
    "kubectl logs deployment/web",
    "kubectl exec deployment/web -- echo inside",
    "kubectl create configmap a --from-literal b=c",
    "kubectl create configmap a --from-literal b=c",
    "kubectl label configmap a -n nowhere tier=one",
    "kubectl get pods --as ann",
    "kubectl auth can-i list pods --as ann",
    "kubectl create -f - <<< '{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{}}'",
    "kubectl scale deployment/web --replicas 2",
    "kubectl delete configmap a",
    "kubectl delete pods --all --wait=false",
    "kubectl version",
];

/// What is compared of an exchange.
fn line(exchange: &Exchange) -> String {
    let Exchange { method, target, status, error, audit, .. } = exchange;
    format!("{method} {target} {status} {error:?} {audit:?}")
}

fn sorted(exchanges: &[Exchange], of: impl Fn(&Exchange) -> bool) -> Vec<String> {
    let mut lines: Vec<_> = exchanges.iter().filter(|exchange| of(exchange)).map(line).collect();
    lines.sort();
    lines
}

fn by_kubectl(exchange: &Exchange) -> bool {
    matches!(&exchange.origin.actor, Actor::Client { user_agent } if user_agent.starts_with("kubectl"))
}

#[test]
fn exchanges_are_told_as_the_cluster_tells_them() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    for (number, command) in SESSION.iter().enumerate() {
        lab.run(number as u64 + 1, command);
    }
    let inside = sorted(&lab.inside.exchanges.lock().unwrap(), by_kubectl);
    let told = lab.outside.exchanges.lock().unwrap();
    assert!(inside.len() > SESSION.len(), "{inside:#?}");
    assert_eq!(sorted(&told, |_| true), inside);
    for exchange in told.iter() {
        assert_eq!(exchange.origin.actor, Actor::Command, "{exchange:?}");
    }
    let commands: std::collections::BTreeSet<_> = told.iter().filter_map(|exchange| exchange.origin.command).collect();
    assert_eq!(commands.len(), SESSION.len(), "{commands:?}");
}

#[test]
fn kubectl_prints_what_it_prints_without_a_tap() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    lab.run(1, "kubectl create deployment web --image acme/web:v1 --port 80; kubectl rollout status deployment/web");
    let pod = lab.run(2, "kubectl get pods -o name").trim().to_owned();
    let port_forward = format!(
        "rm -f forwarded; kubectl port-forward {pod} :80 > forwarded & until grep -qs Forwarding forwarded; do :; done; \
         curl -s http://127.0.0.1:$(sed -n '1s/.*127.0.0.1:\\([0-9]*\\) .*/\\1/p' forwarded)/; kill $!"
    );
    let streams = [
        "kubectl get configmaps --watch --output name --request-timeout 3s",
        "timeout 3 kubectl logs -f deployment/web",
        "echo one | kubectl exec -i deployment/web -- cat",
        "kubectl exec deployment/web -- sh -c 'exit 3'",
        port_forward.as_str(),
        "kubectl get --raw /api/v1/namespaces/default/pods?limit=1 | head -c 60",
        "kubectl get pods -o name",
        "kubectl explain deployment.spec.replicas",
        "kubectl get configmap absent",
    ];
    let direct = lab.cluster.kubeconfig(lab.cluster.token());
    let tapped = lab.tap.kubeconfig(&token_for_command(lab.tap.token(), 7));
    for command in streams {
        let without = printed(&bash(&lab.home, &direct, command));
        assert_eq!(printed(&bash(&lab.home, &tapped, command)), without, "{command}");
        assert!(!without.is_empty(), "{command}");
    }
}

#[test]
fn every_sender_is_who_they_are_without_a_tap() {
    let runtime = runtime();
    let lab = runtime.block_on(Lab::new());
    let who = "kubectl auth whoami -o jsonpath={.status.userInfo.username}";
    let with = |token: &str| printed(&bash(&lab.home, &lab.tap.kubeconfig(token), who));
    assert_eq!(lab.run(1, who), "kubernetes-admin");
    let account = lab.run(2, "kubectl create token default").trim().to_owned();
    assert_eq!(with(&account), "system:serviceaccount:default:default");
    assert_eq!(with(&token_for_command(&account, 3)), "system:serviceaccount:default:default");
    assert_eq!(with("nobody"), "error: You must be logged in to the server (Unauthorized)\n");
    let exchanges = lab.outside.exchanges.lock().unwrap();
    let people: Vec<_> =
        exchanges.iter().rev().take(3).map(|one| (one.status, one.audit.as_ref().unwrap().user.as_str())).collect();
    let account = "system:serviceaccount:default:default";
    assert_eq!(people, [(401, ""), (201, account), (201, account)]);
    assert!(lab.outside.secrets.lock().unwrap().contains(&lab.tap.token().to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn clear_text_and_no_credentials_are_served_too() {
    let lab = Lab::new().await;
    let client = reqwest::Client::new();
    let get = |path: &str| client.get(format!("{}{path}", lab.tap.url()));
    assert_eq!(get("/version").send().await.unwrap().status(), 200);
    assert_eq!(get("/api/v1/pods").send().await.unwrap().status(), 403);
    let listed =
        get("/api/v1/pods").bearer_auth(lab.tap.token()).header("stagegate-command", "9").send().await.unwrap();
    assert_eq!(listed.status(), 200);
    let exchanges = lab.outside.exchanges.lock().unwrap();
    let told: Vec<_> =
        exchanges.iter().map(|one| (one.audit.as_ref().unwrap().user.as_str(), one.origin.command)).collect();
    assert_eq!(told, [("system:anonymous", None), ("system:anonymous", None), ("kubernetes-admin", Some(9))]);
}
