//! Triggers and the apply gates that they make.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message};

async fn trigger(bench: &Bench, space: &str, slug: &str, function: &str, arguments: &[&str]) -> (u16, Json) {
    on_event(bench, space, slug, "Mutation", function, arguments).await
}

async fn on_event(
    bench: &Bench,
    space: &str,
    slug: &str,
    event: &str,
    function: &str,
    arguments: &[&str],
) -> (u16, Json) {
    let arguments: Vec<Json> = arguments.iter().map(|value| json!({"Value": value})).collect();
    let body = json!({
        "Slug": slug, "Event": event, "ToolchainType": "Kubernetes/YAML", "FunctionName": function, "Arguments": arguments,
    });
    bench.post(&format!("/space/{space}/trigger"), body).await
}

async fn gates(bench: &Bench, unit: &str) -> Json {
    bench.get(unit).await.1["Unit"]["ApplyGates"].clone()
}

#[tokio::test]
async fn a_unit_that_does_not_pass_is_gated() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    assert_eq!(trigger(&bench, &space, "complete", "no-placeholders", &[]).await.0, 200);
    assert_eq!(trigger(&bench, &space, "approval", "is-approved", &["1"]).await.0, 200);
    let data = "apiVersion: v1\nkind: Service\nmetadata:\n  name: confighubplaceholder\n";
    let unit = bench.unit(&space, "u", data).await;
    let gates = || gates(&bench, &unit);
    assert_eq!(gates().await, json!({"approval/is-approved": true, "complete/no-placeholders": true}));
    let (_, units) = bench.list("/unit", "ApplyGates.complete/no-placeholders = true").await;
    assert_eq!(units.as_array().unwrap().len(), 1);

    let worker = bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{space}/target"), target).await;
    bench.patch(&unit, json!({"TargetID": target["TargetID"]})).await;
    let refused = bench.post(&format!("{unit}/apply"), Json::Null).await;
    assert_eq!(message(&refused), "cannot apply unit u: apply gates: approval/is-approved, complete/no-placeholders");

    bench.patch(&unit, json!({"Data": base64(&data.replace("confighubplaceholder", "web"))})).await;
    assert_eq!(gates().await, json!({"approval/is-approved": true}));
    bench.post(&format!("{unit}/approve"), Json::Null).await;
    assert_eq!(gates().await, json!({}));
    assert_eq!(bench.post(&format!("{unit}/apply"), Json::Null).await.0, 200);
}

#[tokio::test]
async fn triggers_that_would_not_run_are_refused() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    for (event, function, status, text) in [
        ("Mutation", "nonsense", 501, "a trigger of function nonsense is not supported by this hub"),
        ("Mutation", "get-replicas", 501, "a trigger of function get-replicas is not supported by this hub"),
        ("PreClone", "no-placeholders", 501, "a trigger on event PreClone is not supported by this hub"),
        (
            "PostClone",
            "no-placeholders",
            501,
            "a trigger on event PostClone of validating function no-placeholders is not supported by this hub",
        ),
        ("Apply", "no-placeholders", 400, "Event: `Apply` is none of Mutation, PreClone and PostClone"),
        ("Mutation", "", 400, "FunctionName or InvocationID is required"),
    ] {
        let refused = on_event(&bench, &space, "t", event, function, &[]).await;
        assert_eq!((refused.0, message(&refused).as_str()), (status, text));
    }
}

#[tokio::test]
async fn validating_is_what_the_function_is() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    assert_eq!(trigger(&bench, &space, "complete", "no-placeholders", &[]).await.1["Validating"], true);
    assert_eq!(trigger(&bench, &space, "label", "set-label", &["team", "a"]).await.1["Validating"], false);
}

