//! What the detectors say of a script, case by case.
//!
//! A case is a folder in `script/findings`: a script, a stand-in for `cub` and `kubectl` that says
//! what the real ones say, what hub and cluster observed meanwhile (journal events; the script is
//! command 1, the first command it calls is 2), and the findings. With a file
//! `run-what-is-printed`, the commands that the script prints are run as well. The lines of a file
//! `secrets` are what no journal may show.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::path::Path;

use jiff::SignedDuration;
use lane::{Lane, path_with_kubectl};
use stagegate_harness::findings::{Policies, UNCHECKED_STATUS, catalogue, detect, printed_commands};
use stagegate_harness::script::Cub;
use stagegate_reports::journal::{Event, Finding, Record};

/// The scripts of a case: `script.sh`, and those that it calls.
fn scripts(case: &Path) -> Vec<(String, String)> {
    let names = case.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let scripts = names.filter(|name| name.contains(".sh") && name != "tool.sh");
    scripts.map(|name| (name.clone(), std::fs::read_to_string(case.join(&name)).unwrap())).collect()
}

/// Puts an observed event where it happened: before the end of its command; what a step did, at the
/// beginning; all else at the end. In the environment's time it is `after` so many seconds.
fn place(records: &mut Vec<Record>, event: Event, after: Option<i64>) {
    let (command, by_step) = match &event {
        Event::Effect(effect) => (effect.command, effect.actor == "step"),
        Event::Exchange(exchange) => (exchange.command, false),
        _ => (None, false),
    };
    let ends = |record: &Record| matches!(&record.event, Event::CommandFinished(end) if Some(end.number) == command);
    let at = if by_step { 0 } else { records.iter().position(ends).unwrap_or(records.len()) };
    let template = records.first().expect("a record").clone();
    let time = template.at.map(|began| began + SignedDuration::from_secs(after.unwrap_or(0)));
    records.insert(at, Record { event, at: time, ..template });
}

async fn findings(case: &Path) -> Vec<Finding> {
    let read = |name: &str| std::fs::read_to_string(case.join(name));
    let tools = tempfile::tempdir().unwrap();
    let path = path_with_kubectl(tools.path(), &read("tool.sh").unwrap());
    let cub = tools.path().join("cub");
    std::os::unix::fs::symlink("kubectl", &cub).unwrap();
    let scripts = scripts(case);
    let files: Vec<_> = scripts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut lane = Lane::with(&files, |setup| {
        setup.path = path;
        setup.cub = Cub::Real(cub);
    });
    read("secrets").unwrap_or_default().lines().for_each(|secret| lane.scribe.secret(secret));
    lane.run("./script.sh").await;
    if case.join("run-what-is-printed").exists() {
        for printed in printed_commands(&lane.scribe.records()) {
            lane.workspace.run_from(&printed.line, Some(printed.at), &lane.scribe, &lane.options).await.unwrap();
        }
    }
    let mut records = lane.scribe.records();
    for line in read("observed.ndjson").unwrap_or_default().lines() {
        let mut told: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let after = told.as_object_mut().and_then(|fields| fields.remove("after")?.as_i64());
        place(&mut records, serde_json::from_value(told).expect("a journal event"), after);
    }
    let found = detect(&records, &lane.workspace, &Policies::default());
    let end = records.last().expect("a record").clone();
    records.extend(found.iter().map(|finding| Record { event: Event::Finding(finding.clone()), ..end.clone() }));
    let again = detect(&records, &lane.workspace, &Policies::default());
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
        // Where the stand-ins are differs from run to run.
        settings.add_filter(r"/\S*/\.tmp\w+/", "/stand-ins/");
        settings.add_filter(r"(/tmp/(tmp|work)\.)\w+", "${1}XXXXXX");
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
