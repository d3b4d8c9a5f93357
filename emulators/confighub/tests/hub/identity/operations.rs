//! Every operation asks for something, and those who may only read can do none of the others.

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_confighub::{OperationAccess, operations};

use crate::cast::{Cast, Place};
use crate::client::{base64, message};

#[test]
fn every_operation_says_what_it_asks_for() {
    let silent: Vec<&str> = operations().filter(|one| one.needs.is_none()).map(|one| one.id).collect();
    assert!(silent.is_empty(), "say in identity/access.rs what these ask for: {silent:?}");
    let reading = |one: &OperationAccess| matches!(one.needs, Some("read" | "public" | "user" | "worker"));
    let unsafe_reads: Vec<&str> = operations()
        .filter(|one| one.method != "GET" && reading(one) && one.needs != Some("worker"))
        .map(|one| one.id)
        .collect();
    assert_eq!(unsafe_reads, ["CreateOrganization"], "only a new organization of one's own needs nothing");
}

/// A body that every operation can read.
pub(crate) fn body(place: &Place) -> Json {
    json!({
        "Slug": "forged", "DisplayName": "forged", "Labels": {"forged": "yes"}, "Version": 1,
        "ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes", "Event": "Mutation",
        "FunctionName": "no-placeholders", "Disabled": true, "From": "Unit", "FilterID": place.id("filter_id"),
        "BridgeWorkerID": place.id("bridge_worker_id"), "FromUnitID": place.id("unit_id"),
        "ToUnitID": place.id("other_unit_id"), "TagID": place.id("tag_id"), "Username": "forged@example.org",
        "Data": base64(&crate::cast::DEPLOYMENT.replace("replicas: 1", "replicas: 3")), "TargetID": place.id("target_id"), "LastChangeDescription": "forged",
        "FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 7}]}],
    })
}

/// The request of an operation at a place; for one without a space in its path, on all that is in it.
pub(super) fn aimed(cast: &Cast, user: &str, operation: &OperationAccess, place: &Place) -> reqwest::RequestBuilder {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let mut body = body(place);
    if operation.id.starts_with("Invoke") {
        body = json!({"FunctionInvocations": body["FunctionInvocations"]});
    }
    let request = cast.request(user, method, &place.path(operation.path));
    if operation.path.contains("{space_id}") {
        return request.json(&body);
    }
    let clause = format!("SpaceID = '{}'", place.space);
    let to = format!("Slug = '{}'", if place.space == cast.prod.space { "prod" } else { "dev" });
    request.query(&selecting(operation.id, &clause, &to)).json(&body)
}

/// The query with which an operation of a whole organization is about what a clause selects; clones and
/// links go to the spaces of `to`.
pub(crate) fn selecting(id: &str, clause: &str, to: &str) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    let mut add = |name: &'static str, value: &str| query.push((name, value.to_owned()));
    match id {
        "BulkCreateLinks" => {
            add("where_space", clause);
            add("where_from", "Slug = 'one'");
            add("where_to", "Slug = 'other'");
        }
        "BulkCreateSpaces" => {
            add("where", clause);
            add("name_prefixes", "copy-");
        }
        "BulkDeleteSpaces" => {
            add("where", clause);
            add("recursive", "true");
        }
        _ if id.starts_with("BulkCreate") => {
            add("where", clause);
            add("where_space", to);
        }
        _ if id.starts_with("Bulk") || id == "InvokeFunctionsOnOrg" => add("where", clause),
        _ => {}
    }
    query
}

#[tokio::test]
async fn whoever_may_only_read_is_refused_everything_else() {
    let cast = Cast::start().await;
    let before = [cast.dev.content(&cast.bench).await, cast.prod.content(&cast.bench).await];
    for operation in operations() {
        let expected = match operation.needs.unwrap() {
            "write" | "apply" | "admin" | "invoke" => 403,
            "worker" => 401,
            _ => continue,
        };
        let answer = cast.bench.send(aimed(&cast, "reader", &operation, &cast.prod)).await;
        assert_eq!(answer.0, expected, "{}: {}", operation.id, answer.1);
        if expected == 403 {
            let text = message(&answer);
            assert!(text.starts_with("user reader@example.org may not"), "{text}");
            assert!(text.contains(operation.id), "{text}");
        }
    }
    assert_eq!(before, [cast.dev.content(&cast.bench).await, cast.prod.content(&cast.bench).await]);
}

#[tokio::test]
async fn whoever_may_only_read_can_read_all_and_run_what_only_reads() {
    let cast = Cast::start().await;
    for operation in operations().filter(|one| one.needs == Some("read")) {
        let answer = cast.bench.send(cast.request("reader", Method::GET, &cast.prod.path(operation.path))).await;
        assert!(!matches!(answer.0, 401 | 403), "{}: {}", operation.id, answer.1);
    }
    let reading = json!({"FunctionInvocations": [{"FunctionName": "get-replicas", "Arguments": []}]});
    let path = cast.prod.path("/space/{space_id}/function/invoke?unit_id={unit_id}");
    let path = path.replace("{unit_id}", cast.prod.id("unit_id"));
    let (status, answer) = cast.send("reader", Method::POST, &path, reading).await;
    assert_eq!((status, &answer[0]["Success"]), (200, &json!(true)), "{answer}");
    let writing = json!({"FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 7}]}]});
    let tried = cast.send("reader", Method::POST, &format!("{path}&dry_run=true"), writing).await;
    assert_eq!(tried.0, 200, "{}", tried.1);
}
