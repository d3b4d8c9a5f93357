//! Organizations, users and members over the API.

use reqwest::Method;
use serde_json::{Value as Json, json};

use stagegate_confighub::{Quotas, Snapshot, SnapshotSecrets};

use crate::cast::Cast;
use crate::client::{Bench, message, text};

#[tokio::test]
async fn whoever_creates_an_organization_owns_it() {
    let cast = Cast::start().await;
    let (status, made) = cast.send("reader", Method::POST, "/organization", json!({"DisplayName": "Mine"})).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(text(&made["Slug"]), text(&made["ExternalID"]).to_lowercase());
    let own = format!("/organization/{}", text(&made["OrganizationID"]));
    let listed = cast.get("reader", "/organization?where=DisplayName = 'Mine'").await.1;
    assert_eq!(listed, json!([made]));
    assert_eq!(cast.get("lead", &own).await.0, 404, "others do not see it");
    let elsewhere = cast.send("reader", Method::PUT, &own, made.clone()).await;
    assert_eq!(elsewhere.0, 403, "a token is for one organization: {}", elsewhere.1);
    assert_eq!(cast.send("lead", Method::DELETE, &own, Json::Null).await.0, 404);
    assert_eq!(cast.send("reader", Method::DELETE, &own, Json::Null).await.0, 200);
    assert_eq!(cast.get("reader", &own).await.0, 404);
}

#[tokio::test]
async fn an_organization_is_changed_by_its_administrators_with_its_version() {
    let cast = Cast::start().await;
    let mut own = cast.get("lead", "/organization?where=Slug = 'acme'").await.1[0].clone();
    let path = format!("/organization/{}", text(&own["OrganizationID"]));
    own["Labels"] = json!({"tier": "gold"});
    let refused = cast.send("dev", Method::PUT, &path, own.clone()).await;
    let why =
        "user dev@example.org may not UpdateOrganization in organization acme: that needs the role admin or owner";
    assert_eq!((refused.0, message(&refused).as_str()), (403, why));
    let changed = cast.send("lead", Method::PUT, &path, own.clone()).await;
    assert_eq!((changed.0, &changed.1["Version"], &changed.1["Labels"]["tier"]), (200, &json!(2), &json!("gold")));
    let stale = cast.send("lead", Method::PUT, &path, own).await;
    assert_eq!(stale.0, 409, "{}", stale.1);
    let kept = cast.send("lead", Method::DELETE, &path, Json::Null).await;
    assert_eq!(kept.0, 400, "{}", kept.1);
    let owner_only = cast.send("dev", Method::DELETE, &path, Json::Null).await;
    assert_eq!(owner_only.0, 403, "{}", owner_only.1);
}

#[tokio::test]
async fn members_join_and_leave() {
    let cast = Cast::start().await;
    let own = text(&cast.get("lead", "/me").await.1["OrganizationID"]);
    let members = format!("/organization/{own}/organization_member");
    let body = json!({"Username": "new@example.org", "DisplayName": "New"});
    assert_eq!(cast.send("dev", Method::POST, &members, body.clone()).await.0, 403);
    let (status, joined) = cast.send("lead", Method::POST, &members, body.clone()).await;
    assert_eq!(status, 200, "{joined}");
    let twice = cast.send("lead", Method::POST, &members, body).await;
    assert_eq!((twice.0, message(&twice).as_str()), (400, "Username: new@example.org is a member already"));
    let nobody = cast.send("lead", Method::POST, &members, json!({"Username": "new"})).await;
    assert_eq!((nobody.0, message(&nobody).as_str()), (400, "Username: `new` is no email address"));
    let token = cast.bench.hub.issue_token("new@example.org", None).unwrap();
    let spaces = || cast.bench.http.get(format!("{}/api/space", cast.bench.hub.url())).bearer_auth(&token);
    assert_eq!(cast.bench.send(spaces()).await.1.as_array().unwrap().len(), 2, "a new member may read");
    let listed = cast.get("reader", &format!("{members}?where=Username='new@example.org'")).await.1;
    assert_eq!(listed, json!([joined]));
    let one = format!("{members}/{}", text(&joined["UserID"]));
    assert_eq!(cast.get("reader", &one).await, (200, joined));
    assert_eq!(cast.send("dev", Method::DELETE, &one, Json::Null).await.0, 403);
    assert_eq!(cast.send("lead", Method::DELETE, &one, Json::Null).await.0, 200);
    let gone = cast.bench.send(spaces()).await;
    assert_eq!(
        (gone.0, message(&gone).as_str()),
        (401, "token revoked: its user is no longer a member of the organization")
    );
    let lead = text(&cast.get("lead", "/me").await.1["UserID"]);
    let last = cast.send("lead", Method::DELETE, &format!("{members}/{lead}"), Json::Null).await;
    assert_eq!((last.0, message(&last).as_str()), (400, "an organization must keep an owner"));
}