#[tokio::test]
async fn gates_follow_changes_of_triggers() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit =
        bench.unit(&space, "u", "apiVersion: v1\nkind: Service\nmetadata:\n  name: confighubplaceholder\n").await;
    assert_eq!(gates(&bench, &unit).await, json!({}));
    let created = trigger(&bench, &space, "complete", "no-placeholders", &[]).await.1;
    let path = format!("/space/{space}/trigger/{}", created["TriggerID"].as_str().unwrap());
    let gated = json!({"complete/no-placeholders": true});
    assert_eq!(gates(&bench, &unit).await, gated);
    let (_, revisions) = bench.get(&format!("{unit}/revision")).await;
    assert_eq!(revisions[0]["Revision"]["ApplyGates"], gated, "the head revision has them too");
    bench.patch(&path, json!({"Disabled": true})).await;
    assert_eq!(gates(&bench, &unit).await, json!({}));
    bench.patch(&path, json!({"Disabled": false, "Slug": "whole"})).await;
    assert_eq!(gates(&bench, &unit).await, json!({"whole/no-placeholders": true}));
    bench.delete(&path).await;
    assert_eq!(gates(&bench, &unit).await, json!({}));
}

#[tokio::test]
async fn triggers_that_change_data_make_revisions_of_their_own() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let team = trigger(&bench, &space, "team", "set-label", &["team", "a"]).await.1;
    trigger(&bench, &space, "tier", "set-label", &["tier", "b"]).await;
    let data = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
    let unit = bench.unit(&space, "u", data).await;
    let (_, answer) = bench.get(&unit).await;
    assert_eq!(answer["Unit"]["HeadRevisionNum"], 3);
    assert_eq!(answer["Unit"]["Data"], base64(&format!("{data}  labels:\n    team: a\n    tier: b\n")));
    let (_, mutations) = bench.get(&format!("{unit}/mutation?include=TriggerID,RevisionID")).await;
    assert_eq!(mutations[1]["Mutation"]["TriggerID"], team["TriggerID"]);
    assert_eq!(mutations[1]["Mutation"]["FunctionInvocation"]["FunctionName"], "set-label");
    assert_eq!(mutations[1]["Trigger"]["Slug"], "team");
    assert_eq!(mutations[1]["Revision"]["UserID"], "00000000-0000-0000-0000-000000000000", "nobody changed it");
    assert_eq!(mutations[1]["Revision"]["Source"], "Resolve");
    assert_ne!(mutations[0]["Revision"].clone(), Json::Null);
    bench.patch(&unit, json!({"DisplayName": "U"})).await;
    assert_eq!(bench.get(&unit).await.1["Unit"]["HeadRevisionNum"], 3, "what is set already makes no revision");
}

#[tokio::test]
async fn clones_set_triggers_off_that_others_do_not() {
    let bench = Bench::start().await;
    let (base, prod) = (bench.space("base").await, bench.space("prod").await);
    on_event(&bench, &prod, "stamp", "PostClone", "set-annotation", &["cloned", "true"]).await;
    let data = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
    let unit = bench.unit(&base, "web", data).await;
    let id = unit.rsplit('/').next().unwrap();
    let body = json!({"Slug": "web", "ToolchainType": "Kubernetes/YAML"});
    let query = format!("upstream_space_id={base}&upstream_unit_id={id}");
    let clone = bench.created(&format!("/space/{prod}/unit?{query}"), body).await;
    assert_eq!(clone["Data"], base64(&format!("{data}  annotations:\n    cloned: \"true\"\n")));
    assert_eq!(clone["HeadRevisionNum"], 2);
    let plain = bench.unit(&prod, "plain", data).await;
    assert_eq!(bench.get(&plain).await.1["Unit"]["HeadRevisionNum"], 1);
}

