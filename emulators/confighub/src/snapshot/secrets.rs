//! What only the owner may read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::{SavedToken, Secret};
use crate::session::SessionTokens;

/// `secrets.yaml`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Secrets {
    /// The tokens of the environment's own session.
    pub(super) session: Option<SessionTokens>,
    /// Passwords by email.
    pub(crate) passwords: BTreeMap<String, Secret>,
    /// All tokens, in order of their text.
    pub(crate) tokens: Vec<SavedToken>,
    /// The secrets of workers, by the workers' ids.
    pub(super) workers: BTreeMap<Uuid, Secret>,
}
