//! Quotas hold on every way to create something.

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_confighub::{Options, Quotas};

use crate::cast::Cast;
use crate::client::{Answer, Bench, message, text};
use crate::worker::Worker;

fn assert_exceeded(answer: &Answer, kind: &str) {
    let text = format!("exceeded maximum quota for entity type {kind}");
    assert_eq!((answer.0, message(answer)), (403, text));
}

#[tokio::test]
async fn each_type_has_its_own_limit_on_creation() {
    for (family, kind) in [
        ("bridge_worker", "BridgeWorker"),
        ("change_set", "ChangeSet"),
        ("filter", "Filter"),
        ("invocation", "Invocation"),
        ("link", "Link"),
        ("set", "Set"),
        ("tag", "Tag"),
        ("target", "Target"),
        ("trigger", "Trigger"),
        ("view", "View"),
    ] {
        let cast = Cast::start().await;
        let path = format!("/space/{}/{family}", cast.dev.space);
        let mut present = 0;
        for space in [&cast.dev.space, &cast.prod.space] {
            present += cast.get("lead", &format!("/space/{space}/{family}")).await.1.as_array().unwrap().len();
        }
        cast.bench.hub.set_quota(kind, u64::try_from(present).unwrap()).unwrap();
        let mut body = crate::identity::operations::body(&cast.dev);
        if family == "trigger" {
            body.as_object_mut().unwrap().remove("BridgeWorkerID");
        }
        let over = cast.send("lead", Method::POST, &path, body.clone()).await;
        assert_exceeded(&over, kind);
        if family == "filter" {
            // The view that shows it would keep it.
            let view = cast.dev.path("/space/{space_id}/view/{view_id}");
            assert_eq!(cast.send("lead", Method::DELETE, &view, Json::Null).await.0, 200);
        }
        let kept = cast.dev.path(&format!("{path}/{{{family}_id}}"));
        assert_eq!(cast.send("lead", Method::DELETE, &kept, Json::Null).await.0, 200, "{family}");
        let again = cast.send("lead", Method::POST, &path, body).await;
        assert_eq!(again.0, 200, "{family}: a deletion makes room: {}", again.1);
    }
}

#[tokio::test]
async fn units_count_however_they_come() {
    let cast = Cast::start_with(Quotas::unlimited().with("Unit", 5).unwrap()).await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let bulk = cast
        .request("lead", Method::POST, "/unit")
        .query(&[("where", format!("SpaceID = '{}'", dev.space).as_str()), ("where_space", "Slug = 'prod'")])
        .json(&json!({"Labels": {"a": "b"}}));
    // Both slugs are taken in prod, so clones go to a third space.
    let third = text(&cast.send("lead", Method::POST, "/space", json!({"Slug": "third"})).await.1["SpaceID"]);
    let taken = cast.bench.send(bulk).await;
    assert_eq!(taken.0, 207, "{}", taken.1);
    let bulk = cast
        .request("lead", Method::POST, "/unit")
        .query(&[("where", format!("SpaceID = '{}'", dev.space).as_str()), ("where_space", "Slug = 'third'")])
        .json(&json!({}));
    let (status, items) = cast.bench.send(bulk).await;
    assert_eq!((status, items.as_array().unwrap().len()), (207, 2), "{items}");
    assert_eq!(items[0]["Unit"]["Slug"], "one");
    assert_eq!(items[1]["Error"]["Status"], 403);
    assert_eq!(items[1]["Error"]["Message"], "exceeded maximum quota for entity type Unit");
    let unit = json!({"Slug": "x", "ToolchainType": "Kubernetes/YAML"});
    let created = cast.send("lead", Method::POST, &format!("/space/{third}/unit"), unit.clone()).await;
    assert_exceeded(&created, "Unit");
    let clone = format!("/space/{third}/unit?upstream_space_id={}&upstream_unit_id={}", prod.space, prod.id("unit_id"));
    assert_exceeded(&cast.send("lead", Method::POST, &clone, unit).await, "Unit");
}

#[tokio::test]
async fn a_cloned_unit_stays_when_there_is_no_room_for_its_links() {
    let cast = Cast::start_with(Quotas::unlimited().with("Link", 2).unwrap()).await;
    cast.send("lead", Method::POST, "/space", json!({"Slug": "third"})).await;
    let bulk = cast
        .request("lead", Method::POST, "/unit")
        .query(&[("where", "Space.Slug = 'dev' AND Slug = 'one'"), ("where_space", "Slug = 'third'")])
        .json(&json!({}));
    let (status, items) = cast.bench.send(bulk).await;
    assert_eq!(status, 207, "{items}");
    assert_eq!(items[0]["Unit"]["Slug"], "one");
    assert_eq!(items[0]["Links"][0]["Error"]["Message"], "exceeded maximum quota for entity type Link");
}

#[tokio::test]
async fn targets_that_a_worker_brings_count() {
    let quotas = Quotas::unlimited().with("Target", 0).unwrap();
    let bench = Bench::start_with(Options { quotas, ..Options::default() }).await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let refused = worker.try_to_connect(&bench).await;
    assert_exceeded(&refused, "Target");
    assert_eq!(bench.get("/target").await, (200, json!([])));
}

#[tokio::test]
async fn organizations_and_members_count() {
    let cast =
        Cast::start_with(Quotas::unlimited().with("Organization", 2).unwrap().with("OrganizationMember", 4).unwrap())
            .await;
    let made = cast.send("lead", Method::POST, "/organization", json!({"DisplayName": "Third"})).await;
    assert_exceeded(&made, "Organization");
    let own = text(&cast.get("lead", "/me").await.1["OrganizationID"]);
    let members = format!("/organization/{own}/organization_member");
    let joined = cast.send("lead", Method::POST, &members, json!({"Username": "new@example.org"})).await;
    assert_exceeded(&joined, "OrganizationMember");
}

#[test]
fn a_quota_for_something_that_has_none_is_refused() {
    for (given, told) in [
        ("Spaces", "`Spaces` is no entity type with a quota; did you mean `Space`?"),
        ("Unti", "`Unti` is no entity type with a quota; did you mean `Unit`?"),
        ("bridgeworker", "`bridgeworker` is no entity type with a quota; did you mean `BridgeWorker`?"),
        (
            "Revision",
            "`Revision` is no entity type with a quota; these are: BridgeWorker, ChangeSet, Filter, Invocation, Link, \
             Organization, OrganizationMember, Set, Space, Tag, Target, Trigger, Unit, View",
        ),
    ] {
        assert_eq!(Quotas::unlimited().with(given, 1).unwrap_err().to_string(), told);
        let read = serde_json::from_value::<Quotas>(json!({given: 1})).unwrap_err().to_string();
        assert_eq!(read, told, "also in snapshots");
    }
}
