//! The corpus of link situations in `tests/links`: what the real executor was seen to find in each unit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::needs::{is_placeholder, needs};
use super::provisions::{PROVIDED_PATH, provisions};

fn cases() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/links");
    let mut cases: Vec<PathBuf> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 10, "the corpus is there");
    cases
}

/// The units of a case by their names, such as `shop.web`.
fn units(case: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let manifests = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    manifests
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// `get-needed` and `get-provided` of every unit, as recorded.
fn found(case: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for (unit, data) in units(case) {
        let mut needed = needs(&data).unwrap();
        needed.retain(|need| is_placeholder(&need.value));
        needed.sort_by_key(|need| (need.resource_type.clone(), need.resource_name.clone(), need.path()));
        lines.extend(needed.iter().map(|need| {
            let (kind, name, path) = (&need.resource_type, &need.resource_name, need.path());
            format!("{unit} needs {kind} {name} {path} {}", need.targets.join(" "))
        }));
        lines.extend(provisions(&data).unwrap().iter().map(|provision| {
            let (kind, name, value) = (&provision.resource_type, &provision.resource_name, &provision.value);
            format!("{unit} provides {kind} {name} {PROVIDED_PATH} {value}")
        }));
    }
    lines
}

#[test]
fn needs_and_provisions_are_those_of_the_executor() {
    for case in cases() {
        let observed = fs::read_to_string(case.join("observed.txt")).unwrap();
        let mut expected: Vec<&str> = observed.lines().collect();
        expected.dedup();
        assert_eq!(found(&case), expected, "{}", case.display());
    }
}
