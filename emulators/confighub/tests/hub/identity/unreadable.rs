//! What is in a space that one may not read is not there, whichever way one asks.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cast::Cast;
use crate::client::{message, text};

/// A unit in dev that was cloned from prod's, whose label nobody outside of prod may know.
async fn cloned_from_prod(cast: &Cast) -> String {
    let unit = cast.prod.path("/space/{space_id}/unit/{unit_id}");
    let labelled = cast.send("lead", Method::PATCH, &unit, json!({"Labels": {"code": "alpha-7"}})).await;
    assert_eq!(labelled.0, 200, "{}", labelled.1);
    let from = format!("upstream_space_id={}&upstream_unit_id={}", cast.prod.space, cast.prod.id("unit_id"));
    let body = json!({"Slug": "clone", "ToolchainType": "Kubernetes/YAML"});
    let clone = cast.bench.created(&format!("/space/{}/unit?{from}", cast.dev.space), body).await;
    let cleared = json!({"Labels": {"code": null}});
    let path = format!("/space/{}/unit/{}", cast.dev.space, text(&clone["UnitID"]));
    assert_eq!(cast.send("lead", Method::PATCH, &path, cleared).await.0, 200);
    text(&clone["UnitID"])
}

async fn selected(cast: &Cast, user: &str, list: &str, clause: &str) -> usize {
    let (status, answer) = cast.bench.send(cast.request(user, Method::GET, list).query(&[("where", clause)])).await;
    assert_eq!(status, 200, "{list} {clause}: {answer}");
    answer.as_array().unwrap().len()
}

#[tokio::test]
async fn clauses_do_not_follow_relations_there() {
    let cast = Cast::start().await;
    let clone = cloned_from_prod(&cast).await;
    let link = json!({"Slug": "to-clone", "FromUnitID": cast.dev.id("unit_id"), "ToUnitID": clone, "ToSpaceID": cast.dev.space});
    cast.bench.created(&cast.dev.path("/space/{space_id}/link"), link).await;
    let link = json!({"Slug": "to-prod", "FromUnitID": cast.dev.id("unit_id"), "ToUnitID": cast.prod.id("unit_id"), "ToSpaceID": cast.prod.space});
    cast.bench.created(&cast.dev.path("/space/{space_id}/link"), link).await;
    for (list, clause) in [
        ("/unit", "UpstreamUnit.Labels.code LIKE 'alpha%'"),
        ("/unit", "UpstreamUnit.Slug LIKE 'o%'"),
        ("/unit", "UpstreamSpace.Slug = 'prod'"),
        ("/unit", "UpstreamSpace.Labels.environment = 'prod'"),
        ("/unit", "UpstreamUnit.HeadRevisionNum > 0"),
        ("/unit", "UpstreamUnit.HeadRevisionNum >= UpstreamRevisionNum"),
        ("/unit", "UpstreamRevisionNum <= UpstreamUnit.HeadRevisionNum AND Slug = 'clone'"),
        ("/unit", "UpstreamUnit.Space.Slug = 'prod'"),
        ("/link", "ToUnit.UpstreamUnit.Labels.code LIKE 'alpha%'"),
        ("/link", "ToUnit.Slug = 'one' AND Slug = 'to-prod'"),
        ("/link", "ToSpace.Slug ~ '^prod$' AND Slug = 'to-prod'"),
        ("/link", "LEN(ToUnit.Labels) = 1 AND Slug = 'to-prod'"),
    ] {
        assert_eq!(selected(&cast, "lead", list, clause).await, 1, "{clause}");
        assert_eq!(selected(&cast, "guest", list, clause).await, 0, "{clause}");
    }
    // What is in spaces that one may read is found by the same words.
    assert_eq!(selected(&cast, "guest", "/link", "ToUnit.Slug = 'clone' AND ToUnit.Space.Slug = 'dev'").await, 1);
    assert_eq!(selected(&cast, "reader", "/unit", "UpstreamUnit.Labels.code LIKE 'alpha%'").await, 1);
    // What may not be read is as if it were not set.
    assert_eq!(selected(&cast, "guest", "/unit", "UpstreamUnit.Slug = '' AND Slug = 'clone'").await, 1);
}

#[tokio::test]
async fn bulk_operations_and_stored_filters_do_not_follow_relations_there() {
    let cast = Cast::start().await;
    cloned_from_prod(&cast).await;
    let clause = "UpstreamUnit.Labels.code LIKE 'alpha%'";
    let patch = |user: &str, name: &str, value: &str| {
        let request = cast.request(user, Method::PATCH, "/unit").query(&[(name, value)]);
        request.json(&json!({"Annotations": {"told": "yes"}}))
    };
    assert_eq!(cast.bench.send(patch("guest", "where", clause)).await, (200, json!([])));
    let filter = json!({"Slug": "spy", "From": "Unit", "Where": clause});
    let filter = cast.send("guest", Method::POST, &cast.dev.path("/space/{space_id}/filter"), filter).await.1;
    let id = text(&filter["FilterID"]);
    assert_eq!(cast.bench.send(patch("guest", "filter", &id)).await, (200, json!([])));
    let (_, changed) = cast.bench.send(patch("lead", "filter", &id)).await;
    assert_eq!(changed.as_array().unwrap().len(), 1, "{changed}");
}

