//! An operation on a unit that a worker carries out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Content;
use crate::store::Stored;

/// What a worker is to do (`ActionType` of the OpenAPI description, and what the worker protocol has beside it).
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
    /// Functions run by the worker; not on a unit's queue.
    InvokeFunctions,
    /// Asks a worker of late 2025 to give an operation up; earlier ones do not know it.
    Cancel,
}

impl Action {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::Apply,
        Self::Destroy,
        Self::Refresh,
        Self::Import,
        Self::Finalize,
        Self::Heartbeat,
        Self::NotApplicable,
        Self::InvokeFunctions,
        Self::Cancel,
    ];

    /// Whether it makes the cluster what a revision says, so that the newest of them must come last.
    pub(crate) fn changes_cluster(self) -> bool {
        matches!(self, Self::Apply | Self::Destroy)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Destroy => "Destroy",
            Self::Refresh => "Refresh",
            Self::Import => "Import",
            Self::Finalize => "Finalize",
            Self::Heartbeat => "Heartbeat",
            Self::NotApplicable => "N/A",
            Self::InvokeFunctions => "InvokeFunctions",
            Self::Cancel => "Cancel",
        }
    }
}

/// How far an operation is (`ActionStatusType` of the OpenAPI description; `Aborted` of its late-2025 overlay).
///
/// What leads from one to the other is in `worker::transition`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ActionStatus {
    #[default]
    None,
    /// Waiting for its turn, or for the worker to connect.
    Pending,
    /// Sent to the worker.
    Submitted,
    /// The worker has reported something.
    Progressing,
    Completed,
    /// The worker says that it failed. After a wait that ran out of time it goes on trying.
    Failed,
    /// Given up because a user said so, or because what it was about is gone.
    Canceled,
    /// Given up for a newer operation, by the worker or before it was sent again.
    Aborted,
}

impl ActionStatus {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 8] = [
        Self::None,
        Self::Pending,
        Self::Submitted,
        Self::Progressing,
        Self::Completed,
        Self::Failed,
        Self::Canceled,
        Self::Aborted,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Pending => "Pending",
            Self::Submitted => "Submitted",
            Self::Progressing => "Progressing",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::Aborted => "Aborted",
        }
    }

    /// Whether the worker still owes a final result.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Submitted | Self::Progressing)
    }
}

/// A queued operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// An `ImportRequest` as JSON, for the worker.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) extra_params: String,
    /// What is sent in place of the revision's data: the list of resources to import.
    #[serde(skip)]
    pub(crate) resources: Option<Content>,
    /// The operations that must be completed before it is sent.
    #[serde(skip)]
    pub(crate) waits_for: Vec<Uuid>,
    /// The operations that wait for it.
    #[serde(skip)]
    pub(crate) awaited_by: Vec<Uuid>,
    /// The worker has done its step and only waits for the cluster: the unit's next operation may go.
    #[serde(skip)]
    pub(crate) step_done: bool,
    /// Its place in the order in which operations were queued.
    #[serde(skip)]
    pub(crate) order: i64,
    /// The traced command that queued it, for attributing its results.
    #[serde(skip)]
    pub(crate) command: Option<u64>,
}

impl Stored for QueuedOperation {
    const ID: &'static str = "QueuedOperationID";
    const GROUP: &'static str = "UnitID";
    const INDEXED: &'static [&'static str] = &["BridgeWorkerID"];

    fn id(&self) -> Uuid {
        self.queued_operation_id
    }

    fn group(&self) -> Uuid {
        self.unit_id
    }

    fn indexed(&self, _attribute: &'static str) -> Option<Uuid> {
        Some(self.bridge_worker_id)
    }
}
