//! Folders that are no good: each is refused with file and line, what is wrong, and how to mend it.

use std::fs;
use std::path::Path;

use stagegate_confighub::{LoadError, Snapshot, SnapshotSecrets};

use crate::client::Bench;
use crate::snapshot::furnished;

const UNIT: &str = "organizations/stagegate/spaces/base/units/api/unit.yaml";

fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

async fn refusal(folder: &Path) -> String {
    let refused = match Snapshot::read(folder) {
        Ok(snapshot) => match Bench::load(&snapshot).await {
            Ok(_) => panic!("the folder was loaded"),
            Err(LoadError::Snapshot(refused)) => refused,
            Err(other) => panic!("{other}"),
        },
        Err(refused) => refused,
    };
    let told = format!("{refused}\n    help: {}\n", refused.help());
    told.replace(&folder.display().to_string(), "FOLDER")
}

/// A breach by its name.
type Breach = (&'static str, fn(&Path));

const BREACHES: [Breach; 24] = [
    ("no manifest", |folder| fs::remove_file(folder.join("snapshot.yaml")).unwrap()),
    ("a format of the future", |folder| replace(folder, "snapshot.yaml", "Format: 1", "Format: 2")),
    ("no format", |folder| replace(folder, "snapshot.yaml", "Format: 1", "Format: one")),
    ("broken YAML", |folder| replace(folder, UNIT, "Labels:", "Labels: [")),
    ("a wrong type", |folder| replace(folder, UNIT, "HeadRevisionNum: ", "HeadRevisionNum: x")),
    ("a wrong type in what is hidden", |folder| replace(folder, UNIT, "EffectiveOrder: 0", "EffectiveOrder: none")),
    ("a user's slug that leads elsewhere", |folder| {
        replace(folder, "users/operator.yaml", "Slug: operator", "Slug: ../../operator");
    }),
    ("a unit's slug that leads elsewhere", |folder| replace(folder, UNIT, "Slug: api", "Slug: ../../api")),
    ("an organization's slug that leads elsewhere", |folder| {
        replace(folder, "organizations/stagegate/organization.yaml", "Slug: stagegate", "Slug: ../stagegate");
    }),
    ("an unknown file", |folder| fs::write(folder.join("organizations/stagegate/notes.txt"), "").unwrap()),
    ("an unknown organization", |folder| {
        fs::create_dir_all(folder.join("organizations/other"))
            .and_then(|()| fs::write(folder.join("organizations/other/organization.yaml"), ""))
            .unwrap();
    }),
    ("a unit in the wrong space", |folder| {
        let base = folder.join("organizations/stagegate/spaces");
        fs::rename(base.join("base/units/ns"), base.join("prod/units/moved")).unwrap();
    }),
    ("a missing revision", |folder| {
        fs::remove_dir_all(folder.join(UNIT).with_file_name("revisions/0002")).unwrap();
        fs::remove_dir_all(folder.join(UNIT).with_file_name("revisions/0003")).unwrap();
    }),
    ("a missing revision between others", |folder| {
        fs::remove_dir_all(folder.join(UNIT).with_file_name("revisions/0001")).unwrap();
    }),
    ("a live revision that is not there", |folder| replace(folder, UNIT, "LiveRevisionNum: ", "LiveRevisionNum: 7")),
    ("an unknown field", |folder| replace(folder, UNIT, "\nSlug:", "\nSlugs: api\nSlug:")),
    ("an unknown field without a value", |folder| replace(folder, UNIT, "\nSlug:", "\nHeadRevision:\nSlug:")),
    ("an unknown field in what is hidden", |folder| {
        replace(folder, UNIT, "EffectiveOrder: 0", "EffectiveOrder: 0\n  Effect: 0");
    }),
    ("an unknown field of a member", |folder| {
        replace(folder, "organizations/stagegate/members.yaml", "  User:", "  Users: b\n  User:");
    }),
    ("data in the wrong file", |folder| replace(folder, UNIT, "\nSlug:", "\nData: YQ==\nSlug:")),
    ("a place that is taken", |folder| {
        let links = folder.join("organizations/stagegate/spaces/base/targets");
        fs::copy(links.join("k8s-w1.yaml"), links.join("twin.yaml")).unwrap();
    }),
    ("a missing member", |folder| replace(folder, "organizations/stagegate/members.yaml", "operator@", "nobody@")),
    ("a missing space", |folder| {
        fs::remove_file(folder.join("organizations/stagegate/spaces/base/space.yaml")).unwrap();
    }),
    ("an audit line", |folder| {
        let path = folder.join("audit.ndjson");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replacen("\"sequence\":2", "\"sequence\":\"two\"", 1)).unwrap();
    }),
];

#[tokio::test]
async fn each_breach_is_told_with_its_place() {
    let bench = furnished().await;
    let saved = bench.hub.snapshot(SnapshotSecrets::Kept);
    let mut told = String::new();
    for (name, breach) in BREACHES {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("hub");
        saved.write(&folder).unwrap();
        breach(&folder);
        told.push_str(&format!("{name}\n    {}", refusal(&folder).await));
    }
    // Ids are the seed's, but not of interest here.
    insta::with_settings!({filters => vec![(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID")]}, {
        insta::assert_snapshot!(told);
    });
}
