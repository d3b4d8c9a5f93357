//! Creating, reading, changing and deleting; who may; what is reported.

use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use stagegate_confighub::{Options, Quotas};
use stagegate_simulation::{Actor, Verb};

use crate::client::{Bench, base64, message, text};

#[tokio::test]
async fn a_token_is_needed_and_must_be_right() {
    let bench = Bench::start().await;
    let url = format!("{}/api/space", bench.hub.url());
    let without = bench.send(Client::new().get(&url)).await;
    assert_eq!((without.0, message(&without).as_str()), (401, "missing authorization header"));
    let wrong = bench.send(Client::new().get(&url).bearer_auth("nonsense")).await;
    assert_eq!((wrong.0, message(&wrong).as_str()), (401, "invalid token"));
    assert_eq!(bench.send(Client::new().get(format!("{}/api/info", bench.hub.url()))).await.0, 200);
    assert!(bench.recorder.secrets.lock().unwrap().iter().any(|secret| secret == bench.hub.token()));
}

#[tokio::test]
async fn refusals_carry_a_request_id_and_are_in_the_record() {
    let bench = Bench::start().await;
    let response = bench.request(Method::GET, "/space/x").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["x-request-id"].len(), 32);
    let exchanges = bench.recorder.exchanges.lock().unwrap();
    let exchange = exchanges.last().unwrap();
    assert_eq!((exchange.target.as_str(), exchange.status), ("/api/space/x", 400));
    assert_eq!(exchange.error.as_deref(), Some("space_id: `x` is not a UUID"));
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let bench = Bench::start().await;
    let id = "6f0d5d0e-0000-4000-8000-000000000000";
    let answer = bench.get(&format!("/space/{id}")).await;
    assert_eq!((answer.0, message(&answer)), (404, format!("Space {id} not found")));
    let space = bench.space("p").await;
    let answer = bench.get(&format!("/space/{space}/unit/{id}")).await;
    assert_eq!((answer.0, message(&answer)), (404, format!("Unit {id} not found in space {space}")));
    let answer = bench.get("/nothing/here").await;
    assert_eq!((answer.0, message(&answer).as_str()), (404, "no such path: /api/nothing/here"));
    let other = bench.space("q").await;
    let unit = bench.unit(&other, "u", "").await;
    let elsewhere = unit.replace(&other, &space);
    assert_eq!(bench.get(&elsewhere).await.0, 404);
}

#[tokio::test]
async fn a_space_lives_and_dies() {
    let bench = Bench::start().await;
    let space = bench
        .created("/space", json!({"Slug": "p", "Labels": {"project": "x"}, "CreatedAt": "0001-01-01T00:00:00Z"}))
        .await;
    let path = format!("/space/{}", text(&space["SpaceID"]));
    assert_eq!((space["Version"].as_i64(), space["CreatedAt"].as_str()), (Some(1), Some("2025-10-05T09:00:00Z")));

    let mut changed = space.clone();
    changed["Labels"] = json!({"project": "y", "test": "true"});
    let (status, updated) = bench.put(&path, &changed).await;
    assert_eq!((status, updated["Version"].as_i64()), (200, Some(2)));
    let stale = bench.put(&path, &changed).await;
    assert_eq!((stale.0, message(&stale).as_str()), (409, "Version: expected 2, got 1; read it again"));

    let (_, patched) = bench.patch(&path, json!({"Labels": {"test": null}, "DisplayName": "P"})).await;
    assert_eq!(patched["Labels"], json!({"project": "y"}));
    let (_, same) = bench.patch(&path, json!({"DisplayName": "P", "spec": {"replicas": 5}})).await;
    assert_eq!(same, patched, "a patch that changes nothing changes nothing");

    assert_eq!(bench.delete(&path).await, (200, json!({"Message": "Space p deleted"})));
    assert_eq!(bench.get(&path).await.0, 404);
    assert_eq!(
        bench.changes(),
        [
            "Created Space p: label project = x",
            "Updated Space p: label project x → y, label test = true",
            "Updated Space p: DisplayName p → P, label test removed",
            "Deleted Space p: ",
        ]
    );
}

#[tokio::test]
async fn slugs_are_checked_and_unique() {
    let bench = Bench::start().await;
    bench.space("p").await;
    let twice = bench.post("/space", json!({"Slug": "p"})).await;
    assert_eq!((twice.0, message(&twice).as_str()), (400, "Space with slug p already exists"));
    let (status, existing) = bench.post("/space?allow_exists=true", json!({"Slug": "p", "Labels": {"a": "b"}})).await;
    assert_eq!((status, &existing["Labels"]), (200, &json!({})));
    for slug in ["a/b", "-a", "a-", "a b", "ä", &"x".repeat(129)] {
        let answer = bench.post("/space", json!({"Slug": slug})).await;
        assert_eq!(answer.0, 400, "{slug}");
        assert!(message(&answer).starts_with("Slug: "), "{slug}");
    }
    let missing = bench.post("/space", json!({})).await;
    assert_eq!((missing.0, message(&missing).as_str()), (400, "Slug is required"));
}

#[tokio::test]
async fn wrong_types_are_refused_by_field() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    for (body, start) in [
        (json!({"Slug": "u", "ToolchainType": "Kubernetes/YAML", "Data": "%%"}), "Data: not base64"),
        (json!({"Slug": "u", "ToolchainType": "Kubernetes/YAML", "Labels": {"a": 1}}), "Labels: "),
        (json!({"Slug": 5, "ToolchainType": "Kubernetes/YAML"}), "Slug: "),
        (json!({"Slug": "u", "ToolchainType": "Kubernetes/YAML", "TargetID": "t1"}), "TargetID: "),
        (json!({"Slug": "u"}), "ToolchainType is required"),
        (json!(["u"]), "request body: expected a JSON object"),
    ] {
        let answer = bench.post(&format!("/space/{space}/unit"), body.clone()).await;
        assert_eq!(answer.0, 400, "{body}");
        assert!(message(&answer).starts_with(start), "{body}: {}", message(&answer));
    }
    let request = bench.request(Method::POST, "/space").header("content-type", "application/json").body("{\"Slug\":");
    let answer = bench.send(request).await;
    assert!(message(&answer).starts_with("request body: EOF"), "{}", answer.1);
}

