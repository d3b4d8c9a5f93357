//! Functions that run on a worker while the client waits.

use serde_json::{Value as Json, json};

use crate::client::{Answer, base64, message};
use crate::stage::Stage;

fn request(more: &Json) -> Json {
    let mut request = json!({
        "FunctionInvocations": [{"FunctionName": "set-a", "Arguments": [{"ParameterName": "a", "Value": 2}]}],
        "UseFunctionWorker": true,
        "ChangeDescription": "by the worker",
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// Invokes functions, and answers as the worker with `respond`, given the invocation's payload.
async fn invoke(stage: &mut Stage, request: Json, status: &str, respond: impl Fn(&Json) -> Json) -> (Answer, Json) {
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let path = format!("/space/{space}/function/invoke");
    let (bench, worker, stream) = (&stage.bench, &stage.worker, &mut stage.stream);
    let answering = async {
        let event = stream.next().await.unwrap();
        assert_eq!(
            (&event["Event"], &event["Data"]["Action"]),
            (&json!("FunctionWorkerEvent"), &json!("InvokeFunctions"))
        );
        let payload = &event["Data"]["Payload"];
        let result = if status == "Completed" { "FunctionInvocationCompleted" } else { "FunctionInvocationFailed" };
        let report = json!({
            "UnitID": payload["InvocationRequest"]["UnitID"], "SpaceID": payload["InvocationRequest"]["SpaceID"],
            "QueuedOperationID": payload["QueuedOperationID"], "RevisionNum": 1, "Action": "InvokeFunctions",
            "Status": status, "Result": result, "Message": "it says so", "StartedAt": "2025-10-05T09:00:00Z",
            "Data": base64(&respond(payload).to_string()),
        });
        assert_eq!(worker.post_result(bench, &report).await.0, 200);
        assert_eq!(worker.post_result(bench, &report).await.0, 404, "nobody waits for it twice");
        payload["InvocationRequest"].clone()
    };
    tokio::join!(bench.post(&path, request), answering)
}

fn changed(payload: &Json) -> Json {
    assert_eq!(payload["InvocationRequest"]["ConfigData"], json!(base64("a: 1\n")));
    json!({"Success": true, "ConfigData": base64("a: 2\n"), "Mutators": [0], "Mutations": [], "ErrorMessages": []})
}

#[tokio::test]
async fn the_answer_of_the_worker_is_taken_over() {
    let mut stage = Stage::set().await;
    let ((status, items), asked) = invoke(&mut stage, request(&json!({"NumFilters": 1})), "Completed", changed).await;
    assert_eq!((status, &items[0]["Success"], &items[0]["ConfigData"]), (200, &json!(true), &json!(base64("a: 2\n"))));
    assert_eq!((&asked["UnitSlug"], &asked["ToolchainType"]), (&json!("u"), &json!("Kubernetes/YAML")));
    assert_eq!((&asked["NumFilters"], &asked["RevisionNum"]), (&json!(1), &json!(1)));
    assert_eq!(asked["FunctionInvocations"], request(&json!({}))["FunctionInvocations"]);
    let (_, unit) = stage.bench.get(&stage.unit).await;
    assert_eq!((&unit["Unit"]["Data"], &unit["Unit"]["HeadRevisionNum"]), (&json!(base64("a: 2\n")), &json!(2)));
    assert_eq!(unit["Unit"]["LastChangeDescription"], "by the worker");
    let (_, mutations) = stage.bench.get(&format!("{}/mutation", stage.unit)).await;
    assert_eq!(mutations[1]["Mutation"]["FunctionInvocation"]["FunctionName"], "set-a");
}

#[tokio::test]
async fn a_failure_of_the_worker_is_the_items() {
    let mut stage = Stage::set().await;
    let failing =
        |_: &Json| json!({"Success": false, "ErrorMessages": ["function set-a failed"], "ConfigData": base64("x")});
    let ((status, items), _) = invoke(&mut stage, request(&json!({})), "Completed", failing).await;
    assert_eq!((status, &items[0]["Error"]["Message"]), (207, &json!("function set-a failed")));
    let ((status, items), _) = invoke(&mut stage, request(&json!({})), "Failed", |_| json!({})).await;
    assert_eq!((status, &items[0]["Error"]["Message"]), (207, &json!("functions on worker w1: it says so")));
    assert_eq!(stage.bench.get(&stage.unit).await.1["Unit"]["HeadRevisionNum"], 1);
}

#[tokio::test]
async fn a_worker_that_is_away_or_lost_is_named() {
    let stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let path = format!("/space/{space}/function/invoke");
    let Stage { bench, worker, mut stream, .. } = stage;
    let busy = bench.clock.busy();
    let lost = async {
        stream.next().await.unwrap();
        // A second stream of the same worker ends the first one, and with it what was asked over it.
        worker.connect(&bench).await
    };
    let ((status, items), again) = tokio::join!(bench.post(&path, request(&json!({}))), lost);
    let told = &items[0]["Error"]["Message"];
    assert_eq!((status, told), (207, &json!("functions on worker w1: its stream ended before it answered")));
    drop(again);
    drop(busy);
    for _ in 0..1000 {
        let (_, workers) = bench.get("/bridge_worker").await;
        if workers[0]["BridgeWorker"]["Condition"] == "Disconnected" {
            break;
        }
        tokio::task::yield_now().await;
    }
    let (_, items) = bench.post(&path, request(&json!({}))).await;
    assert_eq!(items[0]["Error"]["Message"], "worker w1 is not connected");
}

/// The limit is for the answer of the worker, however many units it was asked about.
#[tokio::test]
async fn a_deaf_worker_is_waited_for_once() {
    let mut stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let target = stage.bench.get(&stage.unit).await.1["Unit"]["TargetID"].clone();
    for slug in ["v", "w"] {
        let unit = stage.bench.unit(&space, slug, "a: 1\n").await;
        stage.bench.patch(&unit, json!({"TargetID": target})).await;
    }
    let begun = stage.bench.clock.now();
    stage.let_time_pass();
    let path = format!("/space/{space}/function/invoke");
    // Nothing of the client keeps the clock from running meanwhile.
    let asking = stage.bench.request(reqwest::Method::POST, &path).json(&request(&json!({}))).send();
    let mut asked = Vec::new();
    let listening = async {
        loop {
            let event = stage.stream.next().await.unwrap();
            if event["Data"]["Action"] == "InvokeFunctions" {
                asked.push(event["Data"]["Payload"]["QueuedOperationID"].clone());
            }
        }
    };
    let answer = tokio::select! { answer = asking => answer.unwrap(), () = listening => unreachable!() };
    assert_eq!(answer.status(), 207);
    let items: Json = answer.json().await.unwrap();
    assert_eq!(items.as_array().unwrap().len(), 3);
    for item in items.as_array().unwrap() {
        let told = item["Error"]["Message"].as_str().unwrap();
        assert!(told.starts_with("functions on worker w1: ") && told.contains("120"), "{told}");
    }
    let waited = stage.bench.clock.now().duration_since(begun).as_secs();
    assert!((120..180).contains(&waited), "{waited} s");
    assert_eq!(asked.len(), 3);
    for id in asked {
        let late = json!({
            "QueuedOperationID": id, "Action": "InvokeFunctions", "Status": "Completed",
            "Result": "FunctionInvocationCompleted", "Message": "", "StartedAt": "2025-10-05T09:00:00Z",
            "Data": base64("{}"),
        });
        let refused = stage.worker.post_result(&stage.bench, &late).await;
        assert_eq!(refused.0, 404, "{}: nobody waits for it any more", message(&refused));
    }
}

#[tokio::test]
async fn a_unit_of_another_toolchain_than_asked_for_is_named() {
    let stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let asked = request(&json!({"ToolchainType": "AppConfig/Properties"}));
    let (status, items) = stage.bench.post(&format!("/space/{space}/function/invoke"), asked).await;
    let told = "ToolchainType: AppConfig/Properties, but unit u is Kubernetes/YAML";
    assert_eq!((status, &items[0]["Error"]["Message"]), (207, &json!(told)));
}

/// The worker says of each change which function made it.
#[tokio::test]
async fn each_function_of_the_worker_made_its_own_changes() {
    let mut stage = Stage::set().await;
    stage
        .revise(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  paused: false\n",
        )
        .await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let values = |values: &[Json]| -> Vec<Json> { values.iter().map(|value| json!({"Value": value})).collect() };
    let functions = json!({"FunctionInvocations": [
        {"FunctionName": "set-replicas", "Arguments": values(&[json!(5)])},
        {"FunctionName": "set-bool-path", "Arguments": values(&[json!("apps/v1/Deployment"), json!("spec.paused"), json!(true)])},
    ]});
    // What the hub's own functions say is what the executor says.
    let (_, said) = stage.bench.post(&format!("/space/{space}/function/invoke?dry_run=true"), functions.clone()).await;
    let said = said[0].clone();
    assert_eq!(said["Mutators"], json!([0, 1]), "{said}");
    let respond = |_: &Json| json!({"Success": true, "ConfigData": said["ConfigData"], "Mutators": said["Mutators"], "Mutations": said["Mutations"]});
    let ((status, _), _) = invoke(&mut stage, request(&functions), "Completed", respond).await;
    assert_eq!(status, 200);
    let (_, unit) = stage.bench.get(&stage.unit).await;
    let paths = &unit["Unit"]["MutationSources"][0]["PathMutationMap"];
    assert_eq!((&paths["spec.replicas"]["Index"], &paths["spec.paused"]["Index"]), (&json!(3), &json!(4)), "{paths}");
    let (_, mutations) = stage.bench.get(&format!("{}/mutation", stage.unit)).await;
    let name = |place: usize| mutations[place]["Mutation"]["FunctionInvocation"]["FunctionName"].clone();
    assert_eq!((name(2), name(3)), (json!("set-replicas"), json!("set-bool-path")));
}
