//! One queue for each unit: what is sent when, to whom, and again.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};
use crate::stage::Stage;
use crate::worker::Worker;

#[tokio::test]
async fn the_next_operation_goes_when_the_step_of_the_former_is_done() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.revise("a: 2\n").await;
    let second = stage.queue("apply").await;
    let third = stage.queue("destroy").await;
    for message in ["Starting to apply resources...", "Applying resources..."] {
        stage.report(&first, "Progressing", "None", json!({"Message": message})).await;
    }
    assert_eq!(stage.states().await, ["Apply Progressing", "Apply Pending", "Destroy Pending"]);
    stage.waits(&first).await;
    let event = stage.stream.next().await.unwrap();
    assert_eq!(event["Data"]["Payload"]["QueuedOperationID"], second["QueuedOperationID"]);
    assert_eq!(event["Data"]["Payload"]["Data"], json!(base64("a: 2\n")));
    assert_eq!(stage.states().await, ["Apply Progressing", "Apply Delivered", "Destroy Pending"]);
    stage.report(&event, "Failed", "ApplyFailed", json!({"Message": "no"})).await;
    let event = stage.stream.next().await.unwrap();
    assert_eq!(event["Data"]["Payload"]["QueuedOperationID"], third["QueuedOperationID"]);
    assert_eq!(stage.states().await, ["Apply Progressing", "Apply Failed", "Destroy Delivered"]);
}

/// It is sent along, so that it must be known: with an older one everything would look drifted.
#[tokio::test]
async fn what_needs_the_live_state_waits_for_the_end_of_the_former() {
    let mut stage = Stage::set().await;
    let apply = stage.act("apply").await;
    let refresh = stage.queue("refresh").await;
    stage.waits(&apply).await;
    assert_eq!(stage.states().await, ["Apply Progressing", "Refresh Pending"]);
    stage.report(&apply, "Completed", "ApplyCompleted", json!({"LiveState": base64("live")})).await;
    let event = stage.stream.next().await.unwrap();
    let payload = &event["Data"]["Payload"];
    assert_eq!(
        (&payload["QueuedOperationID"], &payload["LiveState"]),
        (&refresh["QueuedOperationID"], &json!(base64("live")))
    );
}

#[tokio::test]
async fn a_wait_that_failed_goes_on_while_newer_operations_run() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    stage.report(&first, "Failed", "ApplyWaitFailed", json!({"Message": "timeout waiting"})).await;
    stage.revise("a: 2\n").await;
    let second = stage.act("apply").await;
    stage.waits(&first).await;
    assert_eq!(stage.states().await, ["Apply Progressing", "Apply Delivered"]);
    stage.report(&first, "Completed", "ApplyCompleted", json!({"LiveState": base64("one")})).await;
    assert_eq!(stage.live().await, (1, 2, base64("one")));
    stage.report(&second, "Completed", "ApplyCompleted", json!({"LiveState": base64("two")})).await;
    assert_eq!(stage.live().await, (2, 2, base64("two")));
}

#[tokio::test]
async fn units_do_not_wait_for_each_other() {
    let mut stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let other = stage.bench.unit(&space, "v", "b: 1\n").await;
    let (_, unit) = stage.bench.get(&stage.unit).await;
    stage.bench.patch(&other, json!({"TargetID": unit["Unit"]["TargetID"]})).await;
    stage.act("apply").await;
    let (_, operation) = stage.bench.post(&format!("{other}/apply"), Json::Null).await;
    assert_eq!(operation["Status"], "Submitted");
    assert_eq!(stage.stream.next().await.unwrap()["Data"]["Payload"]["UnitSlug"], "v");
}

#[tokio::test]
async fn a_hundred_operations_of_a_unit_are_enough() {
    let stage = Stage::set().await;
    for _ in 0..100 {
        assert_eq!(stage.bench.post(&format!("{}/apply", stage.unit), Json::Null).await.0, 200);
    }
    let refused = stage.bench.post(&format!("{}/apply", stage.unit), Json::Null).await;
    assert_eq!(
        (refused.0, message(&refused).as_str()),
        (400, "cannot apply unit u: 100 operations of it are not done yet")
    );
}

#[tokio::test]
async fn a_lost_worker_gets_a_units_operations_again_one_after_the_other() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    stage.revise("a: 2\n").await;
    let second = stage.act("apply").await;
    stage.stream = stage.worker.connect(&stage.bench).await;
    assert_eq!(stage.stream.next().await.unwrap(), first, "the same operation afresh");
    assert_eq!(stage.states().await, ["Apply Delivered", "Apply Pending"]);
    // The lost process had got that far; its report still counts.
    stage.report(&second, "Progressing", "None", json!({"Message": "Starting to apply resources..."})).await;
    stage.report(&first, "Completed", "ApplyCompleted", json!({})).await;
    stage.report(&second, "Completed", "ApplyCompleted", json!({})).await;
    assert_eq!(stage.states().await, ["Apply Completed", "Apply Completed"]);
    assert_eq!(stage.live().await.0, 2);
}

