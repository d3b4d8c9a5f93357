//! Triggers and the apply gates that they make.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message};

async fn trigger(bench: &Bench, space: &str, slug: &str, function: &str) -> (u16, Json) {
    let body = json!({"Slug": slug, "Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "FunctionName": function});
    bench.post(&format!("/space/{space}/trigger"), body).await
}

#[tokio::test]
async fn a_unit_that_does_not_pass_is_gated() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    assert_eq!(trigger(&bench, &space, "complete", "no-placeholders").await.0, 200);
    assert_eq!(trigger(&bench, &space, "approval", "is-approved").await.0, 200);
    let data = "apiVersion: v1\nkind: Service\nmetadata:\n  name: confighubplaceholder\n";
    let unit = bench.unit(&space, "u", data).await;
    let gates = || async { bench.get(&unit).await.1["Unit"]["ApplyGates"].clone() };
    assert_eq!(gates().await, json!({"approval/is-approved": true, "complete/no-placeholders": true}));
    let (_, units) = bench.list("/unit", "ApplyGates.complete/no-placeholders = true").await;
    assert_eq!(units.as_array().unwrap().len(), 1);

    let worker = bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{space}/target"), target).await;
    bench.patch(&unit, json!({"TargetID": target["TargetID"]})).await;
    let refused = bench.post(&format!("{unit}/apply"), Json::Null).await;
    assert_eq!(message(&refused), "cannot apply unit u: apply gates: approval/is-approved, complete/no-placeholders");

    bench.patch(&unit, json!({"Data": base64(&data.replace("confighubplaceholder", "web"))})).await;
    assert_eq!(gates().await, json!({"approval/is-approved": true}));
    bench.post(&format!("{unit}/approve"), Json::Null).await;
    assert_eq!(gates().await, json!({}));
    assert_eq!(bench.post(&format!("{unit}/apply"), Json::Null).await.0, 200);
}

#[tokio::test]
async fn triggers_that_would_not_run_are_refused() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    for function in ["set-replicas", "cel-validate", "nonsense"] {
        let refused = trigger(&bench, &space, "t", function).await;
        assert_eq!(refused.0, 501);
        assert_eq!(message(&refused), format!("a trigger of function {function} is not supported by this hub"));
    }
}
