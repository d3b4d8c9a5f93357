//! Clones and upgrades.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};

async fn cloned(bench: &Bench) -> (String, String, String) {
    let base = bench.space("base").await;
    let prod = bench.space("prod").await;
    let upstream = bench.unit(&base, "web", "replicas: 1\n").await;
    let upstream_id = upstream.rsplit('/').next().unwrap().to_owned();
    let path = format!("/space/{prod}/unit?upstream_space_id={base}&upstream_unit_id={upstream_id}");
    let clone = bench.created(&path, json!({"Slug": "web", "ToolchainType": "Kubernetes/YAML"})).await;
    assert_eq!((&clone["Data"], &clone["UpstreamRevisionNum"]), (&json!(base64("replicas: 1\n")), &json!(1)));
    (upstream, format!("/space/{prod}/unit/{}", text(&clone["UnitID"])), upstream_id)
}

#[tokio::test]
async fn an_unchanged_clone_takes_the_upstreams_changes() {
    let bench = Bench::start().await;
    let (upstream, clone, upstream_id) = cloned(&bench).await;
    let push = format!(
        "/unit?upgrade=true&where=Unit.UpstreamUnitID%20%3D%20'{upstream_id}'%20AND%20Unit.UpstreamRevisionNum%20%3C%20UpstreamUnit.HeadRevisionNum"
    );
    assert_eq!(bench.patch(&push, Json::Null).await, (200, json!([])), "nothing to push yet");
    bench.patch(&upstream, json!({"Data": base64("replicas: 2\n")})).await;
    bench.changes();
    let (status, items) = bench.patch(&push, Json::Null).await;
    assert_eq!((status, &items[0]["Unit"]["Data"]), (200, &json!(base64("replicas: 2\n"))));
    assert_eq!(bench.changes(), ["Updated Unit prod/web: data changed, revision 2, upgraded to upstream revision 2"]);
    let (_, mutations) = bench.get(&format!("{clone}/mutation")).await;
    assert_eq!(mutations[1]["Mutation"]["UpgradedFromUpstreamRevisionNum"], 1);
    assert_eq!(bench.patch(&push, Json::Null).await, (200, json!([])));
}

#[tokio::test]
async fn a_unit_without_upstream_cannot_be_upgraded() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "").await;
    let refused = bench.patch(&format!("{unit}?upgrade=true"), Json::Null).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "upgrade: unit u has no upstream unit"));
}

#[tokio::test]
async fn selected_units_are_cloned_into_selected_spaces() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    for space in ["prod-us", "prod-eu", "other"] {
        bench.space(space).await;
    }
    bench.unit(&base, "web", "").await;
    bench.unit(&base, "db", "").await;
    let path = format!("/unit?where=SpaceID%20%3D%20'{base}'&where_space=Slug%20LIKE%20'prod%25'");
    let (status, items) = bench.post(&path, json!({"Labels": {"env": "prod"}})).await;
    assert_eq!((status, items.as_array().unwrap().len()), (200, 4));
    assert_eq!(items[0]["Unit"]["Labels"], json!({"env": "prod"}));
    let (status, again) = bench.post(&path, json!({})).await;
    assert_eq!(status, 207);
    assert!(again.as_array().unwrap().iter().all(|item| item.get("Error").is_some()));
}
