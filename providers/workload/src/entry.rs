//! The entry of the catalogue that a stand-in carries.

use stagegate_kubernetes::Image;

use crate::ENTRY_VARIABLE;

/// A stand-in's process cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It is not in a stand-in image.
    #[error(
        "{ENTRY_VARIABLE} is not set: `stagegate workload` is the process of a stand-in image, whose configuration sets it \
         to an entry of the image catalogue as JSON"
    )]
    Missing,
    /// The variable holds something else.
    #[error("{ENTRY_VARIABLE} is not an entry of the image catalogue: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The entry names a program that this executable does not have.
    #[error("the image's program is {0:?}; this executable has \"confighub-worker\"")]
    Program(String),
    /// The system refused what the process needs to begin.
    #[error("the process cannot begin: {0}")]
    Runtime(std::io::Error),
}

pub(crate) fn read(json: Option<&str>) -> Result<Image, EntryError> {
    Ok(serde_json::from_str(json.ok_or(EntryError::Missing)?)?)
}