#[tokio::test]
async fn the_space_quota_is_403_with_the_services_text() {
    let options = Options { quotas: Quotas::unlimited().with("Space", 2).unwrap(), ..Options::default() };
    let bench = Bench::start_with(options).await;
    bench.space("a").await;
    bench.space("b").await;
    let full = bench.post("/space", json!({"Slug": "c"})).await;
    assert_eq!((full.0, message(&full).as_str()), (403, "exceeded maximum quota for entity type Space"));
    bench.hub.set_quota("Space", 3).unwrap();
    bench.space("c").await;
}

#[tokio::test]
async fn units_have_revisions_and_mutations() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    let (_, changed) = bench.patch(&unit, json!({"Data": base64("a: 2\n"), "LastChangeDescription": "two"})).await;
    assert_eq!(changed["HeadRevisionNum"], 2);
    let (_, labelled) = bench.patch(&unit, json!({"Labels": {"x": "y"}})).await;
    assert_eq!(labelled["HeadRevisionNum"], 2, "labels make no revision");
    let (_, restored) = bench.patch(&format!("{unit}?restore=1"), Json::Null).await;
    assert_eq!((&restored["HeadRevisionNum"], &restored["Data"]), (&json!(3), &json!(base64("a: 1\n"))));

    let (_, revisions) = bench.get(&format!("{unit}/revision?include=UserID")).await;
    let told: Vec<Json> = revisions
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            json!([item["Revision"]["RevisionNum"], item["Revision"]["Description"], item["Revision"]["Source"]])
        })
        .collect();
    assert_eq!(json!(told), json!([[1, "", "CreateUnit"], [2, "two", "PatchUnit"], [3, "two", "PatchUnit"]]));
    let (_, mutations) = bench.list(&format!("{unit}/mutation"), "RestoredRevisionNum = 1").await;
    assert_eq!(mutations[0]["Mutation"]["RevisionNum"], 3);
    let second = text(&revisions[1]["Revision"]["RevisionID"]);
    let (_, data) = bench.get(&format!("{unit}/revision/{second}/data")).await;
    assert_eq!(data, json!("a: 2\n"));
    assert_eq!(bench.delete(&unit).await.0, 200);
    assert_eq!(bench.get(&unit).await.0, 404);
}

#[tokio::test]
async fn a_space_takes_what_is_in_it_along_but_not_workers() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    bench.unit(&space, "u", "").await;
    bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    bench.changes();
    let refused = bench.delete(&format!("/space/{space}")).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "space p still has BridgeWorkers; delete them first"));
    assert!(bench.changes().is_empty());
    assert_eq!(bench.delete(&format!("/space/{space}?recursive=true")).await.0, 200);
    assert_eq!(bench.changes(), ["Deleted Unit p/u: ", "Deleted BridgeWorker p/w: ", "Deleted Space p: "]);
}

#[tokio::test]
async fn changes_are_attributed_to_their_command_or_step() {
    let bench = Bench::start().await;
    let by_command =
        bench.request(Method::POST, "/space").header("stagegate-command", "17").json(&json!({"Slug": "a"}));
    bench.send(by_command).await;
    let by_step = bench.request(Method::POST, "/space").header("stagegate-origin", "step").json(&json!({"Slug": "b"}));
    bench.send(by_step).await;
    let by_client = bench.request(Method::POST, "/space").header("user-agent", "cub").json(&json!({"Slug": "c"}));
    bench.send(by_client).await;
    let changes = bench.recorder.changes.lock().unwrap();
    let origins: Vec<_> =
        changes.iter().map(|change| (change.verb, change.origin.actor.clone(), change.origin.command)).collect();
    assert_eq!(
        origins,
        [
            (Verb::Created, Actor::Command, Some(17)),
            (Verb::Created, Actor::Step, None),
            (Verb::Created, Actor::Client { user_agent: "cub".to_owned() }, None),
        ]
    );
}

#[tokio::test]
async fn two_hubs_with_one_seed_give_the_same_ids() {
    let (one, two) = (Bench::start().await, Bench::start().await);
    assert_eq!(one.space("p").await, two.space("p").await);
    assert_eq!(one.hub.token(), two.hub.token());
}

#[tokio::test]
async fn tags_mark_revisions() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    bench.patch(&unit, json!({"Data": base64("a: 2\n")})).await;
    let tag = bench.created(&format!("/space/{space}/tag"), json!({"Slug": "release"})).await["TagID"].clone();
    let path = "/unit/tag?where=Slug%20%3D%20'u'";
    let (status, items) = bench.post(path, json!({"TagID": tag, "Revision": "1"})).await;
    assert_eq!((status, items), (200, json!([{"Message": "revision 1 tagged release"}])));
    let (_, revisions) = bench.get(&format!("{unit}/revision")).await;
    assert_eq!(revisions[0]["Revision"]["Tags"], json!({text(&tag): ""}));
    assert_eq!(revisions[1]["Revision"]["Tags"], json!({}));
    let (status, items) = bench.post(path, json!({"TagID": tag, "Revision": "9"})).await;
    assert_eq!((status, items[0]["Error"]["Message"].as_str()), (207, Some("u: Revision: no revision 9")));
}
