//! Links: what they fill in, when, and in what order units are applied.

use base64::Engine;
use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: prod-us\n";
const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: confighubplaceholder  # by link\n";

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

async fn data(bench: &Bench, unit: &str) -> String {
    let (_, unit) = bench.get(unit).await;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text(&unit["Unit"]["Data"])).unwrap()).unwrap()
}

async fn link(bench: &Bench, from: &str, to: &str) -> Json {
    let space = from.split("/unit").next().unwrap();
    let to_space = to.split('/').nth(2).unwrap();
    let body = json!({"Slug": "-", "FromUnitID": id(from), "ToUnitID": id(to), "ToSpaceID": to_space});
    bench.created(&format!("{space}/link"), body).await
}

#[tokio::test]
async fn a_link_fills_in_the_namespace_and_keeps_it_filled_in() {
    let bench = Bench::start().await;
    let (base, infra) = (bench.space("base").await, bench.space("infra").await);
    let web = bench.unit(&base, "web", SERVICE).await;
    let namespace = bench.unit(&infra, "ns", NAMESPACE).await;
    bench.changes();
    let created = link(&bench, &web, &namespace).await;
    assert_eq!(created["Slug"], "web-ns");
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-us"));
    assert_eq!(
        bench.changes(),
        [
            "Created Link base/web-ns: from base/web to infra/ns",
            "Updated Unit base/web: link web-ns resolved, data changed, revision 2"
        ]
    );
    let (_, mutations) = bench.get(&format!("{web}/mutation?include=LinkID")).await;
    assert_eq!(mutations[1]["Link"]["Slug"], "web-ns");
    assert_eq!(mutations[1]["Mutation"]["ProvidedResource"]["ResourceType"], "v1/Namespace");

    bench.patch(&namespace, json!({"Data": base64(&NAMESPACE.replace("prod-us", "prod-eu"))})).await;
    assert_eq!(
        data(&bench, &web).await,
        SERVICE.replace("confighubplaceholder", "prod-eu"),
        "the link follows its source"
    );

    bench.patch(&web, json!({"Data": base64(&SERVICE.replace("confighubplaceholder", "by-hand"))})).await;
    bench.patch(&namespace, json!({"Data": base64(NAMESPACE)})).await;
    assert_eq!(
        data(&bench, &web).await,
        SERVICE.replace("confighubplaceholder", "by-hand"),
        "a value set by hand stays"
    );
}

#[tokio::test]
async fn a_link_to_what_provides_nothing_changes_nothing() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    let web = bench.unit(&base, "web", SERVICE).await;
    let other = bench.unit(&base, "other", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n").await;
    link(&bench, &web, &other).await;
    link(&bench, &other, &web).await;
    assert_eq!(bench.get(&web).await.1["Unit"]["HeadRevisionNum"], 1);
    let body = json!({"Slug": "x", "FromUnitID": id(&web), "ToUnitID": "6f0d5d0e-0000-4000-8000-000000000000"});
    let refused = bench.post(&format!("/space/{base}/link"), body).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("ToUnitID: no unit"));
}

#[tokio::test]
async fn units_are_applied_after_what_they_link_to() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    let web = bench.unit(&base, "web", SERVICE).await;
    let namespace = bench.unit(&base, "ns", NAMESPACE).await;
    link(&bench, &web, &namespace).await;
    let worker = bench.created(&format!("/space/{base}/bridge_worker"), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{base}/target"), target).await;
    bench.patch("/unit?where=Slug%20!%3D%20''", json!({"TargetID": target["TargetID"]})).await;
    let (status, items) = bench.post("/unit/apply?where=Slug%20!%3D%20''", Json::Null).await;
    assert_eq!(status, 200);
    let order: Vec<&str> =
        items.as_array().unwrap().iter().map(|item| item["Action"]["UnitID"].as_str().unwrap()).collect();
    assert_eq!(order, [id(&namespace), id(&web)]);
}
