//! A set of units.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Metadata;
use super::record::{Particular, entity};

/// A set of units.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Set {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "SetID")]
    pub(crate) set_id: Uuid,
}

entity!(Set, set_id, sets, writable: [], required: []);

impl Particular for Set {}
