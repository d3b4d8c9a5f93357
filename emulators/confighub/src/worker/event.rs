//! What the hub sends over a worker's stream.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::entity::{Action, Content, QueuedOperation, Target, Unit};

/// One event of the stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event(Json);

impl Event {
    /// A heartbeat, which the worker answers with a result.
    pub(super) fn heartbeat(now: Timestamp) -> Self {
        Self(json!({
            "Event": "WorkerEvent",
            "Data": {"Action": Action::Heartbeat, "Payload": {"Timestamp": now.as_microsecond()}},
        }))
    }

    /// An operation on a unit, with the data of the revision that it is about.
    pub(super) fn operation(operation: &QueuedOperation, unit: &Unit, target: &Target, data: &Content) -> Self {
        let import = operation.action == Action::Import;
        let data = if import { operation.resources.as_ref() } else { Some(data) };
        Self::bridge(operation.action, operation, unit, target, data)
    }

    /// Asks for an operation to be given up, as the hub of late 2025 does.
    pub(super) fn cancel(operation: &QueuedOperation, unit: &Unit, target: &Target) -> Self {
        Self::bridge(Action::Cancel, operation, unit, target, None)
    }

    fn bridge(
        action: Action,
        operation: &QueuedOperation,
        unit: &Unit,
        target: &Target,
        data: Option<&Content>,
    ) -> Self {
        let extra_params = &operation.extra_params;
        Self(json!({
            "Event": "BridgeWorkerEvent",
            "Data": {
                "Action": action,
                "Payload": {
                    "QueuedOperationID": operation.queued_operation_id,
                    "ToolchainType": unit.toolchain_type,
                    "ProviderType": target.provider_type,
                    "UnitSlug": unit.metadata.slug,
                    "UnitID": unit.unit_id,
                    "SpaceID": unit.metadata.space_id,
                    "Data": data,
                    "LiveState": if unit.live_state.is_empty() { Json::Null } else { json!(unit.live_state) },
                    "TargetParams": Content::from(target.parameters.clone().into_bytes()),
                    "ExtraParams": (!extra_params.is_empty()).then(|| Content::from(extra_params.clone().into_bytes())),
                    "RevisionNum": operation.revision_num,
                },
            },
        }))
    }

    /// Functions to be run by the worker; `request` is a `FunctionInvocationRequest`.
    pub(super) fn functions(invocation: Uuid, request: &Json) -> Self {
        Self(json!({
            "Event": "FunctionWorkerEvent",
            "Data": {
                "Action": Action::InvokeFunctions,
                "Payload": {"QueuedOperationID": invocation, "InvocationRequest": request},
            },
        }))
    }

    /// Its line: workers read nothing but lines that begin with `data: `.
    pub(super) fn line(&self) -> String {
        format!("data: {}\n", self.0)
    }
}
