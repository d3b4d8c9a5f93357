//! What a merge did not take over, and why.

use std::fmt;

use serde::Serialize;

use super::mutation::ResourceInfo;

/// `MutationConflict` as later clients know it: a part of a patch that was left out. The data is as it
/// should be; a conflict only tells what the patch wanted beyond it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Conflict {
    pub(crate) reason: ConflictReason,
    pub(crate) resource: ResourceInfo,
    /// The resolved path in the patched data; empty for the resource as a whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
}

/// Why a part of a patch was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum ConflictReason {
    /// A mutation that the patch may not override set, or removed, what is there.
    PredicateFiltered,
    /// What is there differs from what the patch started from.
    Subtracted,
    /// The patch deletes something within which there is a change to be kept, or changes what was deleted.
    DeleteShadowed,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource.resource_type, self.resource.resource_name_without_scope)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " {}", self.path) }
    }
}
