//! A mutation: the record of what changed a unit's configuration data, and why.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::record::{Particular, record};
use super::revision::HistoryMetadata;
use super::{Kind, Relation};
use crate::store::Stored;
use crate::where_clause::Value;

/// Why configuration data changed. Without any of these: a client wrote it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Cause {
    /// The function that was invoked. Never null, as clients dereference it.
    pub(crate) function_invocation: FunctionInvocation,
    /// What a link provided. Never null, as clients dereference it.
    pub(crate) provided_resource: ProvidedResource,
    pub(crate) provided_path: String,
    #[serde(rename = "InvocationID")]
    pub(crate) invocation_id: Option<Uuid>,
    #[serde(rename = "LinkID")]
    pub(crate) link_id: Option<Uuid>,
    #[serde(rename = "TriggerID")]
    pub(crate) trigger_id: Option<Uuid>,
    /// The revision whose data was restored, or 0.
    pub(crate) restored_revision_num: i64,
    /// The upstream revision that an upgrade started from, or 0.
    pub(crate) upgraded_from_upstream_revision_num: i64,
}

impl Cause {
    /// Whether a link, or with `None` the unit's own resources, filled in what was needed.
    pub(crate) fn is_resolution_of(&self, link: Option<Uuid>) -> bool {
        self.link_id == link && !self.provided_resource.resource_type.is_empty()
    }
}

/// A function with its arguments; without a name for changes that no function made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FunctionInvocation {
    pub(crate) function_name: String,
    #[serde(default, deserialize_with = "none_as_empty")]
    pub(crate) arguments: Vec<Json>,
}

/// Go clients send `null` for a list without items.
fn none_as_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Json>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The resource that provided a value; without a name for changes that no link made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProvidedResource {
    pub(crate) resource_name: String,
    pub(crate) resource_type: String,
}

/// A mutation of a unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Mutation {
    #[serde(flatten)]
    pub(crate) metadata: HistoryMetadata,
    #[serde(rename = "MutationID")]
    pub(crate) mutation_id: Uuid,
    pub(crate) mutation_num: i64,
    #[serde(rename = "RevisionID")]
    pub(crate) revision_id: Uuid,
    pub(crate) revision_num: i64,
    #[serde(flatten)]
    pub(crate) cause: Cause,
}

record!(Mutation, mutation_id);

impl Particular for Mutation {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        let id = |id: Option<Uuid>| id.map_or(Value::Nothing, Value::Uuid);
        Some(match attribute {
            "MutationNum" => Value::Integer(self.mutation_num),
            "RevisionID" => Value::Uuid(self.revision_id),
            "RevisionNum" => Value::Integer(self.revision_num),
            "FunctionName" => Value::Text(&self.cause.function_invocation.function_name),
            "InvocationID" => id(self.cause.invocation_id),
            "LinkID" => id(self.cause.link_id),
            "TriggerID" => id(self.cause.trigger_id),
            "RestoredRevisionNum" => Value::Integer(self.cause.restored_revision_num),
            "UpgradedFromUpstreamRevisionNum" => Value::Integer(self.cause.upgraded_from_upstream_revision_num),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![
            Relation::new("UnitID", "Unit", Kind::Unit, self.metadata.unit_id),
            Relation::new("RevisionID", "Revision", Kind::Revision, self.revision_id),
            Relation::new("InvocationID", "Invocation", Kind::Invocation, self.cause.invocation_id),
            Relation::new("LinkID", "Link", Kind::Link, self.cause.link_id),
            Relation::new("TriggerID", "Trigger", Kind::Trigger, self.cause.trigger_id),
        ]
    }
}

impl Stored for Mutation {
    const ID: &'static str = "MutationID";
    const GROUP: &'static str = "UnitID";

    fn id(&self) -> Uuid {
        self.mutation_id
    }

    fn group(&self) -> Uuid {
        self.metadata.unit_id
    }
}
