//! Functions against what the real executor was seen to do with the same data and arguments.
//!
//! `tests/functions/observed` has a file for each function, with a case on each line: the manifest, the
//! functions with their arguments, and what was observed. Where the executor leaves an order to chance, a
//! case has several observations. Differences that are meant are in `known_differences.txt`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::functions::{Argument, Context, Named, Request, invoke};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    manifest: String,
    functions: Vec<Vec<Json>>,
    #[serde(default = "yes")]
    cast: bool,
    #[serde(default)]
    stop: bool,
    #[serde(default)]
    filters: usize,
    #[serde(default)]
    combine: bool,
    #[serde(default)]
    live: String,
    #[serde(default)]
    context: Known,
    observed: Vec<Json>,
}

/// What the executor was told of the unit, where it differs from what all cases have.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Known {
    approved_by: Vec<String>,
    previous_content_hash: i32,
}

fn yes() -> bool {
    true
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions")
}

impl Case {
    /// How known differences call it.
    fn name(&self) -> String {
        format!("{} {}", self.manifest, json!(self.functions))
    }

    fn data(&self) -> String {
        std::fs::read_to_string(folder().join("manifests").join(format!("{}.yaml", self.manifest))).unwrap()
    }

    /// What this engine does, in the form in which observations are kept.
    fn ours(&self) -> Json {
        let data = self.data();
        let argument = |given: &Json| match given {
            Json::Object(_) => serde_json::from_value(given.clone()).unwrap(),
            value => Argument { value: value.clone(), ..Argument::default() },
        };
        let named = |function: &Vec<Json>| Named {
            name: function[0].as_str().unwrap().to_owned(),
            arguments: function[1..].iter().map(argument).collect(),
        };
        let functions: Vec<Named> = self.functions.iter().map(named).collect();
        let response = invoke(&Request {
            context: Context {
                unit_id: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
                unit_slug: "Orders_Unit".to_owned(),
                space_id: "22222222-2222-2222-2222-222222222222".parse().unwrap(),
                space_slug: "shop-prod".to_owned(),
                approved_by: self.context.approved_by.clone(),
                previous_content_hash: self.context.previous_content_hash,
                ..Context::default()
            },
            data: &data,
            live_state: &self.live,
            cast_arguments: self.cast,
            filters: self.filters,
            stop_on_error: self.stop,
            combine_results: self.combine,
            functions: &functions,
        });
        let response = match response {
            Ok(response) => response,
            Err(error) => return json!({"error": error.to_string()}),
        };
        // What says nothing is left out.
        let mut ours = serde_json::Map::new();
        let mut tell = |key: &str, value: Json, usual: Json| {
            if value != usual {
                ours.insert(key.to_owned(), value);
            }
        };
        tell("data", json!(response.data), json!(data));
        tell("success", json!(response.success), json!(true));
        tell("output", without_descriptions(&response.output), Json::Null);
        tell("output_type", json!(response.output_type), json!(""));
        tell("mutations", response.mutations, json!([]));
        tell("mutators", json!(response.mutators), json!([]));
        tell("messages", json!(response.messages), json!([]));
        Json::Object(ours)
    }
}

/// Descriptions of attributes are ours.
fn without_descriptions(value: &Json) -> Json {
    match value {
        Json::Object(entries) => entries
            .iter()
            .filter(|(key, _)| *key != "Description")
            .map(|(key, value)| (key.clone(), without_descriptions(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Json::Array(items) => items.iter().map(without_descriptions).collect(),
        other => other.clone(),
    }
}

fn cases() -> Vec<Case> {
    let files = std::fs::read_dir(folder().join("observed")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    files.iter().flat_map(|file| read(file).lines().map(parse).collect::<Vec<Case>>()).collect()
}

/// Reasons by the names of cases.
fn known_differences() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("known_differences.txt")).unwrap();
    let mut known = BTreeMap::new();
    let mut reason = String::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("# ") {
            Some(comment) => comment.clone_into(&mut reason),
            None => drop(known.insert(line.to_owned(), reason.clone())),
        }
    }
    known
}

#[test]
fn functions_do_what_the_real_executor_was_seen_to_do() {
    let mut known = known_differences();
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let ours = case.ours();
        let same = case.observed.contains(&ours);
        match (same, known.remove(&case.name())) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(reason)) => wrong.push(format!("{}\n  is no longer different: {reason}", case.name())),
            (false, None) => wrong.push(format!("{}\n  observed {}\n  ours     {ours}", case.name(), case.observed[0])),
        }
    }
    for (name, reason) in known {
        wrong.push(format!("{name}\n  is known to differ, but no case: {reason}"));
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 250, "only {} cases", cases.len());
}

#[test]
fn every_function_is_in_the_corpus() {
    let cases = cases();
    let used: std::collections::BTreeSet<&str> =
        cases.iter().flat_map(|case| &case.functions).filter_map(|function| function[0].as_str()).collect();
    for name in crate::functions::signatures()["Kubernetes/YAML"].as_object().unwrap().keys() {
        // What the real `validate` finds depends on schemas from the network; `echo` is the worker's own.
        assert!(used.contains(name.as_str()) || name == "validate" || name == "echo", "{name}");
    }
}

#[test]
fn the_real_hash_of_data_is_the_one_that_approvals_are_for() {
    let data = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let hash = crc32fast::hash(data.as_bytes()).cast_signed();
    let functions = [Named {
        name: "is-approved".to_owned(),
        arguments: vec![Argument { value: json!(1), ..Argument::default() }],
    }];
    let passes = |hash| {
        let context =
            Context { approved_by: vec!["jane".to_owned()], previous_content_hash: hash, ..Context::default() };
        let response = invoke(&Request { context, data, functions: &functions, ..Request::default() }).unwrap();
        response.output[0]["Passed"] == true
    };
    assert!(passes(hash) && !passes(hash + 1));
}
