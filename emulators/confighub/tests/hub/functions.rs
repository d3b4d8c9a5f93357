//! Functions on configuration data, through the API.

use base64::Engine;
use serde_json::{Value as Json, json};

use crate::client::{Bench, message, text};

const TRADE: &str = "\
# The trading engine
apiVersion: apps/v1
kind: Deployment
metadata:
  name: trade-service
  namespace: confighubplaceholder # Resolved via Link
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: trade-service
        image: ghcr.io:443/finos/trade-service:latest # moving
        env:
        - name: MODE
          value: \"slow\"
---
apiVersion: v1
kind: Service
metadata:
  name: trade-service
";

fn decoded(value: &Json) -> String {
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text(value)).unwrap()).unwrap()
}

/// Invokes one function on the unit `trade-service`; gives the answer's item and the unit's head revision.
async fn invoke(bench: &Bench, unit: &str, function: &str, arguments: &[&str]) -> (Json, i64) {
    let space = unit.split("/unit").next().unwrap();
    let arguments: Vec<Json> = arguments.iter().map(|value| json!({"Value": value})).collect();
    let body = json!({"CastStringArgsToScalars": true, "FunctionInvocations": [{"FunctionName": function, "Arguments": arguments}]});
    let (status, items) =
        bench.post(&format!("{space}/function/invoke?where=Slug%20%3D%20'trade-service'"), body).await;
    let item = items[0].clone();
    assert_eq!(status, if item.get("Error").is_some() { 207 } else { 200 }, "{items}");
    let head = bench.get(unit).await.1["Unit"]["HeadRevisionNum"].as_i64().unwrap();
    (item, head)
}

#[tokio::test]
async fn setters_change_their_place_and_nothing_else() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    let mut data = TRADE.to_owned();
    let mut revision = 1;
    for (function, arguments, from, to) in [
        ("set-replicas", &["5"][..], "replicas: 3", "replicas: 5"),
        ("set-image-reference", &["trade-service", ":v2"], "trade-service:latest #", "trade-service:v2 #"),
        ("set-image", &["*", "x:v3"], "ghcr.io:443/finos/trade-service:v2", "x:v3"),
        ("set-env-var", &["trade-service", "MODE", "true"], "\"slow\"", "\"true\""),
        ("set-env", &["trade-service", "A=b"], "\"true\"\n", "\"true\"\n        - name: A\n          value: b\n"),
        ("set-env", &["trade-service", "MODE="], "- name: MODE\n          value: \"true\"\n        ", ""),
        ("set-namespace", &["prod"], "confighubplaceholder ", "prod "),
        (
            "set-string-path",
            &["apps/v1/Deployment", "spec.strategy.type", "Recreate"],
            "value: b\n",
            "value: b\n  strategy:\n    type: Recreate\n",
        ),
        ("set-int-path", &["apps/v1/Deployment", "spec.replicas", "7"], "replicas: 5", "replicas: 7"),
        (
            "set-bool-path",
            &["v1/Service", "spec.publishNotReadyAddresses", "true"],
            "kind: Service\nmetadata:\n  name: trade-service\n",
            "kind: Service\nmetadata:\n  name: trade-service\nspec:\n  publishNotReadyAddresses: true\n",
        ),
    ] {
        let expected = data.replacen(from, to, 1);
        assert_ne!(expected, data, "{function}");
        let (item, head) = invoke(&bench, &unit, function, arguments).await;
        assert_eq!(decoded(&item["ConfigData"]), expected, "{function}");
        revision += 1;
        assert_eq!((head, &item["Mutators"], &item["Success"]), (revision, &json!([0]), &json!(true)), "{function}");
        data = expected;
    }
    assert_eq!(
        bench.changes().last().unwrap(),
        "Updated Unit p/trade-service: data changed by set-bool-path, revision 11"
    );
    let (_, mutations) = bench.list(&format!("{unit}/mutation"), "FunctionName = 'set-replicas'").await;
    assert_eq!(mutations[0]["Mutation"]["RevisionNum"], 2);
    let (_, sources) = bench.get(&unit).await;
    assert_eq!(sources["Unit"]["MutationSources"][0]["PathMutationMap"]["spec.replicas"]["Index"], 10);
}

#[tokio::test]
async fn what_is_not_there_is_not_added_by_most_setters() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    for (function, arguments) in [
        ("set-env-var", &["trade-service", "NOSUCH", "x"][..]),
        ("set-image", &["nosuch", "x:v3"]),
        ("set-replicas", &["3"]),
        ("set-string-path", &["v1/Namespace", "metadata.name", "x"]),
    ] {
        let (item, head) = invoke(&bench, &unit, function, arguments).await;
        assert_eq!((head, &item["Success"], &item["Mutators"]), (1, &json!(true), &json!([])), "{function}");
        assert_eq!(decoded(&item["ConfigData"]), TRADE);
    }
}

