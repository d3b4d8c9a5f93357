//! The small tutorial: its files, and the stages that run it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The texts of the files, by path.
pub(crate) type Files = BTreeMap<String, String>;

/// A stage: the feature that runs and judges it, and the files that it alone reaches.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) feature: &'static str,
    pub(crate) files: &'static [&'static str],
}

/// Both stages. A file is mutated where the stage that it is listed for runs it.
pub(crate) const STAGES: [Stage; 2] = [
    Stage {
        name: "stage 1",
        feature: include_str!("stage-1.feature"),
        files: &["stages/stage1-hello-traderx.sh", "setup", "deploy", "bin/prefix", "k8s/reference-data.yaml"],
    },
    Stage {
        name: "stage 2",
        feature: include_str!("stage-2.feature"),
        files: &["stages/stage2-production.sh", "bin/start-worker", "k8s/namespace.yaml", "k8s/trade-service.yaml"],
    },
];

/// The files of the correct tutorial. Each belongs to a stage.
pub(crate) fn correct() -> Files {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tutorial/correct");
    let (mut files, mut folders) = (Files::new(), vec![top.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder of the tutorial") {
            let path = entry.expect("its entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&top).expect("a path below the top").display().to_string();
            assert!(STAGES.iter().any(|stage| stage.files.contains(&name.as_str())), "no stage mutates {name}");
            files.insert(name, std::fs::read_to_string(path).expect("a text"));
        }
    }
    files
}

/// Writes the files as a checkout below `folder`.
pub(crate) fn write(files: &Files, folder: &Path) -> PathBuf {
    let checkout = folder.join("tutorial");
    for (name, text) in files {
        let path = checkout.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(&path, text).expect("the file is written");
        if text.starts_with("#!") {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is made executable");
        }
    }
    checkout
}
