//! A deployer of dev cannot touch prod.

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_confighub::operations;

use super::operations::aimed;
use crate::cast::Cast;
use crate::client::{base64, message};

#[tokio::test]
async fn no_operation_changes_prod() {
    let cast = Cast::start().await;
    let before = cast.prod.content(&cast.bench).await;
    for operation in operations() {
        if !matches!(operation.needs.unwrap(), "write" | "apply" | "admin" | "invoke") {
            continue;
        }
        let (status, answer) = cast.bench.send(aimed(&cast, "dev", &operation, &cast.prod)).await;
        if operation.path.contains("{space_id}") {
            assert_eq!(status, 403, "{}: {answer}", operation.id);
        } else {
            // What one may read is there, and is refused one by one; nothing is left out in silence.
            let refused = |item: &Json| item["Error"]["Status"] == 403;
            let each = answer.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(refused));
            let as_a_whole = matches!(status, 400 | 403 | 501);
            assert!(
                (status == 207 && each) || as_a_whole || operation.id == "CreateSpace",
                "{}: {status} {answer}",
                operation.id
            );
        }
    }
    assert_eq!(before, cast.prod.content(&cast.bench).await);
}

#[tokio::test]
async fn dev_can_be_deployed_to_and_refusals_say_who_what_and_where() {
    let cast = Cast::start().await;
    let apply = "/space/{space_id}/unit/{unit_id}/apply";
    let done = cast.send("dev", Method::POST, &cast.dev.path(apply), Json::Null).await;
    assert_eq!(done.0, 200, "{}", done.1);
    let refused = cast.send("dev", Method::POST, &cast.prod.path(apply), Json::Null).await;
    assert_eq!(
        (refused.0, message(&refused).as_str()),
        (403, "user dev@example.org may not ApplyUnit in space prod: that needs the permission `apply`")
    );
    let unit = json!({"Slug": "new", "ToolchainType": "Kubernetes/YAML", "Data": base64("kind: Namespace\n")});
    let created = cast.send("dev", Method::POST, &cast.dev.path("/space/{space_id}/unit"), unit).await;
    assert_eq!(created.0, 200, "{}", created.1);
}

/// A request that would lead around the border, and what of it is refused.
#[tokio::test]
async fn ways_around_are_closed() {
    let cast = Cast::start().await;
    let before = cast.prod.content(&cast.bench).await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let dev_unit = dev.path("/space/{space_id}/unit/{unit_id}");
    let forged = |labels: Json| json!({"Labels": labels});
    for (what, method, path, body) in [
        (
            "a prod space of one's own",
            Method::POST,
            "/space".to_owned(),
            json!({"Slug": "p2", "Labels": {"environment": "prod"}}),
        ),
        ("prod called dev", Method::PATCH, prod.path("/space/{space_id}"), forged(json!({"environment": "dev"}))),
        ("dev called prod", Method::PATCH, dev.path("/space/{space_id}"), forged(json!({"environment": "prod"}))),
        ("a dev unit on prod's target", Method::PATCH, dev_unit.clone(), json!({"TargetID": prod.id("target_id")})),
        (
            "a dev target on prod's worker",
            Method::PATCH,
            dev.path("/space/{space_id}/target/{target_id}"),
            json!({"BridgeWorkerID": prod.id("bridge_worker_id")}),
        ),
        (
            "a prod unit that needs a dev one",
            Method::POST,
            prod.path("/space/{space_id}/link"),
            json!({"Slug": "l", "FromUnitID": prod.id("unit_id"), "ToUnitID": dev.id("unit_id"), "ToSpaceID": dev.space}),
        ),
        (
            "a clone into prod",
            Method::POST,
            prod.path(&format!(
                "/space/{{space_id}}/unit?upstream_space_id={}&upstream_unit_id={}",
                dev.space,
                dev.id("unit_id")
            )),
            json!({"Slug": "clone"}),
        ),
    ] {
        let refused = cast.send("dev", method, &path, body).await;
        assert_eq!(refused.0, 403, "{what}: {}", refused.1);
    }
    assert_eq!(before, cast.prod.content(&cast.bench).await);

    let clone =
        format!("/space/{}/unit?upstream_space_id={}&upstream_unit_id={}", dev.space, prod.space, prod.id("unit_id"));
    let cloned =
        cast.send("dev", Method::POST, &clone, json!({"Slug": "from-prod", "ToolchainType": "Kubernetes/YAML"})).await;
    assert_eq!(cloned.0, 200, "what may be read may be cloned to where one may write: {}", cloned.1);
    let link = json!({"Slug": "to-prod", "FromUnitID": dev.id("unit_id"), "ToUnitID": prod.id("unit_id"), "ToSpaceID": prod.space});
    let linked = cast.send("dev", Method::POST, &dev.path("/space/{space_id}/link"), link).await;
    assert_eq!(linked.0, 200, "a link from dev reads prod and changes nothing there: {}", linked.1);
}

