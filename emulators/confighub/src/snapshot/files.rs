//! The files of a snapshot, in memory and in a folder.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::SnapshotError;

/// The one file that only its owner may read.
pub(super) const SECRETS: &str = "secrets.yaml";
/// The file by which a snapshot is known.
pub(super) const MANIFEST: &str = "snapshot.yaml";

/// Every file by its path below the folder, with `/` between its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files(pub(super) BTreeMap<String, Vec<u8>>);

impl Files {
    pub(super) fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), content.into());
    }

    pub(super) fn text(&self, path: &str) -> Result<Option<&str>, SnapshotError> {
        let Some(bytes) = self.0.get(path) else { return Ok(None) };
        let text = std::str::from_utf8(bytes);
        text.map(Some).map_err(|_| SnapshotError::broken(path, None, "it is not text", "restore it from a copy"))
    }

    /// Writes the files to a folder in place of what an earlier snapshot left there. A folder that
    /// holds anything else is left alone.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), SnapshotError> {
        let present = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if present && !folder.join(MANIFEST).is_file() {
            return Err(SnapshotError::NoSnapshot { folder: folder.to_owned() });
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(system(parent))?;
        // Written aside first, so that a snapshot is there whole or not at all.
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (fresh, old) = (parent.join(format!(".{name}.new")), parent.join(format!(".{name}.old")));
        for left in [&fresh, &old] {
            if left.exists() {
                fs::remove_dir_all(left).map_err(system(left))?;
            }
        }
        fs::create_dir(&fresh).map_err(system(&fresh))?;
        for (path, content) in &self.0 {
            let path_there = fresh.join(path);
            write_file(&path_there, content, if path == SECRETS { 0o600 } else { 0o644 })?;
        }
        if folder.exists() {
            fs::rename(folder, &old).map_err(system(folder))?;
        }
        fs::rename(&fresh, folder).map_err(system(folder))?;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(system(&old))?;
        }
        Ok(())
    }

    /// Reads a folder; hidden files are none of a snapshot's.
    pub(crate) fn read(folder: &Path) -> Result<Self, SnapshotError> {
        if !folder.join(MANIFEST).is_file() {
            return Err(SnapshotError::NoSnapshot { folder: folder.to_owned() });
        }
        let mut files = Self::default();
        let mut waiting = vec![(folder.to_owned(), String::new())];
        while let Some((place, prefix)) = waiting.pop() {
            for entry in fs::read_dir(&place).map_err(system(&place))? {
                let entry = entry.map_err(system(&place))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') {
                    continue;
                }
                let (path, inside) = (entry.path(), format!("{prefix}{name}"));
                if path.is_dir() {
                    waiting.push((path, format!("{inside}/")));
                } else {
                    files.0.insert(inside, fs::read(&path).map_err(system(&path))?);
                }
            }
        }
        Ok(files)
    }
}

fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<(), SnapshotError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(system(folder))?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(system(path))?;
    // Whatever the mask took away or left.
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(system(path))?;
    file.write_all(content).map_err(system(path))
}

fn system(path: &Path) -> impl FnOnce(std::io::Error) -> SnapshotError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| SnapshotError::System { path, source }
}
