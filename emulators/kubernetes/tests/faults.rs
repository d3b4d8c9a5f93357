//! What goes wrong in the cluster by rule: requests, watches, pulls, processes, the kubelet, the network.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use cluster::Lab;
use serde_json::{Value, json};
use stagegate_simulation::{FaultId, parse_fault_rules};

const CATALOGUE: &str = "
images:
- { name: acme/web, loaded: true, listen: [{ port: 80, answers: [{ path: /, body: hello }] }] }
- { name: acme/tool, loaded: true, cmd: [sh] }
- { name: acme/pulled, pull: 2s }
";

fn pod(name: &str, image: &str, rest: &Value) -> String {
    let mut container = json!({"name": "main", "image": image, "imagePullPolicy": "IfNotPresent"});
    for (field, value) in rest.as_object().into_iter().flatten() {
        container[field] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}})
        .to_string()
}

async fn lab() -> Lab {
    let lab = Lab::new(CATALOGUE).await;
    lab.pass(1.0).await;
    lab
}

fn add(lab: &Lab, rule: &str) -> FaultId {
    let mut rules = parse_fault_rules(&format!("- {rule}")).expect("a rule");
    lab.faults.add(rules.remove(0)).expect("a rule that can be met")
}

fn phase_of(lab: &Lab, name: &str) -> Value {
    lab.cluster.object("pods", "default", name).map_or(Value::Null, |pod| pod["status"]["phase"].clone())
}

fn ready(lab: &Lab, resource: &str, namespace: &str, name: &str) -> String {
    let object = lab.cluster.object(resource, namespace, name).expect("the object");
    let conditions = object["status"]["conditions"].as_array().expect("conditions").clone();
    let ready = conditions.iter().find(|one| one["type"] == "Ready").expect("Ready");
    ready["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn requests_are_held_back_refused_and_let_through_again() {
    let lab = lab().await;
    let slow = add(&lab, "{ match: { system: kubernetes, operation: list pods }, effect: { latency: 3s } }");
    let before = lab.clock.now();
    let held = lab.send("GET", "/api/v1/namespaces/default/pods", &[("stagegate-origin", "step")], Vec::new()).await;
    assert_eq!(held.status, 200);
    assert!(lab.clock.since(before).as_secs() >= 3, "the request was not held back");
    lab.faults.remove(slow);
    let broken =
        add(&lab, "{ match: { system: kubernetes, operation: 'create *' }, effect: { error: { status: 503 } } }");
    let refused = lab
        .send("POST", "/api/v1/namespaces/default/configmaps", &[("content-type", "application/json")], b"{}".to_vec())
        .await;
    assert_eq!((refused.status, &refused.body["reason"]), (503, &json!("ServiceUnavailable")));
    lab.faults.remove(broken);
    let body = br#"{"metadata":{"name":"a"}}"#.to_vec();
    let made =
        lab.send("POST", "/api/v1/namespaces/default/configmaps", &[("content-type", "application/json")], body).await;
    assert_eq!(made.status, 201);
}

#[tokio::test]
async fn a_watch_is_dropped() {
    let lab = lab().await;
    let url = format!("{}/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=0", lab.cluster.url());
    let mut watch = reqwest::Client::new().get(url).bearer_auth(lab.cluster.token()).send().await.unwrap();
    assert!(watch.chunk().await.unwrap().is_some(), "the watch tells of what there is");
    let cut = add(&lab, "{ match: { system: kubernetes, operation: watch configmaps }, effect: stream-cut }");
    assert!(watch.chunk().await.unwrap().is_none(), "the watch goes on");
    assert_eq!(lab.faults.remove(cut).unwrap().hits, 1);
}

#[tokio::test]
async fn an_image_is_late() {
    let lab = lab().await;
    let late =
        add(&lab, "{ match: { system: kubernetes, operation: 'pull acme/pulled*' }, effect: { pull-delay: 60s } }");
    lab.apply(&pod("late", "acme/pulled", &Value::Null)).await;
    lab.pass(30.0).await;
    assert_eq!(phase_of(&lab, "late"), "Pending");
    lab.pass(40.0).await;
    assert_eq!(phase_of(&lab, "late"), "Running");
    assert_eq!(lab.faults.remove(late).unwrap().hits, 1);
}

#[tokio::test]
async fn a_pod_is_killed_once_and_starts_again() {
    let lab = lab().await;
    lab.apply(&pod("web", "acme/web", &Value::Null)).await;
    lab.pass(5.0).await;
    assert_eq!(ready(&lab, "pods", "default", "web"), "True");
    add(&lab, "{ match: { system: kubernetes, path: /api/v1/namespaces/default/pods/web, first: 1 }, effect: kill }");
    lab.pass(30.0).await;
    let web = lab.cluster.object("pods", "default", "web").unwrap();
    let status = &web["status"]["containerStatuses"][0];
    assert_eq!(status["restartCount"], 1, "{status}");
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 137);
    assert_eq!(ready(&lab, "pods", "default", "web"), "True");
}