#[tokio::test]
async fn a_worker_answers_for_its_own_operations_only() {
    let mut stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let other = Worker::create_named(&stage.bench, &space, "w2").await;
    let event = stage.act("apply").await;
    let answer = other.report(&stage.bench, &event, "Completed", "ApplyCompleted", json!({})).await;
    assert_eq!(answer.0, 404);
    let mut mistaken = event.clone();
    mistaken["Data"]["Action"] = json!("Refresh");
    let answer = stage.worker.report(&stage.bench, &mistaken, "Completed", "RefreshAndNoDrift", json!({})).await;
    assert_eq!((answer.0, message(&answer).as_str()), (400, "Action: `Refresh`, but the operation is Apply"));
    let answer = stage.worker.report(&stage.bench, &event, "Completed", "DestroyCompleted", json!({})).await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "Result: `DestroyCompleted` is not what a report on Apply with Status Completed has")
    );
    let answer = stage.worker.report(&stage.bench, &event, "Pending", "None", json!({})).await;
    assert_eq!((answer.0, message(&answer).as_str()), (400, "Status: Pending is not for workers to say"));
    assert_eq!(stage.states().await, ["Apply Delivered"]);
}

/// Two workers of one space: each gets what is for its own target.
#[tokio::test]
async fn two_workers_have_their_own_targets() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let (first, second) = (Worker::create(&bench, &space).await, Worker::create_named(&bench, &space, "w2").await);
    let _busy = bench.clock.busy();
    let (mut first_stream, mut second_stream) = (first.connect(&bench).await, second.connect(&bench).await);
    let (_, targets) = bench.get("/target").await;
    for (slug, target) in [("u", &targets[0]), ("v", &targets[1])] {
        let unit = bench.unit(&space, slug, "a: 1\n").await;
        bench.patch(&unit, json!({"TargetID": target["Target"]["TargetID"]})).await;
        bench.post(&format!("{unit}/apply"), Json::Null).await;
    }
    let slug = |event: &Json| text(&event["Data"]["Payload"]["UnitSlug"]);
    assert_eq!(slug(&first_stream.next().await.unwrap()), "u");
    assert_eq!(slug(&second_stream.next().await.unwrap()), "v");
}

/// The worker reports that a wait ran out of time, as the real one does before it tries again.
async fn wait_fails(stage: &Stage, event: &Json) {
    stage.waits(event).await;
    stage.report(event, "Failed", "ApplyWaitFailed", json!({"Message": "timeout waiting"})).await;
}

/// Recorded run 7a: the wait of the first apply is tried again after the second one has completed.
#[tokio::test]
async fn what_a_completed_operation_has_overtaken_is_not_sent_again() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    wait_fails(&stage, &first).await;
    stage.revise("a: 2\n").await;
    let second = stage.act("apply").await;
    stage.report(&second, "Completed", "ApplyCompleted", json!({"LiveState": base64("two")})).await;
    stage.waits(&first).await;
    assert_eq!(stage.states().await, ["Apply Progressing", "Apply Completed"]);
    stage.reconnect().await;
    let newer = text(&second["Data"]["Payload"]["QueuedOperationID"]);
    assert_eq!(stage.states().await, ["Apply Aborted", "Apply Completed"]);
    let last = stage.messages(&first["Data"]["Payload"]).await.pop().unwrap();
    assert_eq!(last, format!("Operation overridden by newer operation {newer}"));
    stage.act("refresh").await;
    assert_eq!(stage.live().await, (2, 2, base64("two")));
}

#[tokio::test]
async fn what_the_cluster_is_past_is_not_sent_again() {
    for (action, message) in
        [("apply", "Waiting for the applied resources..."), ("destroy", "Waiting for resources to be terminated...")]
    {
        let mut stage = Stage::set().await;
        let first = stage.act("apply").await;
        stage.waits(&first).await;
        let second = stage.act(action).await;
        stage.report(&second, "Progressing", "None", json!({"Message": message})).await;
        stage.reconnect().await;
        let again = stage.stream.next().await.unwrap();
        assert_eq!(again["Data"]["Payload"]["QueuedOperationID"], second["Data"]["Payload"]["QueuedOperationID"]);
        assert_eq!(stage.states().await[0], "Apply Aborted");
    }
}

#[tokio::test]
async fn what_a_destroy_has_overtaken_is_not_sent_again() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    let second = stage.act("destroy").await;
    stage.report(&second, "Completed", "DestroyCompleted", json!({})).await;
    stage.reconnect().await;
    assert_eq!(stage.states().await, ["Apply Aborted", "Destroy Completed"]);
    assert_eq!(stage.live().await.0, 0);
}

/// A worker that says `ApplyFailed` has not changed the cluster: all is tried before anything is applied.
#[tokio::test]
async fn what_a_failed_operation_came_after_is_sent_again() {
    let mut stage = Stage::set().await;
    let first = stage.act("apply").await;
    stage.waits(&first).await;
    let second = stage.act("apply").await;
    stage.report(&second, "Failed", "ApplyFailed", json!({"Message": "no"})).await;
    let third = stage.act("apply").await;
    stage.reconnect().await;
    for expected in [&first, &third] {
        let again = stage.stream.next().await.unwrap();
        assert_eq!(again["Data"]["Payload"]["QueuedOperationID"], expected["Data"]["Payload"]["QueuedOperationID"]);
        stage.waits(&again).await;
    }
}
