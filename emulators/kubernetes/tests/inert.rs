//! Objects with which a real cluster would do more than the emulator: whoever writes one is told.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

mod cluster;

use cluster::Lab;
use serde_json::{Value, json};

const STORES: &str = "the stagegate Kubernetes emulator stores";

async fn create(lab: &Lab, path: &str, object: Value) -> Vec<String> {
    let json = [("content-type", "application/json")];
    let reply = lab.send("POST", path, &json, object.to_string().into_bytes()).await;
    assert_eq!(reply.status, 201, "{path}: {}", reply.body);
    reply.warnings
}

fn webhooks() -> Value {
    json!([{
        "name": "a.example.org", "clientConfig": {"url": "https://a.example.org"}, "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }])
}

#[tokio::test]
async fn who_writes_what_has_no_effect_here_is_told() {
    let lab = Lab::new("images: []").await;
    let named = |fields: Value| {
        let mut object = json!({"metadata": {"name": "a.example.org"}});
        object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        object
    };
    let rules = json!([{"operations": ["*"], "apiGroups": ["a"], "apiVersions": ["*"], "resources": ["*"]}]);
    let policy = json!({"matchConstraints": {"resourceRules": rules}, "validations": [{"expression": "true"}]});
    for (path, object, missing) in [
        (
            "admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            named(json!({"webhooks": webhooks()})),
            "calls no webhooks: this configuration has no effect here",
        ),
        (
            "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            named(json!({"webhooks": webhooks()})),
            "calls no webhooks: this configuration has no effect here",
        ),
        (
            "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
            named(json!({"spec": policy})),
            "evaluates no admission policies: nothing is refused by this one here",
        ),
        (
            "flowcontrol.apiserver.k8s.io/v1/flowschemas",
            named(json!({"spec": {"priorityLevelConfiguration": {"name": "exempt"}}})),
            "holds no requests back: this configuration has no effect here",
        ),
        ("storage.k8s.io/v1/csidrivers", named(json!({"spec": {}})), "has no storage drivers: this has no effect here"),
        ("resource.k8s.io/v1/deviceclasses", named(json!({"spec": {}})), "has no devices: nothing is allocated here"),
        (
            "node.k8s.io/v1/runtimeclasses",
            named(json!({"handler": "gvisor"})),
            "runs all Pods alike: the handler has no effect here",
        ),
    ] {
        let plural = path.rsplit('/').next().unwrap();
        let told = create(&lab, &format!("/apis/{path}"), object).await;
        assert_eq!(told, [format!("299 - \"{STORES} {plural} but {missing}\"")]);
    }
}

#[tokio::test]
async fn who_writes_what_is_the_same_here_is_told_nothing() {
    let lab = Lab::new("images: []").await;
    let local = json!({
        "metadata": {"name": "v2.apps"},
        "spec": {"group": "apps", "version": "v2", "groupPriorityMinimum": 1, "versionPriority": 1},
    });
    assert_eq!(create(&lab, "/apis/apiregistration.k8s.io/v1/apiservices", local).await, [""; 0]);
    let class = json!({"metadata": {"name": "usual"}, "handler": "runc"});
    assert_eq!(create(&lab, "/apis/node.k8s.io/v1/runtimeclasses", class).await, [""; 0]);
}

/// What metrics-server announces is there once it is ready, as the emulator measures in its place; what others announce
/// is not.
#[tokio::test]
async fn an_api_service_is_available_when_somebody_answers_for_it() {
    let lab = Lab::new("images: []").await;
    let services = "/apis/apiregistration.k8s.io/v1/apiservices";
    let announced = |group: &str, version: &str| {
        json!({
            "metadata": {"name": format!("{version}.{group}")},
            "spec": {
                "group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100,
                "insecureSkipTLSVerify": true, "service": {"name": "server", "namespace": "default"},
            },
        })
    };
    assert_eq!(create(&lab, services, announced("metrics.k8s.io", "v1beta1")).await, [""; 0]);
    let told = create(&lab, services, announced("other.example.org", "v1")).await;
    let missing = "forwards no requests to other API servers: what this one serves is not there";
    assert_eq!(told, [format!("299 - \"{STORES} apiservices but {missing}\"")]);
    assert_eq!(lab.get("/apis/metrics.k8s.io/v1beta1/nodes").await.status, 404);

    let image = "registry.k8s.io/metrics-server/metrics-server:v0.8.0";
    let pod = json!({
        "metadata": {"name": "server", "labels": {"app": "server"}},
        "spec": {"containers": [{"name": "server", "image": image}]},
    });
    create(&lab, "/api/v1/namespaces/default/pods", pod).await;
    let ports = json!([{"port": 443, "targetPort": 10250}]);
    let service = json!({"metadata": {"name": "server"}, "spec": {"selector": {"app": "server"}, "ports": ports}});
    create(&lab, "/api/v1/namespaces/default/services", service).await;
    lab.pass(30.0).await;
    let available = async |name: &str| {
        let found = lab.get(&format!("{services}/{name}")).await.body;
        let condition = &found["status"]["conditions"][0];
        format!("{} {}", condition["status"].as_str().unwrap(), condition["reason"].as_str().unwrap())
    };
    assert_eq!(available("v1beta1.metrics.k8s.io").await, "True Passed");
    assert_eq!(available("v1.other.example.org").await, "False FailedDiscoveryCheck");
    assert_eq!(lab.get("/apis/metrics.k8s.io/v1beta1/nodes").await.status, 200);

    let gone = lab.send("DELETE", &format!("{services}/v1beta1.metrics.k8s.io"), &[], Vec::new()).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    lab.pass(1.0).await;
    assert_eq!(lab.get("/apis/metrics.k8s.io/v1beta1/nodes").await.status, 404);
}
