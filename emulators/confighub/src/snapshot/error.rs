//! Folders that cannot be loaded or written.

use std::io;
use std::path::PathBuf;

/// A snapshot cannot be written or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The system refused to read or write.
    #[error("{}: {source}", .path.display())]
    System {
        /// What could not be read or written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder holds something else.
    #[error("{} is not a snapshot", .folder.display())]
    NoSnapshot {
        /// The folder.
        folder: PathBuf,
    },
    /// A file's path leads out of the folder.
    #[error("`{path}` is no path inside of a snapshot")]
    Outside {
        /// The path.
        path: String,
    },
    /// A later version wrote it.
    #[error("{file}: format {found} is newer than the latest that this version reads, {}", super::FORMAT)]
    Newer {
        /// The file that says so, below the folder.
        file: String,
        /// The format's number.
        found: u64,
    },
    /// A file is not as it must be.
    #[error("{file}{}: {what}", .line.map(|line| format!(":{line}")).unwrap_or_default())]
    Broken {
        /// The file, below the folder.
        file: String,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        what: String,
        /// How to mend it.
        help: String,
    },
}

impl SnapshotError {
    pub(super) fn broken(file: &str, line: Option<usize>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Broken { file: file.to_owned(), line, what: what.into(), help: help.into() }
    }

    /// How to mend it.
    pub fn help(&self) -> String {
        match self {
            Self::System { .. } => "see that the folder is there and may be read and written".to_owned(),
            Self::NoSnapshot { .. } => {
                "name the folder that a hub has saved to; it has a snapshot.yaml at its top".to_owned()
            }
            Self::Outside { .. } => "give what it is called after a slug of letters, digits, - and _".to_owned(),
            Self::Newer { .. } => "load it with the version that wrote it, or a later one".to_owned(),
            Self::Broken { help, .. } => help.clone(),
        }
    }
}
