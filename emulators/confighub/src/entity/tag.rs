//! A tag, which marks revisions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::entity;
use super::{Metadata, Relation};
use crate::where_clause::Value;

/// A tag, which marks revisions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "TagID")]
    pub(crate) tag_id: Uuid,
}

entity!(Tag, tag_id, tags, writable: [], required: []);

impl Tag {
    #[expect(clippy::unused_self, reason = "the same shape as in the other entities")]
    fn own_value(&self, _attribute: &str) -> Option<Value<'_>> {
        None
    }

    #[expect(clippy::unused_self, reason = "the same shape as in the other entities")]
    fn own_relations(&self) -> Vec<Relation> {
        Vec::new()
    }
}