#[tokio::test]
async fn a_trigger_runs_the_function_of_its_invocation() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let invocation = json!({
        "Slug": "two", "ToolchainType": "Kubernetes/YAML", "FunctionName": "is-approved", "Arguments": [{"Value": 2}],
    });
    let invocation = bench.created(&format!("/space/{space}/invocation"), invocation).await;
    let id = invocation["InvocationID"].as_str().unwrap();
    let body = json!({"Slug": "t", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "InvocationID": id});
    let trigger = bench.created(&format!("/space/{space}/trigger"), body.clone()).await;
    assert_eq!(trigger["Validating"], true);
    let unit = bench.unit(&space, "u", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n").await;
    bench.post(&format!("{unit}/approve"), Json::Null).await;
    assert_eq!(gates(&bench, &unit).await, json!({"t/is-approved": true}), "one approval is not two");
    let path = format!("/space/{space}/invocation/{id}");
    bench.patch(&path, json!({"Arguments": [{"Value": 1}]})).await;
    assert_eq!(gates(&bench, &unit).await, json!({}));
    let refused = bench.delete(&path).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "Invocation two is in use by Trigger t"));
    let mut other = body;
    other["InvocationID"] = json!(space);
    other["Slug"] = json!("other");
    let refused = bench.post(&format!("/space/{space}/trigger"), other).await;
    assert_eq!(message(&refused), format!("InvocationID: no invocation {space}"));
}

#[tokio::test]
async fn a_space_can_take_its_triggers_from_elsewhere() {
    let bench = Bench::start().await;
    let (platform, shop) = (bench.space("platform").await, bench.space("shop").await);
    trigger(&bench, &platform, "complete", "no-placeholders", &[]).await;
    let unit = bench.unit(&shop, "u", "apiVersion: v1\nkind: Service\nmetadata:\n  name: confighubplaceholder\n").await;
    assert_eq!(gates(&bench, &unit).await, json!({}));
    let clause = format!("SpaceID = '{platform}'");
    bench.patch(&format!("/space/{shop}"), json!({"WhereTrigger": clause})).await;
    assert_eq!(gates(&bench, &unit).await, json!({"complete/no-placeholders": true}));
    let refused = bench.patch(&format!("/space/{shop}"), json!({"WhereTrigger": "Colour = 'red'"})).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("WhereTrigger: "), "{refused:?}");
}

#[tokio::test]
async fn an_enforced_trigger_runs_whatever_the_space_takes_from_elsewhere() {
    let bench = Bench::start().await;
    let (platform, shop) = (bench.space("platform").await, bench.space("shop").await);
    trigger(&bench, &platform, "complete", "no-placeholders", &[]).await;
    trigger(&bench, &shop, "approval", "is-approved", &["1"]).await;
    let two = trigger(&bench, &shop, "two", "is-approved", &["2"]).await.1;
    let path = format!("/space/{shop}/trigger/{}", two["TriggerID"].as_str().unwrap());
    let unit = bench.unit(&shop, "u", "apiVersion: v1\nkind: Service\nmetadata:\n  name: confighubplaceholder\n").await;
    bench.patch(&path, json!({"Enforced": true})).await;
    let all = json!({"approval/is-approved": true, "two/is-approved": true});
    assert_eq!(gates(&bench, &unit).await, all);
    bench.patch(&format!("/space/{shop}"), json!({"WhereTrigger": format!("SpaceID = '{platform}'")})).await;
    assert_eq!(gates(&bench, &unit).await, json!({"complete/no-placeholders": true, "two/is-approved": true}));
    bench.patch(&path, json!({"Enforced": false})).await;
    assert_eq!(gates(&bench, &unit).await, json!({"complete/no-placeholders": true}));
    bench.patch(&path, json!({"Enforced": true, "Disabled": true})).await;
    assert_eq!(gates(&bench, &unit).await, json!({"complete/no-placeholders": true}), "it is disabled, not bypassed");
}

#[tokio::test]
async fn functions_of_triggers_know_the_unit_that_they_run_on() {
    let bench = Bench::start().await;
    let (base, prod) = (bench.space("Base").await, bench.space("prod").await);
    on_event(&bench, &prod, "rename", "PostClone", "set-default-names", &[]).await;
    trigger(&bench, &prod, "mark", "ensure-context", &["true"]).await;
    let data = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: confighubplaceholder\n";
    let unit = bench.unit(&base, "Web_shop", data).await;
    let query = format!("upstream_space_id={base}&upstream_unit_id={}", unit.rsplit('/').next().unwrap());
    let body = json!({"Slug": "Web_shop", "ToolchainType": "Kubernetes/YAML"});
    let clone = bench.created(&format!("/space/{prod}/unit?{query}"), body).await;
    let expected = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web-shop-prod\n  annotations:\n    \
         confighub.com/UnitSlug: Web_shop\n    confighub.com/SpaceID: {prod}\n"
    );
    assert_eq!(clone["Data"], base64(&expected));
    assert_eq!(clone["HeadRevisionNum"], 3, "{clone}");
}

