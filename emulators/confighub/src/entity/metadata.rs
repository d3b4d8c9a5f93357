//! What all entities with a slug have.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::where_clause::Value;

/// The fields common to all entities with a slug.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metadata {
    #[serde(rename = "OrganizationID")]
    pub(crate) organization_id: Uuid,
    /// The space it is in; for a space its own id.
    #[serde(rename = "SpaceID")]
    pub(crate) space_id: Uuid,
    pub(crate) slug: String,
    pub(crate) display_name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
    pub(crate) entity_type: String,
    #[serde(rename = "CursorID")]
    pub(crate) cursor_id: i64,
}

impl Metadata {
    /// What clients may set.
    pub(crate) const WRITABLE: [&'static str; 4] = ["Slug", "DisplayName", "Labels", "Annotations"];

    pub(crate) fn value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "OrganizationID" => Value::Uuid(self.organization_id),
            "SpaceID" => Value::Uuid(self.space_id),
            "Slug" => Value::Text(&self.slug),
            "DisplayName" => Value::Text(&self.display_name),
            "Labels" => Value::TextMap(&self.labels),
            "Annotations" => Value::TextMap(&self.annotations),
            "CreatedAt" => Value::Time(self.created_at),
            "UpdatedAt" => Value::Time(self.updated_at),
            _ => return None,
        })
    }
}
