//! Lists: where, contains, filter, include, select and summary.

use serde_json::{Value as Json, json};

use crate::client::{Bench, message};

fn slugs(items: &Json, kind: &str) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| item[kind]["Slug"].as_str().unwrap().to_owned()).collect()
}

async fn bench() -> (Bench, String) {
    let bench = Bench::start().await;
    let space = bench.space("p-base").await;
    let prod = bench.space("p-prod").await;
    bench.unit(&space, "reference-data", "").await;
    bench.unit(&space, "trade-service", "").await;
    bench.unit(&prod, "trade-service", "").await;
    let trade = bench.list("/unit", "Slug = 'trade-service' AND Space.Slug = 'p-base'").await.1;
    let path = format!("/space/{space}/unit/{}", trade[0]["Unit"]["UnitID"].as_str().unwrap());
    bench.patch(&path, json!({"Labels": {"layer": "Backend"}})).await;
    (bench, space)
}

#[tokio::test]
async fn clauses_select_in_a_space_and_across_spaces() {
    let (bench, space) = bench().await;
    let in_space = format!("/space/{space}/unit");
    for (path, clause, expected) in [
        ("/unit", "", vec!["reference-data", "trade-service", "trade-service"]),
        ("/unit", "Space.Slug LIKE '%prod%'", vec!["trade-service"]),
        ("/unit", "Labels.layer = 'Backend'", vec!["trade-service"]),
        (&in_space, "Slug = 'trade-service'", vec!["trade-service"]),
        (&in_space, "Slug = 'nosuch'", vec![]),
        (&in_space, "Slug != ''", vec!["reference-data", "trade-service"]),
        (&in_space, "HeadRevisionNum > LiveRevisionNum AND Slug ~ '^ref'", vec!["reference-data"]),
    ] {
        let (status, answer) = bench.list(path, clause).await;
        assert_eq!(
            (status, slugs(&answer, "Unit")),
            (200, expected.into_iter().map(str::to_owned).collect()),
            "{clause}"
        );
    }
    let refused = bench.list("/unit", "Slug = 'a' OR Slug = 'b'").await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "unrecognized attribute name `OR`"));
}

#[tokio::test]
async fn contains_looks_into_texts_and_maps_ignoring_case() {
    let (bench, _) = bench().await;
    assert_eq!(slugs(&bench.get("/unit?contains=REFER").await.1, "Unit"), ["reference-data"]);
    assert_eq!(slugs(&bench.get("/unit?contains=backend").await.1, "Unit"), ["trade-service"]);
    assert_eq!(slugs(&bench.get("/unit?contains=layer&where=Slug%20%3D%20'x'").await.1, "Unit"), Vec::<String>::new());
}

#[tokio::test]
async fn filters_are_stored_clauses() {
    let (bench, space) = bench().await;
    let path = format!("/space/{space}/filter");
    let filter = json!({"Slug": "prod", "From": "Unit", "Where": "Space.Slug LIKE '%prod%'"});
    let id = bench.created(&path, filter).await["FilterID"].as_str().unwrap().to_owned();
    assert_eq!(slugs(&bench.get(&format!("/unit?filter={id}")).await.1, "Unit"), ["trade-service"]);
    let wrong = bench.get(&format!("/space?filter={id}")).await;
    assert_eq!(message(&wrong), "filter: filter prod is for entities of type Unit, not Space");
    let bad = bench.post(&path, json!({"Slug": "bad", "From": "Unit", "Where": "Data = 'x'"})).await;
    assert_eq!((bad.0, message(&bad).as_str()), (400, "unrecognized attribute name `Data`"));
    let unknown = bench.post(&path, json!({"Slug": "bad", "From": "Pod", "Where": ""})).await;
    assert_eq!(message(&unknown), "From: unknown entity type `Pod`");
}

