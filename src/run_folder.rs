//! The folder of a run's own.
//!
//! It is named at once and made only when somebody waits to remove it, so that a run leaves none wherever it is killed.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder, which goes with this.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    kept: bool,
}

const PREFIX: &str = "stagegate-";

impl RunFolder {
    /// Whether a path is one that a run may have: nothing else is ever removed for one.
    pub(crate) fn is_one(path: &Path) -> bool {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
    }

    /// A folder that is not there yet.
    pub(crate) fn planned() -> Self {
        // Short, because Unix sockets live in it and their paths may have 104 bytes at most on macOS.
        let random = Uuid::new_v4().simple().to_string();
        Self { path: std::env::temp_dir().join(format!("{PREFIX}{}", &random[..8])), kept: false }
    }

    /// Where it is, or will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// It stays.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.path.clone()
    }

    /// Removes it, if it was made.
    pub(crate) fn remove(mut self) -> io::Result<()> {
        self.kept = true;
        remove(&self.path)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.kept {
            // An error is on its way that says more.
            let _gone = remove(&self.path);
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
