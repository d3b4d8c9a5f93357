//! How much a script may use before it is stopped.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// How much a script may use before it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The most processes at one time.
    pub processes: usize,
    /// The most bytes that all files of the workspace hold. No single file, wherever it is, may become
    /// larger than this (`ulimit -f`).
    pub disk: u64,
}

impl Default for Limits {
    /// A tutorial's script has tens of processes and writes megabytes.
    fn default() -> Self {
        Self { processes: 512, disk: 2 << 30 }
    }
}

/// What a script used too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Exceeded {
    /// It started ever more processes.
    #[error("it had more than {0} processes at once")]
    Processes(usize),
    /// It filled the workspace.
    #[error("the files of its workspace held more than {0} bytes")]
    Disk(u64),
}

/// The bytes that the files below `folder` hold. What vanishes meanwhile counts for nothing.
pub(crate) fn disk_use(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    const BLOCK: u64 = 512;
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        // Not followed: a link's own size counts. A file with holes holds only what was written.
        let data = entry.metadata().ok()?;
        Some(if data.is_dir() { disk_use(&entry.path()) } else { data.blocks() * BLOCK })
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_all_folders_count() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b"), vec![7; 100_000]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("root")).unwrap();
        let used = disk_use(folder.path());
        assert!((100_000..200_000).contains(&used), "{used}");
    }
}
