//! A set of units.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::entity;
use super::{Metadata, Relation};
use crate::where_clause::Value;

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

impl Set {
    #[expect(clippy::unused_self, reason = "the same shape as in the other entities")]
    fn own_value(&self, _attribute: &str) -> Option<Value<'_>> {
        None
    }

    #[expect(clippy::unused_self, reason = "the same shape as in the other entities")]
    fn own_relations(&self) -> Vec<Relation> {
        Vec::new()
    }
}
