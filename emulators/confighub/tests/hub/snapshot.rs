//! A hub written to a folder and loaded again.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use stagegate_confighub::{Snapshot, SnapshotSecrets};

use crate::client::{Bench, text};
use crate::determinism::{Transcript, reads, session};

/// A hub with something of everything in it, and no open stream.
pub(crate) async fn furnished() -> Bench {
    let bench = Bench::start().await;
    session(&bench).await;
    while bench.get("/bridge_worker").await.1[0]["BridgeWorker"]["Condition"] != "Disconnected" {
        tokio::task::yield_now().await;
    }
    bench
}

/// All that can be read, without what differs by request.
async fn all_reads(bench: &Bench) -> String {
    let mut hub = Transcript::of(bench);
    reads(&mut hub).await;
    hub.text.lines().filter(|line| !line.starts_with("  x-request-id")).map(|line| line.to_owned() + "\n").collect()
}

fn ids(value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(fields) => fields.values().for_each(|value| ids(value, found)),
        Json::Array(items) => items.iter().for_each(|value| ids(value, found)),
        Json::String(text) if text.len() == 36 => drop(found.insert(text.clone())),
        _ => {}
    }
}

#[tokio::test]
async fn a_loaded_hub_answers_as_the_saved_one_and_is_saved_the_same() {
    let bench = furnished().await;
    let folder = tempfile::tempdir().unwrap();
    let saved = bench.hub.snapshot(SnapshotSecrets::Kept);
    saved.write(&folder.path().join("hub")).unwrap();
    let read = Snapshot::read(&folder.path().join("hub")).unwrap();
    assert!(read == saved, "what was written is not what is read");
    let loaded = Bench::load(&read).await.unwrap();
    assert_eq!(loaded.hub.token(), bench.hub.token());
    let again = loaded.hub.snapshot(SnapshotSecrets::Kept);
    for ((path, content), (path_again, content_again)) in saved.files().zip(again.files()) {
        assert_eq!((path, String::from_utf8_lossy(content)), (path_again, String::from_utf8_lossy(content_again)));
    }
    assert!(again == saved);
    // The clock of the saved hub has gone on, which no answer but counts of recent changes tells.
    let (before, after) = (all_reads(&bench).await, all_reads(&loaded).await);
    assert!(before.len() > 20_000);
    assert_eq!(before, after);
    assert_eq!(bench.hub.audit(), loaded.hub.audit());
}

#[tokio::test]
async fn a_loaded_hub_goes_on_with_ids_and_places_of_its_own() {
    let bench = furnished().await;
    let loaded = Bench::load(&bench.hub.snapshot(SnapshotSecrets::Kept)).await.unwrap();
    let mut before = BTreeSet::new();
    for list in ["/unit?include=HeadRevisionNum,HeadMutationNum", "/space", "/link", "/target"] {
        ids(&loaded.get(list).await.1, &mut before);
    }
    let cursor = loaded.get("/space").await.1.as_array().unwrap().len();
    let space = loaded.created("/space", json!({"Slug": "later"})).await;
    assert_eq!(space["CursorID"], json!(cursor + 1));
    let space = text(&space["SpaceID"]);
    let unit = loaded.unit(&space, "later", "a: 1\n").await;
    let unit = unit.rsplit('/').next().unwrap().to_owned();
    assert!(!before.contains(&space) && !before.contains(&unit));
    // The same folder and seed give the same ids again.
    let twin = Bench::load(&bench.hub.snapshot(SnapshotSecrets::Kept)).await.unwrap();
    assert_eq!(twin.space("later").await, space);
}

#[tokio::test]
async fn configuration_data_is_beside_its_unit_as_it_is() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let data = "# why\r\na:   1\n\n---\nb: [1,  2]";
    bench.unit(&space, "u", data).await;
    bench.created(&format!("/space/{space}/unit"), json!({"Slug": "U", "ToolchainType": "Kubernetes/YAML"})).await;
    let binary = json!({"Slug": "bin", "ToolchainType": "AppConfig/Properties", "Data": "AP8B"});
    bench.created(&format!("/space/{space}/unit"), binary).await;
    let saved = bench.hub.snapshot(SnapshotSecrets::LeftOut);
    let file = |wanted: &str| {
        let wanted = format!("organizations/stagegate/spaces/p/units/{wanted}");
        saved.files().find(|(path, _)| *path == wanted).map(|(_, content)| content.to_vec())
    };
    assert_eq!(file("u/data.yaml").unwrap(), data.as_bytes());
    assert_eq!(file("u/revisions/0001/data.yaml").unwrap(), data.as_bytes());
    assert_eq!(file("bin/data.bin").unwrap(), [0, 255, 1]);
    assert!(file("U~2/unit.yaml").is_some(), "not every system tells U from u");
    assert!(!String::from_utf8(file("u/unit.yaml").unwrap()).unwrap().contains("\nData:"));
    assert!(Bench::load(&saved).await.is_ok());
}

