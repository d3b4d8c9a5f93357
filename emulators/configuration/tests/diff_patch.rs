//! Drift taken into data, against what the real worker was seen to do.
//!
//! Each folder of `diff_patch/` has the live state before (`original.yaml`) and after (`modified.yaml`), the
//! data (`target.yaml`), and the data that the real worker of August 2025 reported (`patched.yaml`); none
//! where it saw no drift.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::path::{Path, PathBuf};

use stagegate_configuration::mutation::{DiffPatchError, diff_patch};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff_patch");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 6, "{cases:?}");
    cases
}

#[test]
fn drift_is_taken_over_as_the_real_worker_does() {
    for case in cases() {
        let file = |name: &str| std::fs::read_to_string(case.join(name)).ok();
        let [original, modified, target] =
            ["original.yaml", "modified.yaml", "target.yaml"].map(|name| file(name).unwrap());
        let patched = diff_patch(&original, &modified, &target).unwrap();
        assert_eq!(patched, file("patched.yaml"), "{}", case.display());
        // What was taken over is no drift any more.
        assert_eq!(diff_patch(&modified, &modified, &target).unwrap(), None);
    }
}

#[test]
fn what_cannot_be_read_is_told_by_its_part() {
    let resource = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  key: a\n";
    let other = resource.replace("key: a", "key: b");
    let refusals = [
        ("a: [", resource, resource, "failed to parse original YAML: yaml: "),
        (resource, "a: [", resource, "failed to parse modified YAML: yaml: "),
        (resource, "a: 1\n", resource, "failed to diff YAML resources: apiVersion not found"),
        (resource, &other, "a: [", "failed to parse target YAML: yaml: "),
        (resource, &other, "a: 1\n", "failed to apply patch: apiVersion not found"),
    ];
    for (original, modified, target, expected) in refusals {
        let refused: DiffPatchError = diff_patch(original, modified, target).unwrap_err();
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
    assert_eq!(diff_patch(resource, resource, "a: ["), Ok(None), "without drift the data is not looked at");
}

#[test]
fn resources_that_the_data_does_not_have_are_left_out() {
    let one = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  key: a # kept\n";
    let two = one.replace("one", "two");
    let both = format!("{one}---\n{two}");
    assert_eq!(diff_patch(one, &both, one), Ok(Some(one.to_owned())), "an addition");
    assert_eq!(diff_patch(&both, one, &both), Ok(Some(both.clone())), "a deletion");
}