#[tokio::test]
async fn a_bulk_operation_over_both_does_dev_and_tells_what_of_prod_was_refused() {
    let cast = Cast::start().await;
    let before = cast.prod.content(&cast.bench).await;
    let described = |items: &Json| -> Vec<String> {
        let item = |item: &Json| match item["Error"]["Message"].as_str() {
            Some(message) => message.to_owned(),
            None => "done".to_owned(),
        };
        items.as_array().unwrap().iter().map(item).collect()
    };
    let all = [("where", "Slug = 'one'")];
    let patch = cast.request("dev", Method::PATCH, "/unit").query(&all).json(&json!({"Labels": {"tier": "web"}}));
    let (status, answer) = cast.bench.send(patch).await;
    assert_eq!(status, 207);
    let refusal = |what: &str| format!("user dev@example.org may not {what} in space prod: that needs the permission");
    assert_eq!(described(&answer), ["done", &format!("one: {} `write`", refusal("BulkPatchUnits"))]);
    let apply = cast.request("dev", Method::POST, "/unit/apply").query(&all);
    let (status, answer) = cast.bench.send(apply).await;
    assert_eq!(
        (status, described(&answer)[1].as_str()),
        (207, format!("one: {} `apply`", refusal("BulkApplyUnits")).as_str())
    );
    let body = json!({"FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 7}]}]});
    let invoke = cast.request("dev", Method::POST, "/function/invoke").query(&all).json(&body);
    let (status, answer) = cast.bench.send(invoke).await;
    assert_eq!(status, 207);
    assert_eq!(described(&answer), ["done", &format!("{} `write`", refusal("InvokeFunctionsOnOrg"))]);
    assert_eq!(before, cast.prod.content(&cast.bench).await);
}

#[tokio::test]
async fn an_upgrade_pushed_from_dev_stops_at_prod() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    for (space, slug) in [(&dev.space, "near"), (&prod.space, "far")] {
        let path =
            format!("/space/{space}/unit?upstream_space_id={}&upstream_unit_id={}", dev.space, dev.id("unit_id"));
        cast.bench.created(&path, json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML"})).await;
    }
    let data = base64(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: default\nspec:\n  replicas: 2\n",
    );
    let changed =
        cast.send("dev", Method::PATCH, &dev.path("/space/{space_id}/unit/{unit_id}"), json!({"Data": data})).await;
    assert_eq!(changed.0, 200, "{}", changed.1);
    let before = cast.prod.content(&cast.bench).await;
    let clause = format!(
        "Unit.UpstreamUnitID = '{}' AND Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum",
        dev.id("unit_id")
    );
    let push = cast
        .request("dev", Method::PATCH, "/unit")
        .query(&[("where", clause.as_str()), ("upgrade", "true")])
        .body("null");
    let (status, items) = cast.bench.send(push).await;
    assert_eq!((status, items.as_array().unwrap().len()), (207, 2), "{items}");
    assert_eq!(items[0]["Unit"]["UpstreamRevisionNum"], 2);
    assert_eq!(items[1]["Error"]["Status"], 403);
    assert_eq!(before, cast.prod.content(&cast.bench).await);
}

#[tokio::test]
async fn a_unit_that_prod_links_to_stays() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let link = json!({"Slug": "needs-dev", "FromUnitID": prod.id("unit_id"), "ToUnitID": dev.id("unit_id"), "ToSpaceID": dev.space});
    cast.bench.created(&prod.path("/space/{space_id}/link"), link).await;
    let before = [dev.content(&cast.bench).await, prod.content(&cast.bench).await];
    let refused = cast.send("dev", Method::DELETE, &dev.path("/space/{space_id}/unit/{unit_id}"), Json::Null).await;
    assert_eq!(refused.0, 403, "{}", refused.1);
    let refused = cast.send("dev", Method::DELETE, &dev.path("/space/{space_id}?recursive=true"), Json::Null).await;
    assert_eq!(refused.0, 403, "{}", refused.1);
    assert_eq!(before, [dev.content(&cast.bench).await, prod.content(&cast.bench).await]);
}

#[tokio::test]
async fn what_one_may_not_read_is_not_there() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    assert_eq!(cast.slugs("guest", "/space", "Space").await, ["dev"]);
    assert_eq!(cast.slugs("guest", "/unit?include=SpaceID", "Space").await, ["dev", "dev"]);
    assert_eq!(cast.slugs("guest", "/bridge_worker", "BridgeWorker").await, ["one"]);
    let hidden = cast.get("guest", &prod.path("/space/{space_id}/unit/{unit_id}")).await;
    assert_eq!((hidden.0, message(&hidden)), (404, format!("Space {} not found", prod.space)));
    let missing = cast.get("lead", "/space/6f0d5d0e-0000-4000-8000-000000000000").await;
    assert_eq!(
        (missing.0, message(&missing)),
        (404, "Space 6f0d5d0e-0000-4000-8000-000000000000 not found".to_owned())
    );
    let clone = format!("/space/{}/unit?upstream_unit_id={}", dev.space, prod.id("unit_id"));
    let refused =
        cast.send("guest", Method::POST, &clone, json!({"Slug": "c", "ToolchainType": "Kubernetes/YAML"})).await;
    assert_eq!(refused.0, 404, "{}", refused.1);
    let link =
        json!({"Slug": "l", "FromUnitID": dev.id("unit_id"), "ToUnitID": prod.id("unit_id"), "ToSpaceID": prod.space});
    let refused = cast.send("guest", Method::POST, &dev.path("/space/{space_id}/link"), link).await;
    assert_eq!(refused.0, 400, "{}", refused.1);
    let apply = cast.send("guest", Method::POST, &dev.path("/space/{space_id}/unit/{unit_id}/apply"), Json::Null).await;
    assert_eq!(apply.0, 403, "writing is not applying: {}", apply.1);
}
