//! A revision: the configuration data of a unit after one change.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, record};
use super::{Content, Kind, Relation};
use crate::configuration::MutationSources;
use crate::store::Stored;
use crate::where_clause::Value;

/// What all entries of a unit's history have.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HistoryMetadata {
    #[serde(rename = "OrganizationID")]
    pub(crate) organization_id: Uuid,
    #[serde(rename = "SpaceID")]
    pub(crate) space_id: Uuid,
    #[serde(rename = "UnitID")]
    pub(crate) unit_id: Uuid,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
    pub(crate) entity_type: String,
    #[serde(rename = "CursorID")]
    pub(crate) cursor_id: i64,
}

impl HistoryMetadata {
    pub(super) fn value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "OrganizationID" => Value::Uuid(self.organization_id),
            "SpaceID" => Value::Uuid(self.space_id),
            "UnitID" => Value::Uuid(self.unit_id),
            "CreatedAt" => Value::Time(self.created_at),
            "UpdatedAt" => Value::Time(self.updated_at),
            _ => return None,
        })
    }
}

/// A revision of a unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Revision {
    #[serde(flatten)]
    pub(crate) metadata: HistoryMetadata,
    #[serde(rename = "RevisionID")]
    pub(crate) revision_id: Uuid,
    pub(crate) revision_num: i64,
    pub(crate) data: Content,
    pub(crate) content_hash: u32,
    pub(crate) description: String,
    /// The operation that made it, by its operation id.
    pub(crate) source: String,
    pub(crate) user_agent: String,
    #[serde(rename = "UserID")]
    pub(crate) user_id: Uuid,
    #[serde(with = "super::time")]
    pub(crate) live_at: Option<Timestamp>,
    pub(crate) mutation_sources: MutationSources,
    pub(crate) apply_gates: BTreeMap<String, bool>,
    pub(crate) approved_by: Vec<Uuid>,
    /// The ids of its tags; the values mean nothing.
    pub(crate) tags: BTreeMap<String, String>,
    /// Late versions: the change set that the unit was in when it was made.
    #[serde(rename = "ChangeSetID")]
    pub(crate) change_set_id: Option<Uuid>,
}

record!(Revision, revision_id);

impl Particular for Revision {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "RevisionNum" => Value::Integer(self.revision_num),
            "Description" => Value::Text(&self.description),
            "Source" => Value::Text(&self.source),
            "UserAgent" => Value::Text(&self.user_agent),
            "UserID" => Value::Uuid(self.user_id),
            "LiveAt" => self.live_at.map_or(Value::Nothing, Value::Time),
            "ApplyGates" => Value::BooleanMap(&self.apply_gates),
            "ApprovedBy" => Value::UuidList(&self.approved_by),
            "ChangeSetID" => self.change_set_id.map_or(Value::Nothing, Value::Uuid),
            "Tags" => Value::TextMap(&self.tags),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![
            Relation::new("UnitID", "Unit", Kind::Unit, self.metadata.unit_id),
            Relation::new("UserID", "User", Kind::User, self.user_id),
            Relation::new("ChangeSetID", "ChangeSet", Kind::ChangeSet, self.change_set_id),
        ]
    }

    fn without_contents(&self) -> Option<Self> {
        Some(Self { data: Content::default(), mutation_sources: MutationSources::default(), ..self.clone() })
    }
}

impl Stored for Revision {
    const ID: &'static str = "RevisionID";
    const GROUP: &'static str = "UnitID";

    fn id(&self) -> Uuid {
        self.revision_id
    }

    fn group(&self) -> Uuid {
        self.metadata.unit_id
    }
}
