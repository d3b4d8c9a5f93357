//! Signatures against those of the real executor.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::functions::signatures;

/// A signature without descriptions, and with nothing where there is an empty list.
fn stripped(signature: &Json) -> Json {
    match signature {
        Json::Object(entries) => entries
            .iter()
            .filter(|(key, _)| *key != "Description")
            .map(|(key, value)| (key.clone(), stripped(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Json::Array(items) if items.is_empty() => Json::Null,
        Json::Array(items) => items.iter().map(stripped).collect(),
        other => other.clone(),
    }
}

/// The types as a set. Where the executor says that all are meant, the others that it says are chance.
fn types(signature: &mut Json) -> BTreeSet<String> {
    let types = signature["AffectedResourceTypes"].take();
    let types: BTreeSet<String> =
        types.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    if types.contains("*") { BTreeSet::from(["*".to_owned()]) } else { types }
}

#[test]
fn all_functions_have_the_executors_names_parameters_and_types() {
    let root = std::env::var_os("STAGEGATE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data/functions-2025-08.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: signatures: no shared data at {}", path.display());
        return;
    };
    let theirs: Json = serde_json::from_str(&text).unwrap();
    let ours = signatures();
    let names = |all: &Json| all["Kubernetes/YAML"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&ours), names(&theirs));
    for name in names(&theirs) {
        let (mut ours, mut theirs) =
            (stripped(&ours["Kubernetes/YAML"][&name]), stripped(&theirs["Kubernetes/YAML"][&name]));
        assert_eq!(types(&mut ours), types(&mut theirs), "{name}");
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn every_function_and_parameter_is_described() {
    for (name, signature) in signatures()["Kubernetes/YAML"].as_object().unwrap() {
        let parameters = signature["Parameters"].as_array().unwrap();
        for described in parameters.iter().chain([signature]) {
            assert_ne!(described["Description"], json!(""), "{name}");
        }
    }
}