#[tokio::test]
async fn include_adds_and_select_leaves_out() {
    let (bench, space) = bench().await;
    let path = format!("/space/{space}/unit?where=Slug%20%3D%20'trade-service'");
    let (_, plain) = bench.get(&path).await;
    assert!(plain[0].get("Space").is_none());
    let (_, selected) = bench.get(&format!("{path}&include=SpaceID,TargetID&select=HeadRevisionNum,Space.Slug")).await;
    let unit = selected[0]["Unit"].as_object().unwrap();
    assert!(unit.contains_key("HeadRevisionNum") && unit.contains_key("UnitID") && unit.contains_key("Slug"));
    assert!(!unit.contains_key("Data") && !unit.contains_key("Labels"));
    assert_eq!(unit["MutationSources"], json!([]), "never null: the client dereferences it");
    assert_eq!(selected[0]["Space"]["Slug"], "p-base");
    assert!(selected[0]["Space"].get("Labels").is_none());
    let unknown = bench.get(&format!("{path}&include=Nonsense")).await;
    assert_eq!(message(&unknown), "include: unsupported attribute `Nonsense` for Unit");
}

#[tokio::test]
async fn summaries_count() {
    let (bench, _) = bench().await;
    let (_, spaces) = bench.get("/space?summary=true").await;
    let counts = |index: usize| (spaces[index]["TotalUnitCount"].clone(), spaces[index]["UnappliedUnitCount"].clone());
    assert_eq!(counts(0), (json!(2), json!(2)));
    assert_eq!(counts(1), (json!(1), json!(1)));
    assert_eq!(spaces[0]["TargetCountByToolchainType"], json!({}));
}

#[tokio::test]
async fn bulk_patch_and_delete_need_a_clause_and_touch_only_what_it_selects() {
    let (bench, _) = bench().await;
    let blind = bench.patch("/unit", json!({"Labels": {"a": "b"}})).await;
    assert_eq!((blind.0, message(&blind).as_str()), (400, "BulkPatchUnits: where is required"));
    // `contains` alone selects, but the description requires `where` of this one.
    let (status, refusal) = bench.post("/unit/apply?contains=trade", json!({})).await;
    assert_eq!((status, refusal["Message"].as_str()), (400, Some("BulkApplyUnits: where is required")));
    bench.changes();
    let clause = "where=Slug%20%3D%20'trade-service'";
    let (status, items) = bench.patch(&format!("/unit?{clause}"), json!({"Labels": {"a": "b"}})).await;
    assert_eq!((status, slugs(&items, "Unit").len()), (200, 2));
    assert_eq!(
        bench.changes(),
        ["Updated Unit p-base/trade-service: label a = b", "Updated Unit p-prod/trade-service: label a = b"]
    );
    let (status, items) = bench.patch(&format!("/unit?{clause}"), json!({"Slug": "reference-data"})).await;
    assert_eq!(status, 207, "one of two succeeded: {items}");
    assert!(items[0]["Error"]["Message"].as_str().unwrap().contains("already exists"));
    assert_eq!(items[1]["Unit"]["Slug"], "reference-data");
    assert_eq!(bench.send(bench.request(reqwest::Method::DELETE, "/unit?where=Labels.a%20%3D%20'b'")).await.0, 200);
    assert_eq!(slugs(&bench.get("/unit").await.1, "Unit"), ["reference-data"]);
    assert_eq!(bench.patch("/unit?where=Slug%20%3D%20'nosuch'", json!({})).await, (200, json!([])));
}

