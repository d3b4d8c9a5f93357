//! The operations of the OpenAPI description: each is served or answers 501 with its name.

use reqwest::Method;
use serde_json::Value as Json;

use crate::client::{Bench, message};
use crate::shared::data;

const NOWHERE: &str = "6f0d5d0e-0000-4000-8000-000000000000";

/// Fields of late 2025, which the description of August does not have.
const LATE_FIELDS: [&str; 5] = ["ChangeSetID", "DeleteGates", "DestroyGates", "SyncStatus", "WhereTrigger"];

#[tokio::test]
async fn every_operation_is_served_or_refused_by_name() {
    let Some(description) = data("every_operation_is_served_or_refused_by_name", "confighub-openapi.json") else {
        return;
    };
    let bench = Bench::start().await;
    let mut refused = Vec::new();
    let mut count = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            count += 1;
            let concrete = concrete(path);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = bench.send(bench.request(method.clone(), &concrete)).await;
            let text = match answer.0 {
                200 | 207 => continue,
                _ => message(&answer),
            };
            assert_ne!(answer.0, 405, "{id}: {method} {path}");
            assert!(!text.starts_with("no such path"), "{id}: {method} {path}");
            if answer.0 == 501 {
                assert_eq!(text, format!("{id} is not supported by this hub"));
                refused.push(id.to_owned());
            }
        }
    }
    assert_eq!(count, 153);
    refused.sort_unstable();
    insta::assert_snapshot!(refused.join("\n"));
}

fn concrete(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { NOWHERE } else { part }).collect::<Vec<_>>().join("/")
}

/// What the answers hold is in the description's schemas, and what those require is in the answers.
#[tokio::test]
async fn answers_have_the_descriptions_fields() {
    let case = "answers_have_the_descriptions_fields";
    let Some(mut description) = data(case, "confighub-openapi.json") else { return };
    let Some(overlay) = data(case, "confighub-openapi-late2025-overlay.json") else { return };
    add_late_fields(&mut description, &overlay);
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "kind: Namespace\n").await;
    let worker = bench.created(&format!("/space/{space}/bridge_worker"), serde_json::json!({"Slug": "w"})).await;
    let target = serde_json::json!({
        "Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML",
    });
    let target = bench.created(&format!("/space/{space}/target"), target).await;
    bench.patch(&unit, serde_json::json!({"TargetID": target["TargetID"]})).await;
    bench.post(&format!("{unit}/apply"), Json::Null).await;
    for (path, schema) in [
        ("/me".to_owned(), "OrganizationMember"),
        ("/info".to_owned(), "ApiInfo"),
        ("/user".to_owned(), "User"),
        ("/organization".to_owned(), "Organization"),
        ("/space?summary=true".to_owned(), "ExtendedSpace"),
        (
            "/unit?include=UnitEventID,TargetID,UpstreamUnitID,SpaceID,HeadRevisionNum,HeadMutationNum".to_owned(),
            "ExtendedUnit",
        ),
        (format!("{unit}/extended"), "UnitExtended"),
        (format!("{unit}/revision?include=UserID"), "ExtendedRevision"),
        (format!("{unit}/mutation?include=RevisionID,LinkID,TriggerID"), "ExtendedMutation"),
        (format!("{unit}/unit_event"), "UnitEvent"),
        ("/bridge_worker?include=SpaceID".to_owned(), "ExtendedBridgeWorker"),
        ("/target?include=SpaceID,BridgeWorkerID".to_owned(), "ExtendedTarget"),
    ] {
        let (status, answer) = bench.get(&path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        let items = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
        assert!(!items.is_empty(), "{path}");
        for item in &items {
            conform(&description, item, &description["components"]["schemas"][schema], &format!("{path} {schema}"));
        }
    }
}

/// Adds the fields that late clients know, of whatever type.
fn add_late_fields(description: &mut Json, overlay: &Json) {
    for field in overlay["fields"].as_array().unwrap() {
        let schema = field["schema"].as_str().unwrap().split(' ').next().unwrap();
        for name in field["name"].as_str().unwrap().split(", ") {
            description["components"]["schemas"][schema]["properties"][name] = serde_json::json!({"nullable": true});
        }
    }
}

/// The part of JSON Schema that the description uses.
fn conform(description: &Json, value: &Json, schema: &Json, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = description.pointer(reference.trim_start_matches('#')).unwrap();
        return conform(description, value, target, at);
    }
    if value.is_null() {
        assert_eq!(schema["nullable"], true, "{at} is null");
        return;
    }
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
    }
    let fits = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    assert!(fits, "{at}: {value} is no {}", schema["type"]);
    for item in value.as_array().into_iter().flatten() {
        conform(description, item, &schema["items"], at);
    }
    for (key, field) in value.as_object().into_iter().flatten() {
        if LATE_FIELDS.contains(&key.as_str()) {
            continue;
        }
        let known = &schema["properties"][key];
        let schema = if known.is_null() { &schema["additionalProperties"] } else { known };
        assert!(!schema.is_null(), "{at}: no field {key}");
        conform(description, field, schema, &format!("{at}.{key}"));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{at}: {required} is missing");
    }
}

/// Odd bodies and queries, sent to every operation of a hub that has something in it.
#[tokio::test]
async fn odd_requests_are_refused_in_a_declared_way() {
    let Some(description) = data("odd_requests_are_refused_in_a_declared_way", "confighub-openapi.json") else {
        return;
    };
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", "kind: Namespace\n").await;
    let unit = unit.rsplit('/').next().unwrap();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let labels: serde_json::Map<String, Json> = (0..10_000).map(|n| (format!("k{n}"), "v".into())).collect();
    let many_labels =
        serde_json::json!({"Labels": labels, "Version": 1, "Slug": "u", "ToolchainType": "x"}).to_string();
    let bodies = [
        "[]",
        "\"x\"",
        "{",
        "{\"Slug\": {\"a\": 1}, \"Labels\": [], \"Version\": 1}",
        "{\"Data\": \"YTogJmEgWyphLCAqYV0K\", \"Version\": 2, \"Slug\": \"u\"}",
        "{\"FunctionInvocations\": [{\"FunctionName\": \"set-replicas\", \"Arguments\": [null]}]}",
        "\u{0}\u{1}",
        &deep,
        &many_labels,
    ];
    for (path, operations) in description["paths"].as_object().unwrap() {
        let concrete = path.replace("{space_id}", &space).replace("{unit_id}", unit);
        let concrete = self::concrete(&concrete);
        for (method, operation) in operations.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            if method == "delete" {
                continue;
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            for body in bodies {
                let request = bench.request(method.clone(), &concrete).body(body.to_owned());
                check_declared(id, body, bench.send(request).await.0);
            }
            for query in
                ["where=%00", "where=Slug", "include=%F0%9F%98%80", "select=%2C%2C", "filter=x", "upgrade=maybe"]
            {
                let request = bench.request(method.clone(), &format!("{concrete}?{query}"));
                check_declared(id, query, bench.send(request).await.0);
            }
        }
    }
}

fn check_declared(id: &str, sent: &str, status: u16) {
    let sent: String = sent.chars().take(60).collect();
    assert!(matches!(status, 200 | 207 | 400 | 401 | 403 | 404 | 409 | 501), "{id} answered {status} to {sent}");
}
