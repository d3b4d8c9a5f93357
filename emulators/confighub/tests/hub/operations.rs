//! Apply, destroy and refresh as a state machine.

use serde_json::{Value as Json, json};
use stagegate_simulation::Actor;

use crate::client::{base64, message, text};
use crate::stage::Stage;

#[tokio::test]
async fn an_apply_runs_through_its_states() {
    let mut stage = Stage::set().await;
    let request =
        stage.bench.request(reqwest::Method::POST, &format!("{}/apply", stage.unit)).header("stagegate-command", "9");
    let (_, operation) = stage.bench.send(request).await;
    assert_eq!((&operation["Action"], &operation["RevisionNum"]), (&json!("Apply"), &json!(1)));
    let event = stage.stream.next().await.unwrap();
    let payload = &event["Data"]["Payload"];
    assert_eq!((&payload["Data"], &payload["LiveState"]), (&json!(base64("a: 1\n")), &Json::Null));
    assert_eq!(payload["TargetParams"], json!(base64("{\"WaitTimeout\":\"2m0s\"}")));
    assert_eq!(stage.latest().await, (json!("Pending"), json!("Pending")));
    stage.report(&event, "Progressing", "None", json!({"Message": "Starting to apply resources..."})).await;
    assert_eq!(stage.latest().await, (json!("Progressing"), json!("Progressing")));
    let done = json!({"Message": "Applied 1 resources successfully", "TerminatedAt": "2025-10-05T09:00:05Z", "LiveState": base64("live: 1")});
    stage.report(&event, "Completed", "ApplyCompleted", done.clone()).await;
    assert_eq!(stage.live().await, (1, 1, base64("live: 1")));
    assert_eq!(stage.latest().await, (json!("Completed"), json!("Ready")));
    let clause = format!("QueuedOperationID='{}'", text(&operation["QueuedOperationID"]));
    let (_, events) = stage.bench.list(&format!("{}/unit_event", stage.unit), &clause).await;
    let statuses: Vec<&Json> = events.as_array().unwrap().iter().map(|event| &event["Status"]).collect();
    assert_eq!(json!(statuses), json!(["Pending", "Progressing", "Completed"]));

    let operation_id = text(&operation["QueuedOperationID"]);
    let changes = stage.bench.recorder.changes.lock().unwrap().clone();
    let last = changes.last().unwrap();
    assert_eq!(last.summary, "Apply Completed, live revision 1");
    assert_eq!(last.origin.actor, Actor::Worker { operation: Some(operation_id) });
    assert_eq!(last.origin.command, Some(9), "the command that queued the operation");
    drop(changes);
    stage.bench.changes();
    stage.report(&event, "Completed", "ApplyCompleted", done).await;
    assert!(stage.bench.changes().is_empty(), "a repeated result changes nothing");
}

#[tokio::test]
async fn what_a_worker_has_applied_is_told_once_with_its_command() {
    let mut stage = Stage::set().await;
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
    stage
        .revise(&format!("{service}---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: key\n  namespace: shop\n"))
        .await;
    let failed = stage.act("apply").await;
    stage.report(&failed, "Failed", "ApplyFailed", json!({"Message": "no such namespace"})).await;
    assert!(stage.bench.recorder.applied.lock().unwrap().is_empty());

    let request =
        stage.bench.request(reqwest::Method::POST, &format!("{}/apply", stage.unit)).header("stagegate-command", "9");
    let (_, operation) = stage.bench.send(request).await;
    let event = stage.stream.next().await.unwrap();
    stage.waits(&event).await;
    stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    let applied = stage.bench.recorder.applied.lock().unwrap().clone();
    let objects: Vec<_> = applied.iter().map(|one| (&*one.object.kind, &*one.object.namespace)).collect();
    assert_eq!(objects, [("Service", ""), ("Secret", "shop")]);
    let worker = Actor::Worker { operation: Some(text(&operation["QueuedOperationID"])) };
    assert!(applied.iter().all(|one| one.origin.command == Some(9) && one.origin.actor == worker), "{applied:?}");

    let told = |stage: &Stage| std::mem::take(&mut *stage.bench.recorder.applied.lock().unwrap()).len();
    told(&stage);
    let in_vain = stage.act("apply").await;
    stage.report(&in_vain, "Failed", "ApplyWaitFailed", json!({})).await;
    assert_eq!(told(&stage), 2, "they are written although they do not become ready");
    let late = stage.act("apply").await;
    stage.report(&late, "Failed", "ApplyFailed", json!({})).await;
    assert_eq!(told(&stage), 0);
    stage.report(&late, "Completed", "ApplyCompleted", json!({})).await;
    assert_eq!(told(&stage), 2);
}

