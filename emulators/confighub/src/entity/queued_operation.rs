//! An operation on a unit that a worker carries out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::Stored;

/// What a worker is to do (`ActionType` of the OpenAPI description).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Apply,
    Destroy,
    Refresh,
    Import,
    Finalize,
    Heartbeat,
    #[serde(rename = "N/A")]
    NotApplicable,
}

impl Action {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Destroy => "Destroy",
            Self::Refresh => "Refresh",
            Self::Import => "Import",
            Self::Finalize => "Finalize",
            Self::Heartbeat => "Heartbeat",
            Self::NotApplicable => "N/A",
        }
    }
}

/// How far an operation is (`ActionStatusType` of the OpenAPI description).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ActionStatus {
    None,
    /// Waiting for the worker to connect.
    Pending,
    /// Sent to the worker.
    Submitted,
    /// The worker has reported something.
    Progressing,
    Completed,
    Failed,
    Canceled,
}

impl ActionStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Pending => "Pending",
            Self::Submitted => "Submitted",
            Self::Progressing => "Progressing",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    /// Whether the worker still owes a final result.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Submitted | Self::Progressing)
    }
}

/// A queued operation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueuedOperation {
    #[serde(rename = "QueuedOperationID")]
    pub(crate) queued_operation_id: Uuid,
    #[serde(rename = "OrganizationID")]
    pub(crate) organization_id: Uuid,
    #[serde(rename = "SpaceID")]
    pub(crate) space_id: Uuid,
    #[serde(rename = "UnitID")]
    pub(crate) unit_id: Uuid,
    #[serde(rename = "TargetID")]
    pub(crate) target_id: Uuid,
    #[serde(rename = "BridgeWorkerID")]
    pub(crate) bridge_worker_id: Uuid,
    pub(crate) action: Action,
    pub(crate) status: ActionStatus,
    pub(crate) revision_num: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) version: i64,
    /// Its place in the order in which operations were queued.
    #[serde(skip)]
    pub(crate) order: i64,
    /// The traced command that queued it, for attributing its results.
    #[serde(skip)]
    pub(crate) command: Option<u64>,
}

impl Stored for QueuedOperation {
    fn id(&self) -> Uuid {
        self.queued_operation_id
    }

    fn group(&self) -> Uuid {
        self.unit_id
    }
}
