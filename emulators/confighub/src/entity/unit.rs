//! A unit: configuration data that is changed, revised and applied as one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Content, Kind, Metadata, Relation};
use crate::configuration::MutationSources;
use crate::error::ApiError;
use crate::store::Store;
use crate::where_clause::Value;

/// What the latest refresh found, while nothing has been applied since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "names as in the API")]
pub(crate) enum Drift {
    #[default]
    Unknown,
    NoDrift,
    Drifted,
}

impl Drift {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::NoDrift => "NoDrift",
            Self::Drifted => "Drifted",
        }
    }
}

/// What has been going on with a unit's operations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Activity {
    /// Its latest operation; events of older ones do not stand for its state any more.
    pub(crate) latest_operation: Option<Uuid>,
    /// The latest event of that operation.
    pub(crate) latest_event: Option<Uuid>,
    /// When that event came.
    pub(crate) last_action_at: Option<Timestamp>,
    /// The place in the queue of the latest operation that took effect; older ones take none any more.
    pub(crate) effective_order: i64,
    pub(crate) drift: Drift,
}

/// A unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Unit {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "UnitID")]
    pub(crate) unit_id: Uuid,
    pub(crate) toolchain_type: String,
    pub(crate) data: Content,
    pub(crate) content_hash: u32,
    #[serde(rename = "TargetID")]
    pub(crate) target_id: Option<Uuid>,
    #[serde(rename = "SetID")]
    pub(crate) set_id: Option<Uuid>,
    pub(crate) head_revision_num: i64,
    pub(crate) live_revision_num: i64,
    pub(crate) last_applied_revision_num: i64,
    pub(crate) previous_live_revision_num: i64,
    pub(crate) head_mutation_num: i64,
    pub(crate) last_change_description: String,
    pub(crate) apply_gates: BTreeMap<String, bool>,
    /// Late versions: while one of these is true the unit cannot be destroyed.
    pub(crate) destroy_gates: BTreeMap<String, bool>,
    /// Late versions: the open change set that it is in, which locks it.
    #[serde(rename = "ChangeSetID")]
    pub(crate) change_set_id: Option<Uuid>,
    pub(crate) approved_by: Vec<Uuid>,
    /// Never null: clients dereference it.
    pub(crate) mutation_sources: MutationSources,
    #[serde(rename = "UpstreamOrganizationID")]
    pub(crate) upstream_organization_id: Option<Uuid>,
    #[serde(rename = "UpstreamSpaceID")]
    pub(crate) upstream_space_id: Option<Uuid>,
    #[serde(rename = "UpstreamUnitID")]
    pub(crate) upstream_unit_id: Option<Uuid>,
    pub(crate) upstream_revision_num: i64,
    pub(crate) live_state: Content,
    pub(crate) outputs: Content,
    /// Kept by the hub alone.
    #[serde(skip)]
    pub(crate) activity: Activity,
}

entity!(Unit, unit_id, units,
    writable: ["ToolchainType", "Data", "TargetID", "SetID", "LastChangeDescription", "DestroyGates", "ChangeSetID"],
    required: ["ToolchainType"],
    /// What it refers to must exist.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        if let Some(id) = self.target_id {
            store.targets.get(id).ok_or_else(|| ApiError::bad_request(format!("TargetID: no target {id}")))?;
        }
        if let Some(id) = self.set_id {
            store.sets.get(id).ok_or_else(|| ApiError::bad_request(format!("SetID: no set {id}")))?;
        }
        if let Some(id) = self.change_set_id {
            store.change_sets.get(id).ok_or_else(|| ApiError::bad_request(format!("ChangeSetID: no change set {id}")))?;
        }
        Ok(())
    },
    fn inherit(&mut self, from: &Self) {
        self.activity = from.activity.clone();
    }
);

impl Particular for Unit {
    const INDEXED: &'static [&'static str] = &["TargetID", "UpstreamUnitID", "SetID", "ChangeSetID"];

    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        let id = |id: Option<Uuid>| id.map_or(Value::Nothing, Value::Uuid);
        Some(match attribute {
            "ApplyGates" => Value::BooleanMap(&self.apply_gates),
            "ApprovedBy" => Value::UuidList(&self.approved_by),
            "ChangeSetID" => id(self.change_set_id),
            "DestroyGates" => Value::BooleanMap(&self.destroy_gates),
            "HeadRevisionNum" => Value::Integer(self.head_revision_num),
            "LastActionAt" => self.activity.last_action_at.map_or(Value::Nothing, Value::Time),
            "LastAppliedRevisionNum" => Value::Integer(self.last_applied_revision_num),
            "LastChangeDescription" => Value::Text(&self.last_change_description),
            "LiveRevisionNum" => Value::Integer(self.live_revision_num),
            "PreviousLiveRevisionNum" => Value::Integer(self.previous_live_revision_num),
            "SetID" => id(self.set_id),
            "TargetID" => id(self.target_id),
            "ToolchainType" => Value::Text(&self.toolchain_type),
            "UpstreamOrganizationID" => id(self.upstream_organization_id),
            "UpstreamRevisionNum" => Value::Integer(self.upstream_revision_num),
            "UpstreamSpaceID" => id(self.upstream_space_id),
            "UpstreamUnitID" => id(self.upstream_unit_id),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![
            Relation::new("TargetID", "Target", Kind::Target, self.target_id),
            Relation::new("SetID", "Set", Kind::Set, self.set_id),
            Relation::new("ChangeSetID", "ChangeSet", Kind::ChangeSet, self.change_set_id),
            Relation::new("UpstreamUnitID", "UpstreamUnit", Kind::Unit, self.upstream_unit_id),
            Relation::new("UpstreamSpaceID", "UpstreamSpace", Kind::Space, self.upstream_space_id),
            Relation::new("UnitEventID", "LatestUnitEvent", Kind::UnitEvent, self.activity.latest_event),
        ]
    }

    fn without_contents(&self) -> Option<Self> {
        Some(Self {
            data: Content::default(),
            live_state: Content::default(),
            outputs: Content::default(),
            mutation_sources: MutationSources::default(),
            ..self.clone()
        })
    }
}