#[tokio::test]
async fn secrets_are_in_one_file_or_left_out() {
    let bench = furnished().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub");
    bench.hub.snapshot(SnapshotSecrets::Kept).write(&path).unwrap();
    let secrets = bench.recorder.secrets.lock().unwrap().clone();
    assert!(secrets.len() > 3);
    for (name, content) in Snapshot::read(&path).unwrap().files().filter(|(name, _)| *name != "secrets.yaml") {
        let content = String::from_utf8_lossy(content);
        assert!(!secrets.iter().any(|secret| content.contains(secret.as_str())), "{name} holds a secret");
    }
    // In place of the former one, in the same folder.
    let without = bench.hub.snapshot(SnapshotSecrets::LeftOut);
    without.write(&path).unwrap();
    assert!(!path.join("secrets.yaml").exists());
    let loaded = Bench::load(&Snapshot::read(&path).unwrap()).await.unwrap();
    assert_ne!(loaded.hub.token(), bench.hub.token());
    assert_eq!(loaded.get("/space").await.0, 200);
    let renewed = loaded.recorder.secrets.lock().unwrap().clone();
    assert!(renewed.iter().all(|secret| !secret.is_empty() && !secrets.contains(secret)));
    assert!(renewed.len() >= 4, "session, password and worker need new ones: {}", renewed.len());
    assert!(loaded.hub.snapshot(SnapshotSecrets::LeftOut) == without);
}

#[tokio::test]
async fn a_folder_that_holds_anything_else_is_left_alone() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let refused = bench.hub.snapshot(SnapshotSecrets::Kept).write(folder.path()).unwrap_err();
    assert!(refused.to_string().ends_with("is not a snapshot"), "{refused}");
    assert_eq!(std::fs::read_to_string(folder.path().join("thesis.txt")).unwrap(), "mine");
}

/// Every file and folder below a path, with the path itself.
fn below(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        all.extend(fs::read_dir(path).unwrap().flat_map(|entry| below(&entry.unwrap().path())));
    }
    all
}

#[tokio::test]
async fn nobody_but_its_owner_may_read_any_of_it() {
    let bench = furnished().await;
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("hub");
    bench.hub.snapshot(SnapshotSecrets::LeftOut).write(&folder).unwrap();
    let all = below(&folder);
    assert!(all.len() > 50, "{}", all.len());
    for path in all {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[tokio::test]
async fn a_crash_while_it_is_written_loses_nothing() {
    let bench = Bench::start().await;
    let above = tempfile::tempdir().unwrap();
    let [folder, old, new] = ["hub", ".hub.old", ".hub.new"].map(|name| above.path().join(name));
    bench.space("first").await;
    let first = bench.hub.snapshot(SnapshotSecrets::Kept);
    bench.space("second").await;
    let second = bench.hub.snapshot(SnapshotSecrets::Kept);
    // Between the two renamings: the former one is aside, the new one is not in its place yet.
    let crash = || {
        let _none = fs::remove_dir_all(&folder);
        first.write(&folder).unwrap();
        fs::rename(&folder, &old).unwrap();
        second.write(&new).unwrap();
    };
    crash();
    assert!(Snapshot::read(&folder).unwrap() == first, "it is put back by whoever reads");
    assert!(!old.exists());
    crash();
    fs::create_dir(&folder).unwrap();
    assert!(Snapshot::read(&folder).unwrap() == first, "also where somebody made an empty folder meanwhile");
    crash();
    second.write(&folder).unwrap();
    assert!(Snapshot::read(&folder).unwrap() == second);
    assert!(!old.exists() && !new.exists());
    // And where it cannot be written, the former one is there again.
    crash();
    fs::remove_dir_all(&new).unwrap();
    fs::write(&new, "in the way").unwrap();
    second.write(&folder).unwrap_err();
    assert!(Snapshot::read(&folder).unwrap() == first);
    // After the second renaming: what is aside is out of date.
    fs::remove_file(&new).unwrap();
    first.write(&old).unwrap();
    second.write(&folder).unwrap();
    assert!(Snapshot::read(&folder).unwrap() == second && !old.exists());
}
