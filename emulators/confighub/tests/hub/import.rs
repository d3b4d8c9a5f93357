//! Import, and refreshes that find another cluster than they left.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::client::{base64, message};
use crate::stage::Stage;

async fn import(stage: &mut Stage, request: Json) -> Json {
    let operation = stage.bench.created(&format!("{}/import", stage.unit), request).await;
    assert_eq!(operation["Action"], "Import");
    let event = stage.stream.next().await.unwrap();
    assert_eq!(event["Data"]["Payload"]["QueuedOperationID"], operation["QueuedOperationID"]);
    event["Data"]["Payload"].clone()
}

fn decoded(field: &Json) -> Json {
    serde_json::from_slice(&STANDARD.decode(field.as_str().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_list_of_resources_goes_to_the_worker_as_data() {
    let mut stage = Stage::set().await;
    let list = json!([{"ResourceName": "default/web", "ResourceType": "apps/v1/Deployment"}]);
    let payload = import(&mut stage, json!({"ResourceInfoList": list})).await;
    assert_eq!((decoded(&payload["Data"]), &payload["ExtraParams"]), (list, &Json::Null));
}

#[tokio::test]
async fn a_clause_goes_to_the_worker_as_filters() {
    let mut stage = Stage::set().await;
    let clause = "metadata.namespace = 'shop2' AND import.include_custom = true";
    let payload = import(&mut stage, json!({"Where": clause})).await;
    assert_eq!(payload["Data"], Json::Null);
    let expected = json!({
        "Filters": [{"Type": "metadata.namespace", "Operator": "include", "Values": ["shop2"]}],
        "Options": {"include_custom": true},
    });
    assert_eq!(decoded(&payload["ExtraParams"]), expected);
    let refused = stage.bench.post(&format!("{}/import", stage.unit), json!({"Where": "kind ="})).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "Where: cannot be read at `kind =`"));
}

#[tokio::test]
async fn what_was_imported_is_a_revision_and_live() {
    let mut stage = Stage::set().await;
    let payload = import(&mut stage, json!({})).await;
    let event = json!({"Data": {"Action": "Import", "Payload": payload}});
    stage
        .report(&event, "Progressing", "None", json!({"Message": "Fetching resources from Kubernetes cluster..."}))
        .await;
    let found = json!({"Message": "Imported 1 resources", "Data": base64("a: 9\n"), "LiveState": base64("a: 9\nb: 1")});
    stage.bench.changes();
    stage.report(&event, "Completed", "ImportCompleted", found).await;
    assert_eq!(stage.live().await, (2, 0, base64("a: 9\nb: 1")));
    let (_, unit) = stage.bench.get(&stage.unit).await;
    assert_eq!((&unit["Unit"]["Data"], &unit["Unit"]["HeadRevisionNum"]), (&json!(base64("a: 9\n")), &json!(2)));
    assert_eq!(unit["Unit"]["LastChangeDescription"], "Imported 1 resources");
    assert_eq!(
        stage.bench.changes().last().unwrap(),
        "Updated Unit p/u: Import Completed, ImportCompleted, data changed, revision 2"
    );
    let failing = import(&mut stage, json!({})).await;
    let event = json!({"Data": {"Action": "Import", "Payload": failing}});
    stage.report(&event, "Failed", "ImportFailed", json!({"Message": "no"})).await;
    assert_eq!(stage.latest().await, (json!("Failed"), json!("Failed")));
    assert_eq!(stage.live().await.0, 2);
}

/// Applied, then changed by hand in the cluster.
async fn drifted() -> (Stage, Json) {
    let mut stage = Stage::set().await;
    let apply = stage.act("apply").await;
    stage.report(&apply, "Completed", "ApplyCompleted", json!({"LiveState": base64("live: 1")})).await;
    let refresh = stage.act("refresh").await;
    (stage, refresh)
}

async fn drift(stage: &Stage) -> (Json, Json) {
    let (_, unit) = stage.bench.get(&stage.unit).await;
    (unit["UnitStatus"]["Drift"].clone(), unit["UnitStatus"]["SyncStatus"].clone())
}

#[tokio::test]
async fn drift_is_remembered_until_the_next_apply() {
    let (mut stage, refresh) = drifted().await;
    assert_eq!(drift(&stage).await, (json!(""), json!("Synced")));
    let found = json!({"Data": base64("a: 5\n"), "LiveState": base64("live: 5")});
    stage.report(&refresh, "Completed", "RefreshAndDrifted", found).await;
    assert_eq!(drift(&stage).await, (json!("Drifted"), json!("Synced")));
    stage.revise("a: 6\n").await;
    assert_eq!(drift(&stage).await, (json!("Drifted"), json!("OutOfSync")));
    let failing = stage.act("apply").await;
    stage.report(&failing, "Failed", "ApplyFailed", json!({})).await;
    assert_eq!(drift(&stage).await.0, "Drifted");
    let apply = stage.act("apply").await;
    stage.report(&apply, "Completed", "ApplyCompleted", json!({"LiveState": base64("live: 6")})).await;
    assert_eq!(drift(&stage).await, (json!(""), json!("Synced")));
    let refresh = stage.act("refresh").await;
    stage.report(&refresh, "Completed", "RefreshAndNoDrift", json!({})).await;
    assert_eq!(drift(&stage).await.0, "NoDrift");
    let failing = stage.act("refresh").await;
    stage.report(&failing, "Failed", "RefreshFailed", json!({"Message": "services \"web\" not found"})).await;
    assert_eq!(stage.live().await, (3, 3, base64("live: 6")));
    assert_eq!(stage.latest().await, (json!("Failed"), json!("Failed")));
    let destroy = stage.act("destroy").await;
    stage.report(&destroy, "Completed", "DestroyCompleted", json!({})).await;
    assert_eq!(stage.live().await, (0, 3, String::new()));
    assert_eq!(drift(&stage).await, (json!(""), json!("")));
}

#[tokio::test]
async fn a_refresh_does_not_overwrite_what_was_changed_meanwhile() {
    let (stage, refresh) = drifted().await;
    stage.revise("a: 7\n").await;
    stage.bench.changes();
    let found = json!({"Data": base64("a: 5\n"), "LiveState": base64("live: 5")});
    stage.report(&refresh, "Completed", "RefreshAndDrifted", found).await;
    let (_, unit) = stage.bench.get(&stage.unit).await;
    assert_eq!((&unit["Unit"]["Data"], &unit["Unit"]["HeadRevisionNum"]), (&json!(base64("a: 7\n")), &json!(2)));
    assert_eq!(stage.live().await, (1, 1, base64("live: 5")));
    assert_eq!(
        stage.bench.changes().last().unwrap(),
        "Updated Unit p/u: Refresh Completed, RefreshAndDrifted, data left alone, which is at revision 2 by now"
    );
}

/// What was refreshed had changes that were never applied: the outcome has them too, and is not live.
#[tokio::test]
async fn drift_on_top_of_changes_that_were_not_applied_is_not_live() {
    let (mut stage, refresh) = drifted().await;
    stage.report(&refresh, "Completed", "RefreshAndNoDrift", json!({})).await;
    stage.revise("a: 1\nb: 2\n").await;
    let refresh = stage.act("refresh").await;
    let found = json!({"Data": base64("a: 5\nb: 2\n"), "LiveState": base64("live: 5")});
    stage.report(&refresh, "Completed", "RefreshAndDrifted", found).await;
    let (_, unit) = stage.bench.get(&stage.unit).await;
    assert_eq!(unit["Unit"]["HeadRevisionNum"], 3);
    assert_eq!(stage.live().await.0, 1);
}

#[tokio::test]
async fn a_list_of_resources_is_all_that_the_worker_looks_at() {
    let stage = Stage::set().await;
    let list = json!([{"ResourceName": "default/web", "ResourceType": "apps/v1/Deployment"}]);
    for (field, value) in [
        ("Where", json!("kind = 'Deployment'")),
        ("Filters", json!([{"Type": "kind", "Operator": "include", "Values": ["Deployment"]}])),
        ("Options", json!({"include_custom": true})),
    ] {
        let refused =
            stage.bench.post(&format!("{}/import", stage.unit), json!({"ResourceInfoList": list, field: value})).await;
        assert_eq!(refused.0, 400);
        assert!(message(&refused).starts_with("ResourceInfoList: not together with Where, Filters or Options"));
    }
    assert_eq!(stage.states().await, Vec::<String>::new());
}