#[tokio::test]
async fn a_node_falls_silent_and_comes_back() {
    let lab = lab().await;
    lab.apply(&pod("web", "acme/web", &Value::Null)).await;
    lab.pass(5.0).await;
    let nodes = lab.cluster.objects("nodes", None);
    let node = nodes[0]["metadata"]["name"].as_str().unwrap().to_owned();
    let silent = add(&lab, "{ match: { system: kubernetes, path: /api/v1/nodes/* }, effect: node-silent }");
    let renewed = async || {
        let lease = lab.get(&format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}")).await;
        lease.body["spec"]["renewTime"].as_str().expect("renewTime").to_owned()
    };
    let before = renewed().await;
    lab.pass(20.0).await;
    assert_eq!(renewed().await, before, "a silent kubelet renews no Lease");
    assert_eq!(ready(&lab, "nodes", "", &node), "True", "the node controller has patience");
    lab.pass(40.0).await;
    assert_eq!(ready(&lab, "nodes", "", &node), "Unknown");
    assert_eq!(ready(&lab, "pods", "default", "web"), "False");
    lab.faults.remove(silent);
    lab.pass(5.0).await;
    assert_eq!(ready(&lab, "nodes", "", &node), "True");
    assert_eq!(ready(&lab, "pods", "default", "web"), "True");
    assert!(renewed().await > before, "the kubelet renews its Lease again");
}

#[tokio::test]
async fn two_pods_are_parted() {
    let lab = lab().await;
    lab.apply(&pod("web", "acme/web", &Value::Null)).await;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}});
    lab.apply(&service.to_string()).await;
    let label = json!({"metadata": {"labels": {"app": "web"}}}).to_string().into_bytes();
    let merge = [("content-type", "application/merge-patch+json")];
    assert_eq!(lab.send("PATCH", "/api/v1/namespaces/default/pods/web", &merge, label).await.status, 200);
    let tool = |name: &str| {
        let command = json!({"command": ["sh", "-c", "wget -T 5 -qO- http://web/ || echo parted; sleep 60"]});
        pod(name, "acme/tool", &command)
    };
    lab.pass(5.0).await;
    let parted = add(
        &lab,
        "{ match: { system: kubernetes, operation: 'connect *', path: /api/v1/namespaces/default/pods/web, principal: default/far }, effect: half-open }",
    );
    lab.apply(&tool("near")).await;
    lab.apply(&tool("far")).await;
    lab.pass(8.0).await;
    let log = async |name: &str| lab.get(&format!("/api/v1/namespaces/default/pods/{name}/log")).await.body;
    assert_eq!(log("near").await, "hello\n");
    let far = log("far").await;
    assert!(far.as_str().is_some_and(|text| text.contains("download timed out") && text.contains("parted")), "{far}");
    assert!(lab.faults.remove(parted).unwrap().hits >= 1);
}

/// The status that the bearer of a token gets for asking who it is.
async fn status_of(lab: &Lab, token: &str) -> u16 {
    let _in_flight = lab.clock.busy();
    let url = format!("{}/apis/authentication.k8s.io/v1/selfsubjectreviews", lab.cluster.url());
    let request = reqwest::Client::new().post(url).bearer_auth(token).header("content-type", "application/json");
    request.body("{}").send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_skewed_clock_refuses_tokens_of_its_past_and_of_its_future() {
    let lab = lab().await;
    let body = json!({"spec": {"expirationSeconds": 3600}}).to_string().into_bytes();
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let made = lab.send("POST", path, &[("content-type", "application/json")], body).await;
    let token = made.body["status"]["token"].as_str().expect("a token").to_owned();
    assert_eq!(status_of(&lab, &token).await, 201);
    let ahead = add(&lab, "{ match: { system: kubernetes }, effect: { clock-skew: 2h } }");
    assert_eq!(status_of(&lab, &token).await, 401, "it has ended by that clock");
    let review = json!({"spec": {"token": token}}).to_string().into_bytes();
    let reviewed = lab
        .send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", &[("content-type", "application/json")], review)
        .await;
    assert_eq!(
        reviewed.body["status"]["error"], "[invalid bearer token, service account token has expired]",
        "{}",
        reviewed.body
    );
    assert!(lab.faults.remove(ahead).unwrap().hits >= 2);
    assert_eq!(status_of(&lab, &token).await, 201);
    let behind = add(&lab, "{ match: { system: kubernetes }, effect: { clock-skew: -2h } }");
    assert_eq!(status_of(&lab, &token).await, 401, "it has not begun by that clock");
    lab.faults.remove(behind);
    let other = add(&lab, "{ match: { system: kubernetes, principal: somebody-else }, effect: { clock-skew: 2h } }");
    assert_eq!(status_of(&lab, &token).await, 201, "the rule is about somebody else");
    lab.faults.remove(other);
}