#[tokio::test]
async fn a_change_of_blanks_alone_is_a_mutator_but_no_revision() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", &TRADE.replace(" # Resolved", "   # Resolved")).await;
    let (item, head) = invoke(&bench, &unit, "set-replicas", &["3"]).await;
    assert_eq!((decoded(&item["ConfigData"]).as_str(), &item["Mutators"], head), (TRADE, &json!([0]), 1));
}

#[tokio::test]
async fn an_image_without_a_reference_has_none_to_set() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", &TRADE.replace("trade-service:latest", "trade-service")).await;
    let (item, head) = invoke(&bench, &unit, "set-image-reference", &["trade-service", ":v2"]).await;
    let expected = "embedded field reference not found at path spec.template.spec.containers.0.image";
    assert_eq!((head, item["Error"]["Message"].as_str()), (1, Some(expected)));
}

#[tokio::test]
async fn getters_answer() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    let mut answers = Vec::new();
    for (function, arguments) in [
        ("get-replicas", &[][..]),
        ("get-image", &["*"]),
        ("get-placeholders", &[]),
        ("no-placeholders", &[]),
        ("get-string-path", &["*", "metadata.name"]),
    ] {
        let (item, head) = invoke(&bench, &unit, function, arguments).await;
        assert_eq!((head, &item["Mutators"]), (1, &json!([])));
        let output: Json = serde_json::from_str(&decoded(&item["Output"])).unwrap();
        answers.push(json!({"function": function, "type": item["OutputType"], "output": output}));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn failures_are_told_and_change_nothing() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    for (function, arguments, expected) in [
        ("nonsense", &[][..], "invoke nonsense: function does not exist"),
        ("set-replicas", &[], "insufficient arguments: got 0, expected 1: replicas (reqd: true),"),
        (
            "set-replicas",
            &["three"],
            "cannot convert argument replicas value three to int: strconv.Atoi: parsing \"three\": invalid syntax",
        ),
        ("set-replicas", &["-1"], "argument replicas value -1 is out of range [0,]"),
        (
            "set-image-reference",
            &["main", "v2"],
            "value v2 for argument image-reference failed to match ^(?P<reference>\\:(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})|@(?:[a-z0-9]+(?:[+._-][a-z0-9]+)*\\:[a-zA-Z0-9=_-]+))$",
        ),
        (
            "set-string-path",
            &["*", "metadata.name.x", "y"],
            "unexpected node kind 8 at path segment 'x'\nunexpected node kind 8 at path segment 'x'",
        ),
    ] {
        let (item, head) = invoke(&bench, &unit, function, arguments).await;
        assert_eq!(
            (head, item["Success"].as_bool(), item["Error"]["Message"].as_str()),
            (1, Some(false), Some(expected))
        );
    }
}

#[tokio::test]
async fn dry_runs_and_unreadable_data() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    let body = json!({"FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 9}]}]});
    let (_, items) = bench.post(&format!("/space/{space}/function/invoke?dry_run=true"), body.clone()).await;
    assert!(decoded(&items[0]["ConfigData"]).contains("replicas: 9"));
    assert_eq!(bench.get(&unit).await.1["Unit"]["HeadRevisionNum"], 1);
    let blind = bench.post("/function/invoke", body).await;
    assert_eq!((blind.0, message(&blind).as_str()), (400, "InvokeFunctionsOnOrg: where is required"));
    let bad =
        json!({"Slug": "bad", "ToolchainType": "Kubernetes/YAML", "Data": crate::client::base64("a: b\n c: [d\n")});
    let refused = bench.post(&format!("/space/{space}/unit"), bad).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("Data: line "), "{}", message(&refused));
}

