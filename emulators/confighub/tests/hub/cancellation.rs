//! Operations that are given up: by a user, or because what they were about is gone.

use serde_json::{Value as Json, json};

use crate::client::{base64, message, text};
use crate::stage::Stage;

async fn cancel(stage: &Stage) -> (u16, Json) {
    stage.bench.post("/unit/cancel?where=Slug%20=%20'u'", Json::Null).await
}

#[tokio::test]
async fn a_user_gives_up_what_is_not_done() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    let waiting = stage.queue("destroy").await;
    let (status, items) = cancel(&stage).await;
    assert_eq!(status, 200);
    assert_eq!(items[0]["Action"]["QueuedOperationID"], waiting["QueuedOperationID"]);
    assert_eq!(items[0]["Action"]["Status"], "Canceled");
    assert_eq!(stage.states().await, ["Apply Canceled", "Destroy Canceled"]);
    let told = stage.stream.next().await.unwrap();
    assert_eq!(told["Data"]["Action"], "Cancel");
    assert_eq!(told["Data"]["Payload"]["QueuedOperationID"], event["Data"]["Payload"]["QueuedOperationID"]);
    assert_eq!(stage.messages(&waiting).await, ["", "Operation cancelled by user request"]);
    assert_eq!(stage.latest().await, (json!("Canceled"), json!("Canceled")));

    let (status, items) = cancel(&stage).await;
    assert_eq!((status, &items[0]["Error"]["Message"]), (207, &json!("u: unit u has no operation to cancel")));
    stage.act("apply").await;
}

/// The worker of August 2025 does not know how to cancel: it goes on, and the cluster has the result.
#[tokio::test]
async fn what_completes_all_the_same_is_live() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    cancel(&stage).await;
    stage.report(&event, "Progressing", "None", json!({"Message": "Applying resources..."})).await;
    stage.report(&event, "Completed", "ApplyCompleted", json!({"LiveState": base64("live")})).await;
    assert_eq!(stage.states().await, ["Apply Canceled"]);
    assert_eq!(stage.live().await, (1, 1, base64("live")));
}

/// The worker of late 2025 reports what it gave up itself, or gave up for a newer operation.
#[tokio::test]
async fn a_worker_gives_up_an_operation_for_a_newer_one() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    let second = stage.act("apply").await;
    let why =
        format!("Operation overridden by newer operation {}", text(&second["Data"]["Payload"]["QueuedOperationID"]));
    stage.report(&first, "Aborted", "None", json!({"Message": why, "TerminatedAt": "2025-10-05T09:00:01Z"})).await;
    stage.report(&first, "Progressing", "None", json!({"Message": "too late"})).await;
    stage.report(&second, "Canceled", "None", json!({"Message": "Operation cancelled by user request"})).await;
    assert_eq!(stage.states().await, ["Apply Aborted", "Apply Canceled"]);
    assert_eq!(stage.latest().await, (json!("Canceled"), json!("Canceled")));
}

#[tokio::test]
async fn a_deleted_target_takes_its_open_operations_along() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    let (_, targets) = stage.bench.get("/target").await;
    let target = &targets[0]["Target"];
    let path = format!("/space/{}/target/{}", text(&target["SpaceID"]), text(&target["TargetID"]));
    assert_eq!(stage.bench.delete(&path).await.0, 200);
    assert_eq!(stage.states().await, ["Apply Canceled"]);
    assert_eq!(stage.messages(&event["Data"]["Payload"]).await, ["", "target k8s-w1 was deleted"]);
}

#[tokio::test]
async fn a_deleted_worker_takes_its_open_operations_along() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    let space = stage.unit.split('/').nth(2).unwrap();
    let path = format!("/space/{space}/bridge_worker/{}", stage.worker.id);
    assert_eq!(stage.bench.delete(&path).await.0, 200);
    assert_eq!(stage.stream.next().await, None);
    assert_eq!(stage.messages(&event["Data"]["Payload"]).await, ["", "bridge worker w1 was deleted"]);
    let answer = stage.worker.report(&stage.bench, &event, "Completed", "ApplyCompleted", json!({})).await;
    assert_eq!(answer.0, 401);
}

#[tokio::test]
async fn a_deleted_unit_is_unknown_to_late_reports() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    assert_eq!(stage.bench.delete(&stage.unit).await.0, 200);
    let answer = stage.worker.report(&stage.bench, &event, "Completed", "ApplyCompleted", json!({})).await;
    let id = text(&event["Data"]["Payload"]["QueuedOperationID"]);
    assert_eq!((answer.0, message(&answer)), (404, format!("queued operation {id} not found")));
}
