//! What was on the recorder's machine: a session and the tutorial's manifests, as far as the recordings show them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::recording::Run;

pub(crate) fn lay_out(home: &Path, work: &Path, runs: &[Run]) {
    let session = r#"{"user": {"id": "u1", "email": "t@x"}, "access_token": "tok123", "organization_id": "org_x",
                      "auth_type": "JWT"}"#;
    std::fs::create_dir_all(home.join(".confighub")).unwrap();
    std::fs::write(home.join(".confighub/session.json"), session).unwrap();
    std::fs::create_dir_all(work.join("k8s")).unwrap();
    std::fs::write(work.join("k8s/reference-data.yaml"), listed(runs, "reference-data")).unwrap();
    std::fs::write(work.join("k8s/trade-service.yaml"), listed(runs, "trade-service")).unwrap();
    std::fs::write(work.join("k8s/namespace-base.yaml"), listed(runs, "ns-base")).unwrap();
}

fn run<'a>(runs: &'a [Run], cmd: &str) -> &'a Run {
    runs.iter().find(|run| run.cmd == cmd).unwrap_or_else(|| panic!("no recording of {cmd}"))
}

/// From the JSON that `unit list` printed.
fn listed(runs: &[Run], slug: &str) -> Vec<u8> {
    let printed = &run(runs, "cub unit list --space p-traderx --json").out;
    let units: Vec<Value> = serde_json::from_str(printed).unwrap();
    let unit = units.iter().find(|extended| extended["Unit"]["Slug"] == slug).unwrap();
    STANDARD.decode(unit["Unit"]["Data"].as_str().unwrap()).unwrap()
}
