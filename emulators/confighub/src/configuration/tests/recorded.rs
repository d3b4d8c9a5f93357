//! What the real executor of August 2025 gave for inputs of ours, kept in `tests/mutations` and
//! `tests/upgrades`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use stagegate_configuration::mutation::compute_mutations;
use stagegate_configuration::yaml;

use crate::configuration::{Lines, MutationSources, Protection, merge, record_mutations};

fn cases(corpus: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(corpus);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn read(case: &Path, file: &str) -> String {
    fs::read_to_string(case.join(file)).unwrap()
}

#[test]
fn mutations_are_those_of_the_real_executor() {
    let mut differing = Vec::new();
    for case in cases("mutations") {
        let sources = record_mutations(
            &MutationSources::default(),
            &read(&case, "previous.yaml"),
            &read(&case, "modified.yaml"),
            7,
        );
        let ours = serde_json::to_value(sources.unwrap()).unwrap();
        let real: Json = serde_json::from_str(&read(&case, "mutations.json")).unwrap();
        if ours != real {
            differing.push(format!("{}\n{ours:#}\nreal: {real:#}", case.display()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The function that clients can call computes the same from documents as the hub does from texts.
#[test]
fn mutations_of_documents_are_those_of_the_real_executor_too() {
    for case in cases("mutations") {
        let [previous, modified] =
            ["previous.yaml", "modified.yaml"].map(|file| yaml::documents(&read(&case, file)).unwrap());
        let computed = serde_json::to_value(compute_mutations(&previous, &modified, 7).unwrap()).unwrap();
        let real: Json = serde_json::from_str(&read(&case, "mutations.json")).unwrap();
        assert_eq!(computed, real, "{}", case.display());
    }
}

/// A case with `ours.yaml` is one in which the real executor loses a change of either side; the file
/// says what becomes of it here.
#[test]
fn upgrades_are_those_of_the_real_executor_where_it_loses_nothing() {
    let mut differing = Vec::new();
    for case in cases("upgrades") {
        let [base, end, own] = ["base.yaml", "end.yaml", "own.yaml"].map(|file| read(&case, file));
        let sources = record_mutations(&MutationSources::default(), "", &base, 1).unwrap();
        let sources = record_mutations(&sources, &base, &own, 2).unwrap();
        let protection = Protection { sources: &sources, patchable: &|index| index == 1, keep_differences: true };
        let merged = merge(Lines { base: &base, end: &end, own: &own }, &protection).unwrap();
        let expected =
            if case.join("ours.yaml").exists() { read(&case, "ours.yaml") } else { read(&case, "real.yaml") };
        if merged.data != expected {
            differing.push(format!("## {}\n{}-- real:\n{expected}", case.display(), merged.data));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
