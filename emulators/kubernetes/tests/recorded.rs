//! What a real Kubernetes 1.34 answered to a bridge worker, and what the emulator answers to the same.
//!
//! The recorded runs are read from `$STAGEGATE_SHARED/data/recorded-worker-runs.json`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod cluster;

use std::path::PathBuf;

use cluster::{Lab, Reply, path_of};
use serde_json::{Value, json};

fn shared() -> PathBuf {
    std::env::var_os("STAGEGATE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

fn runs(test: &str) -> Option<Vec<Value>> {
    let path = shared().join("data/recorded-worker-runs.json");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Some(serde_json::from_str(&text).expect("the recorded runs"));
    }
    eprintln!("skipped: {test}: no shared data at {}", path.display());
    None
}

fn run<'a>(runs: &'a [Value], case: &str) -> &'a Value {
    runs.iter().find(|run| run["case"] == case).unwrap_or_else(|| panic!("no recorded run {case}"))
}

fn documents(run: &Value) -> Vec<Value> {
    let manifest = run["manifest"].as_str().expect("a manifest");
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(manifest).expect("YAML");
    documents.retain(Value::is_object);
    documents
}

/// Server-side apply as the worker does it.
async fn apply(lab: &Lab, document: &Value, dry_run: bool) -> Reply {
    let dry_run = if dry_run { "&dryRun=All" } else { "" };
    let path = format!("{}?fieldManager=confighub&force=true{dry_run}", path_of(document));
    let body = document.to_string().into_bytes();
    lab.send("PATCH", &path, &[("content-type", "application/apply-patch+yaml")], body).await
}

fn messages(run: &Value) -> String {
    let results = run["results_received"].as_array().expect("results");
    results.iter().filter_map(|result| result["body"]["Message"].as_str()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn refusals_have_the_recorded_words() {
    let Some(runs) = runs("refusals_have_the_recorded_words") else { return };
    let lab = Lab::new("images: []").await;
    lab.pass(1.0).await;
    for case in ["5", "6d", "6e", "6f", "6g", "6j"] {
        let run = run(&runs, case);
        let mut refusals = Vec::new();
        for document in documents(run) {
            let reply = apply(&lab, &document, true).await;
            if reply.status >= 400 {
                refusals.push(reply.body["message"].as_str().expect("a message").to_owned());
            }
        }
        assert!(!refusals.is_empty(), "{case}: nothing was refused");
        for refusal in refusals {
            assert!(messages(run).contains(&refusal), "{case}: {refusal}\nrecorded: {}", messages(run));
        }
    }
}

#[tokio::test]
async fn a_changed_selector_is_refused_in_the_recorded_words() {
    let Some(runs) = runs("a_changed_selector_is_refused_in_the_recorded_words") else { return };
    let lab = Lab::new("images: []").await;
    lab.pass(1.0).await;
    for document in documents(run(&runs, "6h")) {
        assert_eq!(apply(&lab, &document, false).await.status, 201);
    }
    let second = run(&runs, "6i");
    let reply = apply(&lab, &documents(second)[0], true).await;
    let refusal = reply.body["message"].as_str().expect("a message");
    assert!(messages(second).contains(refusal), "{refusal}\nrecorded: {}", messages(second));
}

/// A set of fields as the recorder wrote it: joined paths of the leaves.
fn joined(fields: &Value, path: &str, found: &mut Vec<String>) {
    for (name, below) in fields.as_object().expect("fields") {
        let place = match name.split_once(':') {
            Some(("f", field)) => format!("{path}.{field}"),
            Some((_, item)) => format!("{path}[{item}]"),
            None => continue,
        };
        if below.as_object().is_none_or(serde_json::Map::is_empty) {
            found.push(place);
        } else {
            joined(below, &place, found);
        }
    }
}

fn without_addresses(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for field in ["clusterIP", "clusterIPs"] {
        spec.as_object_mut().map(|spec| spec.remove(field));
    }
    spec
}

#[tokio::test]
async fn applied_objects_are_defaulted_and_owned_as_recorded() {
    let Some(runs) = runs("applied_objects_are_defaulted_and_owned_as_recorded") else { return };
    let mut compared = 0;
    for case in ["2", "16a", "16b", "18c", "18g", "18h", "18i"] {
        let lab = Lab::new("images: [{ name: docker.io/library/nginx, tags: ['*'] }]").await;
        lab.pass(1.0).await;
        let run = run(&runs, case);
        let mut documents = documents(run);
        if documents.iter().any(|one| one["kind"] == "List") {
            documents = documents.iter().flat_map(|one| one["items"].as_array().cloned().unwrap_or_default()).collect();
        }
        documents.sort_by_key(|one| one["kind"] != "Namespace");
        for document in &documents {
            let reply = apply(&lab, document, false).await;
            assert!(reply.status < 300, "{case}: {}", reply.body);
        }
        lab.pass(10.0).await;
        for recorded in run["cluster_state_after"].as_array().into_iter().flatten() {
            let Some(document) = documents
                .iter()
                .find(|one| one["kind"] == recorded["kind"] && one["metadata"]["name"] == recorded["metadata"]["name"])
            else {
                continue;
            };
            let live = lab.get(&path_of(document)).await.body;
            let what = format!("{case}: {}/{}", recorded["kind"], recorded["metadata"]["name"]);
            if recorded["kind"] != "Job" {
                assert_eq!(without_addresses(&live["spec"]), without_addresses(&recorded["spec"]), "{what}");
            }
            for entry in recorded["metadata"]["managedFields"].as_array().into_iter().flatten() {
                let same = |one: &&Value| {
                    ["manager", "operation", "subresource"].iter().all(|field| one[*field] == entry[*field])
                };
                let mine = live["metadata"]["managedFields"].as_array().and_then(|all| all.iter().find(same));
                let mut fields = Vec::new();
                joined(&mine.unwrap_or(&Value::Null)["fieldsV1"], "", &mut fields);
                fields.retain(|field| !field.starts_with(".status"));
                fields.sort();
                assert_eq!(json!(fields), entry["fields"], "{what}: {}", entry["manager"]);
                compared += 1;
            }
        }
    }
    assert!(compared >= 10, "only {compared} entries of managedFields were compared");
}
