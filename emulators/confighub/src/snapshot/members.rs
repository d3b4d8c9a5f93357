//! Who belongs to an organization and what they may do there, as a file.

use serde::{Deserialize, Serialize};

use crate::identity::{Grant, Role};

/// One entry of `members.yaml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct SavedMember {
    /// The user's email.
    pub(super) user: String,
    pub(super) role: Role,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) grants: Vec<Grant>,
}
