//! The files of a snapshot, in memory and in a folder.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use super::error::SnapshotError;

/// The file of all that opens something.
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

    /// Writes the files to a folder in place of what an earlier snapshot left there, for its owner's eyes
    /// only: configuration data and live state hold secrets too. A folder that holds anything else is
    /// left alone.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), SnapshotError> {
        if let Some(path) = self.0.keys().find(|path| !is_inside(path)) {
            return Err(SnapshotError::Outside { path: path.clone() });
        }
        // Written aside first, so that a snapshot is there whole or not at all.
        let (fresh, old) = (begin(folder)?, aside(folder, "old"));
        for (path, content) in &self.0 {
            write_file(&fresh.join(path), content)?;
        }
        if folder.exists() {
            // What is still there was left by a crash after the new one was in its place.
            remove(&old)?;
            fs::rename(folder, &old).map_err(system(folder))?;
        }
        fs::rename(&fresh, folder).map_err(system(folder))?;
        remove(&old)
    }

    /// Refuses a folder that [`Files::write`] would not write to.
    pub(crate) fn check_folder(folder: &Path) -> Result<(), SnapshotError> {
        remove(&begin(folder)?)
    }

    /// Reads a folder; hidden files are none of a snapshot's.
    pub(crate) fn read(folder: &Path) -> Result<Self, SnapshotError> {
        recover(folder)?;
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

/// Whether a path leads to something below the folder that it is joined to.
pub(super) fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_))) && !path.contains('\0')
}

/// Makes the empty folder aside of `folder` in which a new snapshot is written. A folder with anything else than an
/// earlier one is refused, and so is one without a name of its own, which nothing could be put in the place of.
fn begin(folder: &Path) -> Result<PathBuf, SnapshotError> {
    if folder.file_name().is_none() {
        return Err(SnapshotError::NoSnapshot { folder: folder.to_owned() });
    }
    recover(folder)?;
    if !is_free(folder) && !folder.join(MANIFEST).is_file() {
        return Err(SnapshotError::NoSnapshot { folder: folder.to_owned() });
    }
    let parent = parent(folder);
    fs::create_dir_all(parent).map_err(system(parent))?;
    let fresh = aside(folder, "new");
    remove(&fresh)?;
    create_folder(&fresh)?;
    Ok(fresh)
}

/// Whether there is nothing at this path, or an empty folder.
fn is_free(folder: &Path) -> bool {
    fs::read_dir(folder).map_or_else(|_| !folder.exists(), |mut entries| entries.next().is_none())
}

/// Puts the former snapshot back that is left aside when the process ends between the two renamings of
/// [`Files::write`].
fn recover(folder: &Path) -> Result<(), SnapshotError> {
    let old = aside(folder, "old");
    if is_free(folder) && old.join(MANIFEST).is_file() {
        fs::rename(&old, folder).map_err(system(folder))?;
    }
    Ok(())
}

fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The folder beside another one that is there only while that one is written.
fn aside(folder: &Path, what: &str) -> PathBuf {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    parent(folder).join(format!(".{name}.{what}"))
}

fn remove(folder: &Path) -> Result<(), SnapshotError> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(system(folder)) } else { Ok(()) }
}

fn create_folder(folder: &Path) -> Result<(), SnapshotError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(system(folder))
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), SnapshotError> {
    const MODE: u32 = 0o600;
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path).map_err(system(path))?;
    // Whatever the mask took away.
    fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(system(path))?;
    file.write_all(content).map_err(system(path))
}

fn system(path: &Path) -> impl FnOnce(std::io::Error) -> SnapshotError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| SnapshotError::System { path, source }
}