#[tokio::test]
async fn an_upgrade_keeps_what_the_clone_changed() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    let prod = bench.space("prod").await;
    let upstream = bench.unit(&base, "trade-service", TRADE).await;
    let id = upstream.rsplit('/').next().unwrap();
    let path = format!("/space/{prod}/unit?upstream_space_id={base}&upstream_unit_id={id}");
    let clone = bench.created(&path, json!({"Slug": "trade-service", "ToolchainType": "Kubernetes/YAML"})).await;
    let clone = format!("/space/{prod}/unit/{}", text(&clone["UnitID"]));
    invoke(&bench, &clone, "set-replicas", &["5"]).await;
    invoke(&bench, &clone, "set-namespace", &["prod"]).await;
    invoke(&bench, &upstream, "set-replicas", &["4"]).await;
    invoke(&bench, &upstream, "set-image-reference", &["trade-service", ":v2"]).await;
    let (status, upgraded) = bench.patch(&format!("{clone}?upgrade=true"), Json::Null).await;
    assert_eq!((status, &upgraded["UpstreamRevisionNum"]), (200, &json!(3)));
    let expected = TRADE
        .replace("replicas: 3", "replicas: 5")
        .replace("confighubplaceholder ", "prod ")
        .replace(":latest #", ":v2 #");
    assert_eq!(decoded(&upgraded["Data"]), expected);
}

#[tokio::test]
async fn a_function_without_arguments_is_sent_with_null() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    bench.unit(&space, "trade-service", TRADE).await;
    let body = json!({"FunctionInvocations": [{"FunctionName": "get-replicas", "Arguments": null}]});
    let (status, items) = bench.post(&format!("/space/{space}/function/invoke"), body).await;
    assert_eq!((status, &items[0]["Success"]), (200, &json!(true)), "{items}");
}

/// Each function has the mutation with what it changed itself; one that changed nothing has none.
#[tokio::test]
async fn each_function_of_a_request_made_its_own_changes() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    let invocation = |name: &str, values: &[&str]| {
        let arguments: Vec<Json> = values.iter().map(|value| json!({"Value": value})).collect();
        json!({"FunctionName": name, "Arguments": arguments})
    };
    let body = json!({"CastStringArgsToScalars": true, "FunctionInvocations": [
        invocation("set-replicas", &["5"]),
        invocation("set-image", &["nosuch", "x:v3"]),
        invocation("get-replicas", &[]),
        invocation("set-image-reference", &["trade-service", ":v2"]),
    ]});
    let (status, items) = bench.post(&format!("/space/{space}/function/invoke"), body).await;
    assert_eq!((status, &items[0]["Mutators"]), (200, &json!([0, 3])), "{items}");
    let (_, mutations) = bench.get(&format!("{unit}/mutation")).await;
    let names: Vec<&Json> = mutations
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["Mutation"]["FunctionInvocation"]["FunctionName"])
        .collect();
    assert_eq!(names, ["", "set-replicas", "set-image-reference"]);
    let (_, unit) = bench.get(&unit).await;
    let sources = &unit["Unit"]["MutationSources"][0]["PathMutationMap"];
    assert_eq!(sources["spec.replicas"]["Index"], 2);
    assert_eq!(sources["spec.template.spec.containers.0.image"]["Index"], 3);
    assert_eq!(unit["Unit"]["HeadRevisionNum"], 2, "one request, one revision");
}

#[tokio::test]
async fn outputs_are_by_type_for_late_clients() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    let (item, _) = invoke(&bench, &unit, "get-replicas", &[]).await;
    assert_eq!(item["Outputs"], json!({"AttributeValueList": item["Output"]}));
    let (item, _) = invoke(&bench, &unit, "set-replicas", &["4"]).await;
    assert_eq!(item["Outputs"], json!({}));
}

#[tokio::test]
async fn what_cannot_be_invoked_as_asked_is_named() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "trade-service", TRADE).await;
    let path = format!("/space/{space}/function/invoke");
    let body =
        json!({"FunctionInvocations": [{"FunctionName": "get-replicas"}], "ToolchainType": "AppConfig/Properties"});
    let refused = bench.post(&path, body.clone()).await;
    let told = "functions for AppConfig/Properties is not supported by this hub";
    assert_eq!((refused.0, message(&refused).as_str()), (501, told));
    let known = json!({"FunctionInvocations": [{"FunctionName": "get-replicas"}], "ToolchainType": "Kubernetes/YAML"});
    let nowhere = "6f0d5d0e-0000-4000-8000-000000000000";
    let refused = bench.post(&format!("{path}?unit_id={nowhere}"), known.clone()).await;
    assert_eq!((refused.0, message(&refused)), (404, format!("unit_id: Unit {nowhere} not found in space {space}")));
    let id = unit.rsplit('/').next().unwrap();
    assert_eq!(bench.post(&format!("{path}?unit_id={id}"), known).await.0, 200);

    let (item, _) = invoke(&bench, &unit, "yq", &[".spec.replicas + 1"]).await;
    let told = "yq expression `.spec.replicas + 1` at ` + 1` is not supported by this hub";
    assert_eq!((&item["Error"]["Status"], &item["Error"]["Message"]), (&json!(501), &json!(told)));
}