#[tokio::test]
async fn units_are_selected_by_their_data() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    for (slug, replicas) in [("one", 1), ("five", 5)] {
        let data = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {slug}\nspec:\n  replicas: {replicas}\n"
        );
        bench.unit(&space, slug, &data).await;
    }
    bench.unit(&space, "namespace", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n").await;
    let found = |query: &'static str| bench.get(query);
    assert_eq!(slugs(&found("/unit?where_data=spec.replicas%20%3E%201").await.1, "Unit"), ["five"]);
    assert_eq!(slugs(&found("/unit?resource_type=v1/Namespace").await.1, "Unit"), ["namespace"]);
    let filter =
        json!({"Slug": "big", "From": "Unit", "WhereData": "spec.replicas > 4", "ResourceType": "apps/v1/Deployment"});
    let id = bench.created(&format!("/space/{space}/filter"), filter).await["FilterID"].as_str().unwrap().to_owned();
    assert_eq!(slugs(&bench.get(&format!("/unit?filter={id}")).await.1, "Unit"), ["five"]);
    let wrong = bench.get("/unit?where_data=spec.replicas%20CONTAINS%205").await;
    assert_eq!((wrong.0, message(&wrong).as_str()), (400, "where_data: invalid operator at `CONTAINS 5`"));
    let misplaced = bench.get("/space?where_data=a%20%3D%201").await;
    assert_eq!(message(&misplaced), "ListSpaces has no query parameter `where_data`");
}

#[tokio::test]
async fn data_that_cannot_be_compared_is_no_empty_selection() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    for (slug, replicas) in [("one", "1"), ("odd", "many"), ("five", "5")] {
        let data = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {slug}\nspec:\n  replicas: {replicas}\n"
        );
        bench.unit(&space, slug, &data).await;
    }
    let query = |path: &str, clause: &str| bench.request(reqwest::Method::GET, path).query(&[("where_data", clause)]);
    let refused = bench.send(query("/unit", "metadata.name ~ '['")).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("where_data: invalid regular expression: "), "{}", message(&refused));
    let refused = bench.send(query("/unit", "spec.replicas > 1")).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("where_data: unit odd: "), "{}", message(&refused));
    let narrowed = query("/unit", "spec.replicas > 1").query(&[("where", "Slug != 'odd'")]);
    assert_eq!(slugs(&bench.send(narrowed).await.1, "Unit"), ["five"]);
    let bulk = bench.request(reqwest::Method::PATCH, "/unit").json(&json!({"Labels": {"a": "b"}}));
    let refused = bench.send(bulk.query(&[("where_data", "spec.replicas > 1")])).await;
    assert_eq!(refused.0, 400);
    let (_, labelled) = bench.list("/unit", "Labels.a = 'b'").await;
    assert_eq!(labelled, json!([]));
    let filter = json!({"Slug": "f", "From": "Unit", "WhereData": "metadata.name ~ '['"});
    let refused = bench.post(&format!("/space/{space}/filter"), filter).await;
    assert!(message(&refused).starts_with("WhereData: invalid regular expression: "), "{}", message(&refused));
}

#[tokio::test]
async fn a_bulk_patch_of_another_version_is_refused() {
    let (bench, _) = bench().await;
    for (path, name) in
        [("/unit?where=Slug%20%3D%20'reference-data'", "Unit"), ("/_space?where=Slug%20%3D%20'p-base'", "Space")]
    {
        let (status, items) = bench.patch(path, json!({"Version": 99, "Labels": {"a": "b"}})).await;
        assert_eq!(status, 207, "{items}");
        let told = items[0]["Error"]["Message"].as_str().unwrap();
        assert!(told.ends_with("Version: expected 1, got 99; read it again"), "{told}");
        assert_eq!(bench.patch(path, json!({"Version": 1, "Labels": {"a": "b"}})).await.1[0][name]["Version"], 2);
    }
}

#[tokio::test]
async fn a_summary_of_workers_counts_their_targets() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let workers = format!("/space/{space}/bridge_worker");
    let busy = bench.created(&workers, json!({"Slug": "busy"})).await;
    bench.created(&workers, json!({"Slug": "idle"})).await;
    for slug in ["a", "b"] {
        let body = json!({"Slug": slug, "BridgeWorkerID": busy["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
        bench.created(&format!("/space/{space}/target"), body).await;
    }
    let (_, workers) = bench.get("/bridge_worker?summary=true").await;
    assert_eq!((&workers[0]["TargetCount"], &workers[1]["TargetCount"]), (&json!(2), &json!(0)), "{workers}");
    assert!(bench.get("/bridge_worker").await.1[0].get("TargetCount").is_none());
}