#[tokio::test]
async fn a_new_revision_has_no_approvals() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    trigger(&bench, &space, "approval", "is-approved", &["1"]).await;
    let data = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
    let unit = bench.unit(&space, "u", data).await;
    let (status, items) = bench.post("/unit/approve?where=Slug%20%3D%20'u'", Json::Null).await;
    assert_eq!((status, &items), (200, &json!([{"Message": "revision 1 of unit u approved"}])));
    assert_eq!(gates(&bench, &unit).await, json!({}));
    bench.patch(&unit, json!({"Data": base64(&data.replace("web", "site"))})).await;
    assert_eq!(gates(&bench, &unit).await, json!({"approval/is-approved": true}));
    let (_, revisions) = bench.get(&format!("{unit}/revision")).await;
    assert_eq!(revisions[0]["Revision"]["ApprovedBy"].as_array().unwrap().len(), 1);
    assert_eq!(revisions[1]["Revision"]["ApprovedBy"], json!([]));
}

#[tokio::test]
async fn raised_gates_keep_units_from_being_deleted_and_destroyed() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n").await;
    let worker = bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{space}/target"), target).await;
    let raised =
        json!({"TargetID": target["TargetID"], "DeleteGates": {"critical": true}, "DestroyGates": {"critical": true}});
    assert_eq!(bench.patch(&unit, raised).await.0, 200);
    let refused = bench.post(&format!("{unit}/destroy"), Json::Null).await;
    assert_eq!(message(&refused), "cannot destroy unit u: destroy gates: critical");
    let refused = bench.delete(&unit).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "cannot delete Unit u: delete gates: critical"));
    let refused = bench.delete(&format!("/space/{space}?recursive=true")).await;
    assert_eq!(message(&refused), "cannot delete Unit u: delete gates: critical");
    let (_, units) = bench.list("/unit", "DeleteGates.critical = true").await;
    assert_eq!(units.as_array().unwrap().len(), 1, "nothing of the space was deleted");
    bench.patch(&unit, json!({"DeleteGates": {"critical": null}, "DestroyGates": {"critical": false}})).await;
    assert_eq!(bench.post(&format!("{unit}/destroy"), Json::Null).await.0, 200);
    assert_eq!(bench.delete(&unit).await.0, 200);
}

#[tokio::test]
async fn an_older_revision_is_applied_by_its_own_gates() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    trigger(&bench, &space, "complete", "no-placeholders", &[]).await;
    let data = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
    let unit = bench.unit(&space, "u", data).await;
    let worker = bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{space}/target"), target).await;
    let gated = json!({"TargetID": target["TargetID"], "Data": base64(&data.replace("web", "confighubplaceholder"))});
    bench.patch(&unit, gated).await;
    let refused = bench.post(&format!("{unit}/apply"), Json::Null).await;
    assert_eq!(message(&refused), "cannot apply unit u: apply gates: complete/no-placeholders");
    assert_eq!(bench.post(&format!("{unit}/apply?revision=1"), Json::Null).await.0, 200);
}

/// Clones a unit into a space; gives the clone's path.
async fn clone(bench: &Bench, unit: &str, space: &str, slug: &str) -> String {
    let parts: Vec<&str> = unit.split('/').collect();
    let query = format!("upstream_space_id={}&upstream_unit_id={}", parts[2], parts[4]);
    let body = json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML"});
    let clone = bench.created(&format!("/space/{space}/unit?{query}"), body).await;
    format!("/space/{space}/unit/{}", clone["UnitID"].as_str().unwrap())
}

