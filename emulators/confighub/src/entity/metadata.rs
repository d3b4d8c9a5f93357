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
    /// Late versions: while one of these is true the entity cannot be deleted.
    pub(crate) delete_gates: BTreeMap<String, bool>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
    pub(crate) entity_type: String,
    #[serde(rename = "CursorID")]
    pub(crate) cursor_id: i64,
}

impl Metadata {
    /// What clients may set.
    pub(crate) const WRITABLE: [&'static str; 5] = ["Slug", "DisplayName", "Labels", "Annotations", "DeleteGates"];

    pub(crate) fn value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "OrganizationID" => Value::Uuid(self.organization_id),
            "SpaceID" => Value::Uuid(self.space_id),
            "Slug" => Value::Text(&self.slug),
            "DisplayName" => Value::Text(&self.display_name),
            "Labels" => Value::TextMap(&self.labels),
            "Annotations" => Value::TextMap(&self.annotations),
            "DeleteGates" => Value::BooleanMap(&self.delete_gates),
            "CreatedAt" => Value::Time(self.created_at),
            "UpdatedAt" => Value::Time(self.updated_at),
            _ => return None,
        })
    }
}

/// The names of the gates that are true.
pub(crate) fn raised(gates: &BTreeMap<String, bool>) -> Vec<&str> {
    gates.iter().filter(|(_, raised)| **raised).map(|(name, _)| name.as_str()).collect()
}
