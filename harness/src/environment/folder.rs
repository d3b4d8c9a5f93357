//! A scenario's own folder, made when it is first needed.

use std::path::{Path, PathBuf};

use super::EnvironmentError;

/// A scenario's own folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    made: bool,
}

impl Folder {
    pub(super) fn new(parent: &Path, scenario: usize, attempt: usize) -> Self {
        Self { path: parent.join(format!("{}-{attempt}", scenario + 1)), made: false }
    }

    /// The folder's path; makes it when it is not there yet, readable by its owner alone.
    pub fn path(&mut self) -> Result<&Path, EnvironmentError> {
        if !self.made {
            make(&self.path)?;
            self.made = true;
        }
        Ok(&self.path)
    }

    /// Removes the folder unless it is to be kept; gives what could not be removed.
    pub(super) fn remove(mut self, keep: bool) -> Vec<String> {
        if keep || !self.made {
            self.made = false;
            return Vec::new();
        }
        self.made = false;
        match std::fs::remove_dir_all(&self.path) {
            Ok(()) => Vec::new(),
            Err(error) => vec![format!("folder {}: {error}", self.path.display())],
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.made {
            // The run was interrupted: there is nobody left to tell.
            let _gone = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Makes a folder that only its owner can read.
pub(super) fn make(path: &Path) -> Result<(), EnvironmentError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| EnvironmentError::Folder { folder: path.display().to_string(), source })
}
