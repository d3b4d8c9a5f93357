//! What all entities with a slug have.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::where_clause::Value;

/// The most labels or annotations of one entity.
const MOST_ENTRIES: usize = 256;
/// The longest name for people, key or label, in bytes.
const MOST_TEXT: usize = 1024;
/// The longest annotation, in bytes; tools keep documents in them.
const MOST_ANNOTATION: usize = 256 * 1024;

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

    /// Refuses names and maps that are too large, and entries without a key. Nowhere is a limit named;
    /// these are far above what any use needs, and keep one entity from filling every list.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        check_texts(&self.display_name, &self.labels, &self.annotations)
    }

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

/// The same for what an organization has.
pub(crate) fn check_texts(
    display_name: &str,
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    if display_name.len() > MOST_TEXT {
        return Err(too_long("DisplayName", display_name.len(), MOST_TEXT));
    }
    check_map("Labels", labels, MOST_TEXT)?;
    check_map("Annotations", annotations, MOST_ANNOTATION)
}

fn check_map(field: &str, map: &BTreeMap<String, String>, most: usize) -> Result<(), ApiError> {
    if map.len() > MOST_ENTRIES {
        let count = map.len();
        return Err(ApiError::bad_request(format!("{field}: {count} entries; at most {MOST_ENTRIES}")));
    }
    for (key, value) in map {
        if key.is_empty() {
            return Err(ApiError::bad_request(format!("{field}: an entry without a key")));
        }
        if key.len() > MOST_TEXT {
            return Err(too_long(&format!("{field}: a key"), key.len(), MOST_TEXT));
        }
        if value.len() > most {
            return Err(too_long(&format!("{field}: {key}"), value.len(), most));
        }
    }
    Ok(())
}

fn too_long(what: &str, length: usize, most: usize) -> ApiError {
    ApiError::bad_request(format!("{what}: {length} bytes; at most {most}"))
}
