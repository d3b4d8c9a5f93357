//! A unit event: one report on an operation, from the hub or from the worker.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, record};
use super::revision::HistoryMetadata;
use super::{Action, ActionStatus};
use crate::store::Stored;
use crate::where_clause::Value;

/// What came of an action (`ActionResultType` of the OpenAPI description, and the two of the worker
/// protocol for functions).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ActionResultType {
    #[default]
    None,
    ApplyCompleted,
    ApplyFailed,
    /// Applied, but not ready in time; the worker goes on waiting.
    ApplyWaitFailed,
    DestroyCompleted,
    DestroyFailed,
    /// Deleted, but not gone in time; the worker goes on waiting.
    DestroyWaitFailed,
    RefreshAndDrifted,
    RefreshAndNoDrift,
    RefreshFailed,
    ImportCompleted,
    ImportFailed,
    FunctionInvocationCompleted,
    FunctionInvocationFailed,
}

impl ActionResultType {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 14] = [
        Self::None,
        Self::ApplyCompleted,
        Self::ApplyFailed,
        Self::ApplyWaitFailed,
        Self::DestroyCompleted,
        Self::DestroyFailed,
        Self::DestroyWaitFailed,
        Self::RefreshAndDrifted,
        Self::RefreshAndNoDrift,
        Self::RefreshFailed,
        Self::ImportCompleted,
        Self::ImportFailed,
        Self::FunctionInvocationCompleted,
        Self::FunctionInvocationFailed,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::ApplyCompleted => "ApplyCompleted",
            Self::ApplyFailed => "ApplyFailed",
            Self::ApplyWaitFailed => "ApplyWaitFailed",
            Self::DestroyCompleted => "DestroyCompleted",
            Self::DestroyFailed => "DestroyFailed",
            Self::DestroyWaitFailed => "DestroyWaitFailed",
            Self::RefreshAndDrifted => "RefreshAndDrifted",
            Self::RefreshAndNoDrift => "RefreshAndNoDrift",
            Self::RefreshFailed => "RefreshFailed",
            Self::ImportCompleted => "ImportCompleted",
            Self::ImportFailed => "ImportFailed",
            Self::FunctionInvocationCompleted => "FunctionInvocationCompleted",
            Self::FunctionInvocationFailed => "FunctionInvocationFailed",
        }
    }
}

/// An event of a unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    pub(crate) result: ActionResultType,
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
            "Result" => Value::Text(self.result.name()),
            "Status" => Value::Text(self.status.name()),
            "RevisionNum" => Value::Integer(self.revision_num),
            "StartedAt" => self.started_at.map_or(Value::Nothing, Value::Time),
            "TerminatedAt" => self.terminated_at.map_or(Value::Nothing, Value::Time),
            _ => return None,
        })
    }
}

impl Stored for UnitEvent {
    const ID: &'static str = "UnitEventID";
    const GROUP: &'static str = "UnitID";
    const INDEXED: &'static [&'static str] = &["QueuedOperationID"];

    fn id(&self) -> Uuid {
        self.unit_event_id
    }

    fn group(&self) -> Uuid {
        self.metadata.unit_id
    }

    fn indexed(&self, _attribute: &'static str) -> Option<Uuid> {
        Some(self.queued_operation_id)
    }
}