#[tokio::test]
async fn a_trigger_that_fails_on_a_clone_is_a_gate_until_the_clone_is_as_it_says() {
    let bench = Bench::start().await;
    let (base, prod) = (bench.space("base").await, bench.space("prod").await);
    let many = on_event(&bench, &prod, "size", "PostClone", "set-replicas", &["many"]).await.1;
    let trigger = format!("/space/{prod}/trigger/{}", many["TriggerID"].as_str().unwrap());
    on_event(&bench, &prod, "stamp", "PostClone", "set-annotation", &["cloned", "true"]).await;
    let data = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n";
    let unit = bench.unit(&base, "web", data).await;
    let clone = clone(&bench, &unit, &prod, "web").await;
    let gated = json!({"size/set-replicas": true});
    assert_eq!(gates(&bench, &clone).await, gated);
    let (_, revisions) = bench.get(&format!("{clone}/revision")).await;
    assert_eq!(revisions[1]["Revision"]["ApplyGates"], gated, "the revision of the trigger that did run");
    let plain = bench.unit(&prod, "plain", data).await;
    assert_eq!(gates(&bench, &plain).await, json!({}), "it is for clones");
    bench.patch(&clone, json!({"DisplayName": "Web"})).await;
    bench.patch(&trigger, json!({"Arguments": [{"Value": 3}]})).await;
    assert_eq!(gates(&bench, &clone).await, gated, "the clone still has one replica");
    let body = json!({"FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 3}]}]});
    bench.post(&format!("/space/{prod}/function/invoke?where=Slug%20%3D%20'web'"), body).await;
    assert_eq!(gates(&bench, &clone).await, json!({}));
}

#[tokio::test]
async fn an_invocation_cannot_become_what_its_triggers_would_not_run() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let invocation = json!({"Slug": "i", "ToolchainType": "Kubernetes/YAML", "FunctionName": "set-label", "Arguments": [{"Value": "a"}, {"Value": "b"}]});
    let invocation = bench.created(&format!("/space/{space}/invocation"), invocation).await;
    let body = json!({
        "Slug": "t", "Event": "PostClone", "ToolchainType": "Kubernetes/YAML", "InvocationID": invocation["InvocationID"],
    });
    bench.created(&format!("/space/{space}/trigger"), body).await;
    let path = format!("/space/{space}/invocation/{}", invocation["InvocationID"].as_str().unwrap());
    for (change, told) in [
        (json!({"FunctionName": "get-replicas"}), "a trigger of function get-replicas is not supported by this hub"),
        (
            json!({"FunctionName": "no-placeholders"}),
            "a trigger on event PostClone of validating function no-placeholders is not supported by this hub",
        ),
        (json!({"ToolchainType": "AppConfig/Properties"}), "ToolchainType: trigger t uses it for Kubernetes/YAML"),
    ] {
        assert_eq!(message(&bench.patch(&path, change).await), told);
    }
}

#[tokio::test]
async fn units_that_are_not_as_their_schema_says_are_gated() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    assert_eq!(trigger(&bench, &space, "valid", "validate", &[]).await.0, 200);
    let gated = json!({"valid/validate": true});
    for (slug, data, expected) in [
        ("good", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n", json!({})),
        ("misspelt", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndate:\n  a: b\n", gated.clone()),
        ("unknown", "apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: w\n", gated),
    ] {
        let unit = bench.unit(&space, slug, data).await;
        assert_eq!(gates(&bench, &unit).await, expected, "{slug}");
    }
    let body = json!({"FunctionInvocations": [{"FunctionName": "validate"}]});
    let (status, items) = bench.post(&format!("/space/{space}/function/invoke"), body).await;
    assert_eq!(status, 207);
    let told = "validate on example.org/v1/Widget, which is not built in, is not supported by this hub";
    assert_eq!((&items[2]["Error"]["Status"], &items[2]["Error"]["Message"]), (&json!(501), &json!(told)));
}
