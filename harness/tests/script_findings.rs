//! What the detectors say of a script, case by case.
//!
//! A case is a folder in `script/findings`: a script, a stand-in for `cub` and `kubectl` that says
//! what the real ones say, what hub and cluster observed meanwhile (journal events; the script is
//! command 1, the first command it calls is 2), and the findings.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::path::Path;

use lane::{Lane, path_with_kubectl};
use stagegate_harness::findings::{Policies, UNCHECKED_STATUS, catalogue, detect};
use stagegate_harness::script::Cub;
use stagegate_reports::journal::{Event, Finding};

async fn findings(case: &Path) -> Vec<Finding> {
    let read = |name: &str| std::fs::read_to_string(case.join(name));
    let tools = tempfile::tempdir().unwrap();
    let path = path_with_kubectl(tools.path(), &read("tool.sh").unwrap());
    let cub = tools.path().join("cub");
    std::os::unix::fs::symlink("kubectl", &cub).unwrap();
    let mut lane = Lane::with(&[("script.sh", &read("script.sh").unwrap())], |setup| {
        setup.path = path;
        setup.cub = Cub::Real(cub);
    });
    lane.run("./script.sh").await;
    for line in read("observed.ndjson").unwrap_or_default().lines() {
        lane.scribe.write(serde_json::from_str::<Event>(line).expect("a journal event"));
    }
    let found = detect(&lane.scribe.records(), &lane.workspace, &Policies::default());
    for finding in &found {
        lane.scribe.write(Event::Finding(finding.clone()));
    }
    let again = detect(&lane.scribe.records(), &lane.workspace, &Policies::default());
    assert_eq!(again, [], "what is known is not found again");
    found
}

#[tokio::test]
async fn each_script_has_its_findings_and_no_others() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script/findings");
    let mut cases: Vec<_> = corpus.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut kinds = std::collections::BTreeSet::new();
    for case in cases {
        let found = findings(&case).await;
        kinds.extend(found.iter().map(|finding| finding.kind.clone()));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_yaml_snapshot!("findings", found));
    }
    let explained: std::collections::BTreeSet<_> = catalogue()
        .iter()
        .map(|entry| entry.kind.to_owned())
        // Found by the run loop, which alone knows the steps.
        .filter(|kind| kind != UNCHECKED_STATUS)
        .collect();
    assert_eq!(kinds, explained, "each kind has a case, and each is explained");
}
