//! A unit event: one report on an operation, from the hub or from the worker.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::record::{Particular, record};
use super::revision::HistoryMetadata;
use super::{Action, ActionStatus};
use crate::store::Stored;
use crate::where_clause::Value;

/// An event of a unit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UnitEvent {
    #[serde(flatten)]
    pub(crate) metadata: HistoryMetadata,
    #[serde(rename = "UnitEventID")]
    pub(crate) unit_event_id: Uuid,
    #[serde(rename = "QueuedOperationID")]
    pub(crate) queued_operation_id: Uuid,
    #[serde(rename = "BridgeWorkerID")]
    pub(crate) bridge_worker_id: Option<Uuid>,
    pub(crate) action: Action,
    /// A name of the description's `ActionResultType`.
    pub(crate) result: String,
    pub(crate) status: ActionStatus,
    pub(crate) message: String,
    pub(crate) revision_num: i64,
    #[serde(with = "super::time")]
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) terminated_at: Option<Timestamp>,
}

record!(UnitEvent, unit_event_id);

impl Particular for UnitEvent {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "QueuedOperationID" => Value::Uuid(self.queued_operation_id),
            "BridgeWorkerID" => self.bridge_worker_id.map_or(Value::Nothing, Value::Uuid),
            "Action" => Value::Text(self.action.name()),
            "Result" => Value::Text(&self.result),
            "Status" => Value::Text(self.status.name()),
            "RevisionNum" => Value::Integer(self.revision_num),
            "StartedAt" => self.started_at.map_or(Value::Nothing, Value::Time),
            "TerminatedAt" => self.terminated_at.map_or(Value::Nothing, Value::Time),
            _ => return None,
        })
    }
}

impl Stored for UnitEvent {
    fn id(&self) -> Uuid {
        self.unit_event_id
    }

    fn group(&self) -> Uuid {
        self.metadata.unit_id
    }
}
