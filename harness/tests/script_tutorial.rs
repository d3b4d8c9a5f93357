//! The small tutorial of our own and its variants are what `variants.yaml` says of them.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stagegate_harness::findings::catalogue;

#[derive(Debug, Deserialize)]
struct Variant {
    name: String,
    defect: String,
    findings: Vec<Expected>,
    fails: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    kind: String,
    at: String,
}

fn tutorial() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tutorial")
}

/// The texts of the files below `folder`, by their path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn variants() -> Vec<Variant> {
    serde_saphyr::from_str(&std::fs::read_to_string(tutorial().join("variants.yaml")).unwrap()).unwrap()
}

#[test]
fn each_variant_changes_one_file_and_names_what_it_seeds() {
    let correct = files(&tutorial().join("correct"));
    let kinds: BTreeSet<_> = catalogue().iter().map(|entry| entry.kind).collect();
    for variant in variants() {
        let changed = files(&tutorial().join(&variant.name));
        assert_eq!(changed.len(), 1, "{}: one defect, one file", variant.name);
        for (path, text) in &changed {
            assert!(correct.get(path).is_some_and(|original| original != text), "{}: {path:?}", variant.name);
        }
        assert!(!variant.defect.is_empty());
        assert!(!variant.findings.is_empty() || variant.fails.is_some(), "{}: nothing would tell", variant.name);
        for expected in &variant.findings {
            assert!(kinds.contains(expected.kind.as_str()), "{}: {}", variant.name, expected.kind);
            let (file, line) = expected.at.split_once(':').expect("file:line");
            let text = changed.get(Path::new(file)).unwrap_or_else(|| &correct[Path::new(file)]);
            let line = text.lines().nth(line.parse::<usize>().unwrap() - 1);
            let calls = |line: &str| ["cub ", "sleep "].iter().any(|tool| line.contains(tool));
            assert!(line.is_some_and(calls), "{}: {}: {line:?}", variant.name, expected.at);
        }
    }
}

#[test]
fn every_folder_is_named() {
    let named: BTreeSet<_> = variants().into_iter().map(|variant| variant.name).chain(["correct".to_owned()]).collect();
    let entries = tutorial().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    let folders: BTreeSet<_> = folders.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(folders, named);
}

#[test]
fn every_script_is_one_that_bash_can_read() {
    for (path, text) in files(&tutorial()) {
        if text.starts_with("#!") {
            let checked = std::process::Command::new("bash").arg("-n").arg(tutorial().join(&path)).output();
            let output = checked.expect("this test needs bash on the PATH");
            assert!(output.status.success(), "{path:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