#[tokio::test]
async fn completed_after_failed_counts() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    stage.report(&event, "Failed", "ApplyWaitFailed", json!({"Message": "timeout waiting"})).await;
    assert_eq!(stage.latest().await, (json!("Failed"), json!("Failed")));
    assert_eq!(stage.live().await.0, 0);
    stage.report(&event, "Progressing", "None", json!({"Message": "Waiting for the applied resources..."})).await;
    stage.report(&event, "Completed", "ApplyCompleted", json!({"LiveState": base64("live")})).await;
    assert_eq!(stage.live().await, (1, 1, base64("live")));
    assert_eq!(stage.latest().await, (json!("Completed"), json!("Ready")));
}

#[tokio::test]
async fn a_failed_report_after_the_completion_is_too_late() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    stage.report(&event, "Failed", "ApplyWaitFailed", json!({})).await;
    assert_eq!(stage.latest().await, (json!("Completed"), json!("Ready")));
}

#[tokio::test]
async fn results_of_older_operations_do_not_overwrite_newer_ones() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    stage.revise("a: 2\n").await;
    let second = stage.act("apply").await;
    stage.report(&second, "Completed", "ApplyCompleted", json!({"LiveState": base64("two")})).await;
    stage.report(&first, "Completed", "ApplyCompleted", json!({"LiveState": base64("one")})).await;
    assert_eq!(stage.live().await, (2, 2, base64("two")));

    let apply = stage.act("apply").await;
    stage.waits(&apply).await;
    let destroy = stage.act("destroy").await;
    stage.report(&destroy, "Completed", "DestroyCompleted", json!({})).await;
    stage.report(&apply, "Failed", "ApplyWaitFailed", json!({})).await;
    assert_eq!(stage.latest().await, (json!("Completed"), json!("NoLive")));
    assert_eq!(stage.live().await, (0, 2, String::new()));
}

#[tokio::test]
async fn results_in_order_both_count() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    stage.revise("a: 2\n").await;
    let second = stage.act("apply").await;
    stage.report(&first, "Completed", "ApplyCompleted", json!({"LiveState": base64("one")})).await;
    assert_eq!(stage.live().await, (1, 2, base64("one")));
    assert_eq!(stage.latest().await.0, "Pending", "the second one is still to come");
    stage.report(&second, "Completed", "ApplyCompleted", json!({"LiveState": base64("two")})).await;
    assert_eq!(stage.live().await, (2, 2, base64("two")));
}

#[tokio::test]
async fn a_refresh_that_found_drift_makes_a_revision() {
    let mut stage = Stage::set().await;
    let apply = stage.act("apply").await;
    stage.report(&apply, "Completed", "ApplyCompleted", json!({"LiveState": base64("live: 1")})).await;
    let same = stage.act("refresh").await;
    assert_eq!(same["Data"]["Payload"]["LiveState"], json!(base64("live: 1")));
    stage.report(&same, "Completed", "RefreshAndNoDrift", json!({})).await;
    assert_eq!(stage.live().await, (1, 1, base64("live: 1")));
    let drifted = stage.act("refresh").await;
    stage.bench.changes();
    let found = json!({"Data": base64("a: 5\n"), "LiveState": base64("live: 5")});
    stage.report(&drifted, "Completed", "RefreshAndDrifted", found).await;
    assert_eq!(stage.live().await, (2, 1, base64("live: 5")));
    assert_eq!(
        stage.bench.changes().last().unwrap(),
        "Updated Unit p/u: Refresh Completed, RefreshAndDrifted, data changed, revision 2"
    );
}

