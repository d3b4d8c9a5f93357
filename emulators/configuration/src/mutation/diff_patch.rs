//! Taking a difference between two texts into a third one.

use super::compute::compute_mutations;
use super::list::MutationType;
use super::patch::patch_mutations;
use crate::yaml::{YamlError, documents, text};

/// A difference could not be found or taken over, in the real worker's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffPatchError {
    /// The former text is no YAML.
    #[error("failed to parse original YAML: {0}")]
    Original(#[source] YamlError),
    /// The present text is no YAML.
    #[error("failed to parse modified YAML: {0}")]
    Modified(#[source] YamlError),
    /// One of both holds what is no resource.
    #[error("failed to diff YAML resources: {0}")]
    Difference(String),
    /// The text to be changed is no YAML.
    #[error("failed to parse target YAML: {0}")]
    Target(#[source] YamlError),
    /// The text to be changed holds what is no resource.
    #[error("failed to apply patch: {0}")]
    Patch(String),
}

/// Takes what changed from `original` to `modified` into `target`, which keeps its comments, order and
/// styles; a scalar that changes loses its own quotes and comment. What `target` has no place for, such as a
/// new item of a list, is left out without a word. `None` when nothing changed.
///
/// This is how a worker takes what was changed in the cluster into a unit's data (recorded worker runs 8a-8l).
///
/// # Errors
///
/// [`DiffPatchError`] when one of the texts cannot be read as resources.
pub fn diff_patch(original: &str, modified: &str, target: &str) -> Result<Option<String>, DiffPatchError> {
    let original = documents(original).map_err(DiffPatchError::Original)?;
    let modified = documents(modified).map_err(DiffPatchError::Modified)?;
    let patch = compute_mutations(&original, &modified, 0).map_err(DiffPatchError::Difference)?;
    if patch.iter().all(|mutation| mutation.resource_mutation_info.mutation_type == MutationType::None) {
        return Ok(None);
    }
    let mut target = documents(target).map_err(DiffPatchError::Target)?;
    patch_mutations(&mut target, &[], &patch).map_err(DiffPatchError::Patch)?;
    Ok(Some(text(&target)))
}
