//! Revisions: how they are numbered, who made them, how one goes back to them.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};

async fn numbers(bench: &Bench, unit: &str) -> Json {
    let (_, envelope) = bench.get(unit).await;
    let unit = &envelope["Unit"];
    json!([unit["HeadRevisionNum"], unit["HeadMutationNum"], unit["Version"]])
}

#[tokio::test]
async fn changes_of_data_are_revisions_and_others_are_not() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    assert_eq!(numbers(&bench, &unit).await, json!([1, 1, 1]));
    bench.patch(&unit, json!({"Labels": {"tier": "back"}})).await;
    assert_eq!(numbers(&bench, &unit).await, json!([1, 1, 2]));
    let change = json!({"Data": base64("a: 2\n"), "LastChangeDescription": "two"});
    let request = bench.request(reqwest::Method::PATCH, &unit).header("user-agent", "cub").json(&change);
    bench.send(request).await;
    assert_eq!(numbers(&bench, &unit).await, json!([2, 2, 3]));
    bench.patch(&unit, json!({"Data": base64("a: 2\n")})).await;
    assert_eq!(numbers(&bench, &unit).await, json!([2, 2, 3]), "the same data is no change");
    let (_, revisions) = bench.get(&format!("{unit}/revision?include=UserID")).await;
    let revision = &revisions[1]["Revision"];
    assert_eq!(revision["Description"], "two");
    assert_eq!((&revision["Source"], &revision["UserAgent"]), (&json!("PatchUnit"), &json!("cub")));
    assert_eq!(revisions[1]["User"]["UserID"], revision["UserID"]);
    let id = text(&revisions[0]["Revision"]["RevisionID"]);
    assert_eq!(bench.get(&format!("{unit}/revision/{id}/data")).await, (200, json!("a: 1\n")));
    assert_eq!(bench.get(&format!("{unit}/revision/{id}")).await.1["Revision"]["RevisionNum"], 1);
    let (_, mutations) = bench.list(&format!("{unit}/mutation"), "RevisionNum = 2").await;
    assert_eq!(mutations[0]["Mutation"]["MutationNum"], 2);
}

#[tokio::test]
async fn who_replaces_a_unit_must_have_seen_its_latest_version() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    let mut body = bench.get(&unit).await.1["Unit"].clone();
    body["Data"] = json!(base64("a: 2\n"));
    assert_eq!(bench.put(&unit, &body).await.0, 200);
    let stale = bench.put(&unit, &body).await;
    assert_eq!(stale.0, 409);
    assert!(message(&stale).starts_with("Version:"), "{}", stale.1);
    body.as_object_mut().unwrap().remove("Version");
    assert_eq!(bench.put(&unit, &body).await.0, 409, "a replacement without a version");
    let stale = bench.patch(&unit, json!({"Version": 1, "Labels": {"a": "b"}})).await;
    assert_eq!(stale.0, 400);
    assert_eq!(bench.patch(&unit, json!({"Version": 2, "Labels": {"a": "b"}})).await.0, 200);
}

#[tokio::test]
async fn a_patch_touches_only_what_it_names() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    bench.patch(&unit, json!({"Labels": {"a": "1", "b": "2"}, "LastChangeDescription": "why"})).await;
    let before = bench.get(&unit).await.1["Unit"].clone();
    for nothing in [json!(null), json!({}), json!({"spec": {"replicas": 3}, "HeadRevisionNum": 9, "UnitID": "x"})] {
        let (status, after) = bench.patch(&unit, nothing).await;
        assert_eq!((status, &after), (200, &before));
    }
    let (_, after) = bench.patch(&unit, json!({"Labels": {"a": null, "c": "3"}})).await;
    assert_eq!((&after["Labels"], &after["Data"]), (&json!({"b": "2", "c": "3"}), &before["Data"]));
    assert_eq!(after["LastChangeDescription"], "why");
    let refused = bench.patch(&unit, json!({"Data": "not base64!"})).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("Data: "), "{}", refused.1);
    let refused = bench.patch(&unit, json!({"Data": base64("a: [1\n")})).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("Data: line "), "{}", refused.1);
}

#[tokio::test]
async fn a_unit_goes_back_to_any_revision_by_what_it_is_called() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    for number in 2..4 {
        bench.patch(&unit, json!({"Data": base64(&format!("a: {number}\n"))})).await;
    }
    let (_, revisions) = bench.get(&format!("{unit}/revision")).await;
    let first = text(&revisions[0]["Revision"]["RevisionID"]);
    let head = async || text(&bench.get(&unit).await.1["Unit"]["Data"]);
    for (query, data) in [
        (format!("revision_id={first}"), "a: 1\n"),
        ("restore=3".to_owned(), "a: 3\n"),
        ("restore=Before:HeadRevisionNum".to_owned(), "a: 1\n"),
        (format!("restore=Revision:{first}"), "a: 1\n"),
        ("restore=Before:3".to_owned(), "a: 2\n"),
    ] {
        assert_eq!(bench.patch(&format!("{unit}?{query}"), Json::Null).await.0, 200, "{query}");
        assert_eq!(head().await, base64(data), "{query}");
    }
    let (_, whole) = bench.get(&unit).await;
    let (status, answer) = bench.put(&format!("{unit}?restore=1"), &whole["Unit"]).await;
    assert_eq!((status, &answer["Data"]), (200, &json!(base64("a: 1\n"))), "the body's data is that of before");
    for (query, expected) in [
        ("restore=LiveRevisionNum", "restore: no revision LiveRevisionNum"),
        ("restore=0", "restore: no revision 0"),
        ("restore=-1", "restore: no revision -1"),
        ("restore=latest", "restore: `latest` names no revision"),
    ] {
        let refused = bench.patch(&format!("{unit}?{query}"), Json::Null).await;
        assert_eq!((refused.0, message(&refused).as_str()), (400, expected));
    }
    let other = bench.unit(&space, "other", "").await;
    assert_eq!(bench.patch(&format!("{other}?revision_id={first}"), Json::Null).await.0, 404, "of another unit");
    let items = bench.patch("/unit?restore=2&where=Slug%20!%3D%20''", Json::Null).await;
    assert_eq!(items.0, 207, "the other unit has no revision 2: {}", items.1);
}