/// What a space's clause selects shows in the gates of its units, so it would be asked in the hub's name.
#[tokio::test]
async fn triggers_of_all_spaces_are_selected_by_those_who_may_read_all() {
    let cast = Cast::start().await;
    let dev = cast.dev.path("/space/{space_id}");
    let clause = json!({"WhereTrigger": "Space.Labels.environment = 'prod'"});
    let refused = cast.send("guest", Method::PATCH, &dev, clause.clone()).await;
    let why = "user guest@example.org may not PatchSpace with WhereTrigger, which is about all spaces: \
               that needs the permission `read`";
    assert_eq!((refused.0, message(&refused).as_str()), (403, why));
    let made = cast.send("guest", Method::POST, "/space", json!({"Slug": "dex", "WhereTrigger": "Slug = 'one'"})).await;
    assert_eq!(made.0, 403, "{}", made.1);
    assert_eq!(cast.send("dev", Method::PATCH, &dev, clause).await.0, 200);
    let labelled = cast.send("guest", Method::PATCH, &dev, json!({"Annotations": {"kept": "yes"}})).await;
    assert_eq!(labelled.0, 200, "what is there already stays: {}", labelled.1);
}

#[tokio::test]
async fn a_space_that_is_there_is_not_shown_to_whoever_would_make_it() {
    let cast = Cast::start().await;
    let refused = cast.send("guest", Method::POST, "/space?allow_exists=true", json!({"Slug": "prod"})).await;
    assert_eq!(refused.0, 403, "{}", refused.1);
    let own = cast.send("guest", Method::POST, "/space?allow_exists=true", json!({"Slug": "dev"})).await;
    assert_eq!((own.0, &own.1["SpaceID"]), (200, &json!(cast.dev.space)));
}

#[tokio::test]
async fn links_from_there_are_not_among_those_of_a_unit() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let link = json!({"Slug": "secret-link", "FromUnitID": prod.id("unit_id"), "ToUnitID": dev.id("unit_id"), "ToSpaceID": dev.space});
    cast.bench.created(&prod.path("/space/{space_id}/link"), link).await;
    let extended = dev.path("/space/{space_id}/unit/{unit_id}/extended");
    let links = |answer: &Json| answer["ToLinks"].as_array().unwrap().len();
    assert_eq!(links(&cast.get("lead", &extended).await.1), 1);
    let (status, seen) = cast.get("guest", &extended).await;
    assert_eq!((status, links(&seen), seen["FromLinks"].as_array().unwrap().len()), (200, 0, 1));
    assert!(!seen.to_string().contains("secret-link") && !seen.to_string().contains(&prod.space), "{seen}");
}

#[tokio::test]
async fn what_is_named_by_id_is_not_taken_from_there() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let tag = cast.bench.created(&prod.path("/space/{space_id}/tag"), json!({"Slug": "secret-tag"})).await;
    let tag = text(&tag["TagID"]);
    let all = [("where", "Slug = 'one'")];
    let bulk = cast.request("guest", Method::POST, "/unit/tag").query(&all).json(&json!({"TagID": tag}));
    let (status, refused) = cast.bench.send(bulk).await;
    assert_eq!((status, message(&(status, refused))), (404, format!("Tag {tag} not found")));
    let unit = dev.path("/space/{space_id}/unit/{unit_id}");
    let patched = cast.send("guest", Method::PATCH, &format!("{unit}?tag={tag}"), json!({})).await;
    assert_eq!((patched.0, message(&patched)), (400, format!("tag: no tag {tag}")));

    let filter = json!({"Slug": "secret-filter", "From": "Mutation", "Where": "MutationNum > 0"});
    let filter = cast.bench.created(&prod.path("/space/{space_id}/filter"), filter).await;
    let filter = text(&filter["FilterID"]);
    let merge = format!("{unit}?merge_source=Self&merge_base=1&merge_end=1&filter_mutation={filter}");
    let merged = cast.send("guest", Method::PATCH, &merge, json!({})).await;
    let unknown = format!("filter_mutation: no filter {filter} for entities of type Mutation");
    assert_eq!((merged.0, message(&merged)), (400, unknown));
    assert_eq!(cast.send("lead", Method::PATCH, &merge, json!({})).await.0, 200);

    for (kind, id) in [("Tag", tag.as_str()), ("ChangeSet", prod.id("change_set_id"))] {
        let restored = cast.send("guest", Method::PATCH, &format!("{unit}?restore={kind}:{id}"), json!({})).await;
        assert_eq!((restored.0, message(&restored)), (400, format!("restore: no revision {kind}:{id}")));
    }
    let set = prod.id("change_set_id");
    let data = json!({"Data": crate::client::base64("kind: Namespace\n")});
    let locked = cast.send("guest", Method::PATCH, &format!("{unit}?change_set_id={set}"), data).await;
    assert_eq!((locked.0, message(&locked)), (400, format!("change_set_id: unit one is not in change set {set}")));
}

#[tokio::test]
async fn what_is_new_there_is_not_counted() {
    let cast = Cast::start().await;
    cloned_from_prod(&cast).await;
    let unit = cast.prod.path("/space/{space_id}/unit/{unit_id}");
    let data = json!({"Data": crate::client::base64(&crate::cast::DEPLOYMENT.replace("replicas: 1", "replicas: 4"))});
    assert_eq!(cast.send("lead", Method::PATCH, &unit, data).await.0, 200);
    let count = async |user: &str| {
        let space = cast.get(user, &cast.dev.path("/space/{space_id}?summary=true")).await.1;
        space["UpgradableUnitCount"].clone()
    };
    assert_eq!((count("lead").await, count("guest").await), (json!(1), json!(0)));
}
