//! Which clusters were made.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The names of the clusters that were made and deleted, in a file between calls.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Clusters {
    #[serde(skip)]
    file: PathBuf,
    /// The one that is there.
    pub(crate) made: Option<String>,
    /// One that was there.
    pub(crate) deleted: Option<String>,
}

impl Clusters {
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let failed = |what: String| Failure::failed(format!("{}: {what}", file.display()));
        let mut clusters: Self = match fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(failed(error.to_string())),
        };
        file.clone_into(&mut clusters.file);
        Ok(clusters)
    }

    pub(crate) fn write(&self) -> Result<(), Failure> {
        let failed = |what: String| Failure::failed(format!("{}: {what}", self.file.display()));
        let text = serde_json::to_string(self).map_err(|error| failed(error.to_string()))?;
        fs::write(&self.file, text).map_err(|error| failed(error.to_string()))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.made.as_deref() == Some(name)
    }

    /// Deletes the cluster of that name; tells whether there was one.
    pub(crate) fn delete(&mut self, name: &str) -> Result<bool, Failure> {
        let was_there = self.has(name);
        if was_there {
            self.deleted = self.made.take();
            self.write()?;
        }
        Ok(was_there)
    }
}
