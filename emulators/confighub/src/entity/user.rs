//! A user of the organization.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kind, Record};
use crate::where_clause::Value;

/// A user.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct User {
    #[serde(rename = "UserID")]
    pub(crate) user_id: Uuid,
    pub(crate) slug: String,
    pub(crate) display_name: String,
    pub(crate) username: String,
    #[serde(rename = "ExternalID")]
    pub(crate) external_id: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
    #[serde(skip_deserializing, default = "entity_type")]
    pub(crate) entity_type: &'static str,
}

fn entity_type() -> &'static str {
    "User"
}

impl Record for User {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn value(&self, attribute: &str) -> Value<'_> {
        match attribute {
            "UserID" => Value::Uuid(self.user_id),
            "Slug" => Value::Text(&self.slug),
            "DisplayName" => Value::Text(&self.display_name),
            "Username" => Value::Text(&self.username),
            "ExternalID" => Value::Text(&self.external_id),
            "CreatedAt" => Value::Time(self.created_at),
            "UpdatedAt" => Value::Time(self.updated_at),
            _ => Value::Nothing,
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
