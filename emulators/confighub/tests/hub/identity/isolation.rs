//! Organizations do not see each other.

use reqwest::Method;
use serde_json::json;
use stagegate_confighub::operations;

use crate::cast::Cast;

#[tokio::test]
async fn nothing_of_one_organization_is_there_for_another() {
    let cast = Cast::start().await;
    let before = cast.prod.content(&cast.bench).await;
    for operation in operations() {
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let request = cast.request("stranger", method, &cast.prod.path(operation.path));
        if operation.path.contains("{space_id}") {
            let (status, answer) = cast.bench.send(request.json(&super::operations::body(&cast.prod))).await;
            assert!(matches!(status, 404 | 501), "{}: {status} {answer}", operation.id);
        } else if operation.needs == Some("read") {
            assert_eq!(cast.bench.send(request).await, (200, json!([])), "{}", operation.id);
        }
    }
    assert_eq!(before, cast.prod.content(&cast.bench).await);
}

#[tokio::test]
async fn slugs_users_and_quota_are_each_organizations_own() {
    let cast = Cast::start_with(stagegate_confighub::Quotas::unlimited().with("Space", 3).unwrap()).await;
    let made = cast.send("stranger", Method::POST, "/space", json!({"Slug": "prod"})).await;
    assert_eq!(made.0, 200, "the slug is taken in the other organization only: {}", made.1);
    let users = cast.get("stranger", "/user").await.1;
    let names: Vec<&str> = users.as_array().unwrap().iter().map(|user| user["Username"].as_str().unwrap()).collect();
    assert_eq!(names, ["stranger@example.org", "lead@example.org"]);
    let last = cast.send("lead", Method::POST, "/space", json!({"Slug": "third"})).await;
    assert_eq!(last.0, 200, "spaces of the other organization do not count: {}", last.1);
    let over = cast.send("lead", Method::POST, "/space", json!({"Slug": "fourth"})).await;
    assert_eq!((over.0, &over.1["Message"]), (403, &json!("exceeded maximum quota for entity type Space")));
    let path =
        format!("/space/{}/unit?upstream_unit_id={}", made.1["SpaceID"].as_str().unwrap(), cast.prod.id("unit_id"));
    let body = json!({"Slug": "c", "ToolchainType": "Kubernetes/YAML"});
    let foreign = cast.send("stranger", Method::POST, &path, body).await;
    assert_eq!(foreign.0, 404, "{}", foreign.1);
    assert_eq!(cast.get("stranger", "/space?summary=true").await.1[0]["TotalUnitCount"], 0);
}
