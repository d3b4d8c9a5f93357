//! Clauses over relations into spaces that the caller may not read tell nothing of them.

use serde_json::{Value as Json, json};

use crate::cast::Cast;

/// What a user gets of a list with a clause.
async fn found(cast: &Cast, user: &str, path: &str, clause: &str) -> usize {
    let request = cast.request(user, reqwest::Method::GET, path).query(&[("where", clause)]);
    let (status, items) = cast.bench.send(request).await;
    assert_eq!(status, 200, "{user} {clause}: {items}");
    items.as_array().unwrap().len()
}

#[tokio::test]
async fn attributes_of_what_may_not_be_read_are_as_if_they_were_not_set() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let clone =
        format!("/space/{}/unit?upstream_space_id={}&upstream_unit_id={}", dev.space, prod.space, prod.id("unit_id"));
    cast.bench.created(&clone, json!({"Slug": "clone", "ToolchainType": "Kubernetes/YAML"})).await;
    cast.bench.patch(&prod.path("/space/{space_id}/unit/{unit_id}"), json!({"Labels": {"code": "4711"}})).await;
    let link = json!({"Slug": "to-prod", "FromUnitID": dev.id("unit_id"), "ToUnitID": prod.id("unit_id"), "ToSpaceID": prod.space});
    cast.bench.created(&dev.path("/space/{space_id}/link"), link).await;
    for (path, clause) in [
        ("/unit", "UpstreamUnit.Labels.code = '4711'"),
        ("/unit", "UpstreamUnit.Slug LIKE 'o%'"),
        ("/unit", "UpstreamUnit.HeadRevisionNum >= UpstreamRevisionNum"),
        ("/unit", "UpstreamRevisionNum <= UpstreamUnit.HeadRevisionNum AND Slug = 'clone'"),
        ("/unit", "UpstreamSpace.Slug = 'prod'"),
        ("/unit", "UpstreamSpace.Labels.environment = 'prod'"),
        ("/link", "ToUnit.Slug = 'one' AND Slug = 'to-prod'"),
        ("/link", "ToSpace.Slug ~ '^prod$' AND Slug = 'to-prod'"),
        ("/link", "LEN(ToUnit.Labels) = 1 AND Slug = 'to-prod'"),
    ] {
        // The reader may read all, the guest nothing but dev.
        assert_eq!(found(&cast, "reader", path, clause).await, 1, "{clause}");
        assert_eq!(found(&cast, "guest", path, clause).await, 0, "{clause}");
    }
    // What one sees is not set is what one may not see.
    assert_eq!(found(&cast, "guest", "/unit", "UpstreamUnit.Slug = '' AND Slug = 'clone'").await, 1);
    assert_eq!(found(&cast, "guest", "/unit", "Space.Slug = 'dev' AND Slug = 'clone'").await, 1);
    let by_others = [("where", "UpstreamUnit.Labels.code = '4711'")];
    let request = cast.request("guest", reqwest::Method::PATCH, "/unit").query(&by_others).json(&json!({}));
    assert_eq!(cast.bench.send(request).await, (200, Json::Array(Vec::new())), "nor in bulk operations");
}