#[tokio::test]
async fn operations_that_cannot_be_carried_out_are_refused() {
    let stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap();
    let without = stage.bench.unit(space, "v", "").await;
    let refused = stage.bench.post(&format!("{without}/apply"), Json::Null).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "cannot apply unit v: it has no target"));
    let refused = stage.bench.post(&format!("{}/apply?revision=7", stage.unit), Json::Null).await;
    assert_eq!(message(&refused), "cannot apply unit u: it has no revision 7");
    let (status, items) = stage.bench.post("/unit/apply?where=Slug%20IN%20('u','v')", Json::Null).await;
    assert_eq!(status, 207);
    assert_eq!(items[0]["Action"]["Action"], "Apply");
    assert_eq!(items[1]["Error"]["Message"], "v: cannot apply unit v: it has no target");
}

#[tokio::test]
async fn strange_results_are_refused_and_change_nothing() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    stage.bench.changes();
    let mut unknown = event.clone();
    unknown["Data"]["Payload"]["QueuedOperationID"] = json!("6f0d5d0e-0000-4000-8000-000000000000");
    let answer = stage.worker.report(&stage.bench, &unknown, "Completed", "ApplyCompleted", json!({})).await;
    assert_eq!(answer.0, 404);
    let answer = stage.worker.report(&stage.bench, &event, "Completed", "Splendid", json!({})).await;
    assert_eq!((answer.0, message(&answer).as_str()), (400, "Result: unknown `Splendid`"));
    let answer = stage.worker.report(&stage.bench, &event, "Perhaps", "None", json!({})).await;
    assert_eq!(answer.0, 400);
    let answer =
        stage.worker.report(&stage.bench, &event, "Completed", "ApplyCompleted", json!({"LiveState": "%%"})).await;
    assert_eq!(answer.0, 400);
    let nil = json!({"QueuedOperationID": "00000000-0000-0000-0000-000000000000", "Action": "apply", "Status": "None", "Result": "None", "Message": "unknown operation name: apply"});
    assert_eq!(stage.worker.post_result(&stage.bench, &nil).await.0, 200);
    assert!(stage.bench.changes().is_empty());
}

#[tokio::test]
async fn approvals_are_of_the_head_revision_only() {
    let stage = Stage::set().await;
    let (status, answer) = stage.bench.post(&format!("{}/approve", stage.unit), Json::Null).await;
    assert_eq!((status, answer), (200, json!("revision 1 of unit u approved")));
    let approvers = || async { stage.bench.get(&stage.unit).await.1["Unit"]["ApprovedBy"].as_array().unwrap().len() };
    assert_eq!(approvers().await, 1);
    stage.revise("a: 2\n").await;
    assert_eq!(approvers().await, 0);
}

#[tokio::test]
async fn a_dry_run_of_a_bulk_apply_queues_nothing_and_tells_what_would_be_refused() {
    let mut stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    stage.bench.unit(&space, "nowhere", "a: 1\n").await;
    stage.bench.changes();
    let path = "/unit/apply?where=Slug%20!%3D%20''&dry_run";
    let (status, items) = stage.bench.post(&format!("{path}=true"), Json::Null).await;
    assert_eq!(status, 207, "{items}");
    let action = &items[0]["Action"];
    assert_eq!((&action["Action"], &action["RevisionNum"]), (&json!("Apply"), &json!(1)));
    assert_eq!(action["QueuedOperationID"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(items[1]["Error"]["Message"], "nowhere: cannot apply unit nowhere: it has no target");
    assert_eq!(stage.states().await, Vec::<String>::new());
    assert_eq!((stage.live().await.1, stage.bench.changes()), (0, Vec::new()));
    let (_, items) = stage.bench.post(&format!("{path}=false"), Json::Null).await;
    let event = stage.stream.next().await.unwrap();
    assert_eq!(event["Data"]["Payload"]["QueuedOperationID"], items[0]["Action"]["QueuedOperationID"]);
}
