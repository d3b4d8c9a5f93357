//! The organization and its members.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kind, Record, User};
use crate::where_clause::Value;

/// An organization.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Organization {
    #[serde(rename = "OrganizationID")]
    pub(crate) organization_id: Uuid,
    pub(crate) slug: String,
    pub(crate) display_name: String,
    /// The identity provider's id, which sessions name.
    #[serde(rename = "ExternalID")]
    pub(crate) external_id: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
    #[serde(skip_deserializing, default = "entity_type")]
    pub(crate) entity_type: &'static str,
}

fn entity_type() -> &'static str {
    "Organization"
}

impl Record for Organization {
    fn kind(&self) -> Kind {
        Kind::Organization
    }

    fn value(&self, attribute: &str) -> Value<'_> {
        match attribute {
            "OrganizationID" => Value::Uuid(self.organization_id),
            "Slug" => Value::Text(&self.slug),
            "DisplayName" => Value::Text(&self.display_name),
            "ExternalID" => Value::Text(&self.external_id),
            "Labels" => Value::TextMap(&self.labels),
            "CreatedAt" => Value::Time(self.created_at),
            "UpdatedAt" => Value::Time(self.updated_at),
            _ => Value::Nothing,
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A user as a member of the organization.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OrganizationMember {
    #[serde(rename = "OrganizationID")]
    organization_id: Uuid,
    #[serde(rename = "ExternalOrganizationID")]
    external_organization_id: String,
    #[serde(rename = "UserID")]
    pub(crate) user_id: Uuid,
    #[serde(rename = "ExternalID")]
    external_id: String,
    slug: String,
    display_name: String,
    username: String,
}

impl OrganizationMember {
    pub(crate) fn new(organization: &Organization, user: &User) -> Self {
        Self {
            organization_id: organization.organization_id,
            external_organization_id: organization.external_id.clone(),
            user_id: user.user_id,
            external_id: user.external_id.clone(),
            slug: user.slug.clone(),
            display_name: user.display_name.clone(),
            username: user.username.clone(),
        }
    }
}

impl Record for OrganizationMember {
    fn kind(&self) -> Kind {
        Kind::OrganizationMember
    }

    fn value(&self, attribute: &str) -> Value<'_> {
        match attribute {
            "UserID" => Value::Uuid(self.user_id),
            "Slug" => Value::Text(&self.slug),
            "DisplayName" => Value::Text(&self.display_name),
            "Username" => Value::Text(&self.username),
            "ExternalID" => Value::Text(&self.external_id),
            _ => Value::Nothing,
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