#[tokio::test]
async fn what_a_member_may_do_can_be_changed_while_the_hub_runs() {
    let cast = Cast::start().await;
    let url = format!("{}/stagegate/member", cast.bench.hub.url());
    let put = |user: &str, body: Json| cast.bench.http.put(&url).bearer_auth(format!("token-of-{user}")).json(&body);
    let grant =
        json!({"user": "reader@example.org", "role": "viewer", "grants": [{"spaces": "prod", "actions": ["apply"]}]});
    assert_eq!(cast.bench.send(put("dev", grant.clone())).await.0, 403);
    let apply = cast.prod.path("/space/{space_id}/unit/{unit_id}/apply");
    assert_eq!(cast.send("reader", Method::POST, &apply, Json::Null).await.0, 403);
    let (status, set) = cast.bench.send(put("lead", grant.clone())).await;
    assert_eq!((status, &set), (200, &grant));
    assert_eq!(cast.send("reader", Method::POST, &apply, Json::Null).await.0, 200);
    let listed = cast.bench.send(cast.bench.http.get(&url).bearer_auth("token-of-lead")).await.1;
    assert!(listed.as_array().unwrap().contains(&grant), "{listed}");
    let demoted = cast.bench.send(put("lead", json!({"user": "lead@example.org", "role": "viewer"}))).await;
    assert_eq!((demoted.0, message(&demoted).as_str()), (400, "an organization must keep an owner"));
    let odd = cast.bench.send(put("lead", json!({"user": "x@example.org", "role": "king"}))).await;
    assert_eq!(odd.0, 400, "{}", odd.1);
}

#[tokio::test]
async fn a_refused_organization_leaves_nothing_behind() {
    let cast = Cast::start_with(Quotas::unlimited().with("Organization", 3).unwrap()).await;
    for body in [json!({"DisplayName": "x", "Labels": 5}), json!({"DisplayName": "x", "Annotations": ["a"]})] {
        let refused = cast.send("lead", Method::POST, "/organization", body).await;
        assert_eq!(refused.0, 400, "{}", refused.1);
    }
    let saved = cast.bench.hub.snapshot(SnapshotSecrets::Kept);
    let loaded = Bench::load(&saved).await.unwrap();
    assert!(loaded.hub.snapshot(SnapshotSecrets::Kept) == saved);
    let made = cast.send("lead", Method::POST, "/organization", json!({"DisplayName": "third"})).await;
    assert_eq!(made.0, 200, "those that were refused do not count: {}", made.1);
}

#[tokio::test]
async fn whatever_a_user_is_called_its_file_is_inside_of_the_snapshot() {
    let cast = Cast::start().await;
    let members =
        format!("/organization/{}/organization_member", text(&cast.get("lead", "/me").await.1["OrganizationID"]));
    let emails =
        ["../../../escaped@example.org", "/etc/x@example.org", "A@example.org", "a@other.org", "..@x", "ä.ö@x", "A@x"];
    let mut slugs = Vec::new();
    for email in emails {
        let (status, joined) = cast.send("lead", Method::POST, &members, json!({"Username": email})).await;
        assert_eq!((status, &joined["Username"]), (200, &json!(email)), "{joined}");
        slugs.push(text(&joined["Slug"]));
    }
    assert_eq!(slugs, ["escaped", "etc-x", "A", "a-at-other-org", "at-x", "at-x-2", "A-at-x"]);
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("one/two/hub");
    let saved = cast.bench.hub.snapshot(SnapshotSecrets::Kept);
    saved.write(&folder).unwrap();
    let beside = |path: &std::path::Path| std::fs::read_dir(path).unwrap().count();
    assert_eq!((beside(above.path()), beside(&above.path().join("one/two"))), (1, 1));
    let read = Snapshot::read(&folder).unwrap();
    let loaded = Bench::load(&read).await.unwrap();
    assert!(read == saved && loaded.hub.snapshot(SnapshotSecrets::Kept) == saved);
    for email in emails {
        assert_eq!(loaded.hub.password(email), cast.bench.hub.password(email), "{email}");
    }
}
