//! Who may have functions run by a worker.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cast::{Cast, Place};

/// Invokes a function that only reads on dev's unit, by a worker, and gives the refusal's status and message.
async fn refusal(cast: &Cast, user: &str, more: &Json, query: &str) -> (Json, String) {
    let mut body = json!({"FunctionInvocations": [{"FunctionName": "get-replicas"}], "UseFunctionWorker": true});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = cast.dev.path(&format!("/space/{{space_id}}/function/invoke?where=Slug = 'one'{query}"));
    let (status, items) = cast.send(user, Method::POST, &path, body).await;
    assert_eq!((status, items.as_array().map(Vec::len)), (207, Some(1)), "{items}");
    let error = &items[0]["Error"];
    (error["Status"].clone(), error["Message"].as_str().unwrap().to_owned())
}

fn by(place: &Place) -> Json {
    json!({"BridgeWorkerID": place.id("bridge_worker_id")})
}

#[tokio::test]
async fn a_worker_of_a_space_that_one_may_not_read_is_not_there() {
    let cast = Cast::start().await;
    for query in ["", "&dry_run=true"] {
        let unknown = format!("BridgeWorkerID: no worker {}", cast.prod.id("bridge_worker_id"));
        assert_eq!(refusal(&cast, "guest", &by(&cast.prod), query).await, (json!(400), unknown));
    }
}

#[tokio::test]
async fn a_worker_runs_functions_for_those_who_may_apply() {
    let cast = Cast::start().await;
    let may_not = |user: &str, space: &str| {
        let what = format!("user {user}@example.org may not InvokeFunctions in space {space}");
        (json!(403), format!("{what}: that needs the permission `apply`"))
    };
    // Reading is enough for the same functions in the hub, but code of the worker's own is no such function.
    assert_eq!(refusal(&cast, "dev", &by(&cast.prod), "").await, may_not("dev", "prod"));
    assert_eq!(refusal(&cast, "reader", &by(&cast.dev), "").await, may_not("reader", "dev"));
    assert_eq!(refusal(&cast, "guest", &by(&cast.dev), "").await, may_not("guest", "dev"));
    // Without a name it is the target's worker, for those who may apply the unit.
    assert_eq!(refusal(&cast, "guest", &json!({}), "&dry_run=true").await, may_not("guest", "dev"));
    let away = (json!(400), "worker one is not connected".to_owned());
    assert_eq!(refusal(&cast, "dev", &by(&cast.dev), "").await, away);
    assert_eq!(refusal(&cast, "dev", &json!({}), "").await, away);
    assert_eq!(refusal(&cast, "lead", &by(&cast.prod), "").await, away);
}
