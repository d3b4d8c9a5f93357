//! A tag, which marks revisions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Metadata;
use super::record::{Particular, entity};

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

impl Particular for Tag {}
