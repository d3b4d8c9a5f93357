//! The worker protocol's messages (OpenAPI: StreamBridgeWorker, CreateActionResult, GetSelf).
//!
//! Byte fields are base64 strings on the wire; absent ones are null in events and left out of results.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

/// What a worker can do, sent when it opens its stream.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WorkerInfo {
    pub(crate) bridge_worker_info: BridgeWorkerInfo,
    pub(crate) function_worker_info: FunctionWorkerInfo,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BridgeWorkerInfo {
    pub(crate) supported_config_types: Vec<ConfigType>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ConfigType {
    pub(crate) toolchain_type: &'static str,
    pub(crate) provider_type: &'static str,
    pub(crate) available_targets: Vec<AvailableTarget>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AvailableTarget {
    pub(crate) name: String,
    pub(crate) params: TargetParams,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FunctionWorkerInfo {
    /// Signatures by toolchain and function name; none, because this worker runs no functions.
    pub(crate) supported_functions: serde_json::Map<String, Value>,
}

/// A target's parameters as this provider reads them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TargetParams {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kube_context: String,
    /// A Go duration such as `2m0s`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) wait_timeout: String,
}

/// The answer to `GET /me`, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Myself {
    pub(crate) slug: String,
}

/// One event of the stream.
#[derive(Debug, Deserialize)]
#[serde(tag = "Event", content = "Data")]
pub(crate) enum Event {
    #[serde(rename = "WorkerEvent")]
    Worker(WorkerEvent),
    #[serde(rename = "BridgeWorkerEvent")]
    Bridge(BridgeEvent),
    #[serde(rename = "FunctionWorkerEvent")]
    Function(FunctionEvent),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WorkerEvent {
    pub(crate) action: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BridgeEvent {
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) payload: Payload,
}

/// What to do an action with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Payload {
    #[serde(rename = "QueuedOperationID")]
    pub(crate) queued_operation_id: Uuid,
    #[serde(rename = "UnitID")]
    pub(crate) unit_id: Uuid,
    #[serde(rename = "SpaceID")]
    pub(crate) space_id: Uuid,
    #[serde(deserialize_with = "bytes_of_base64")]
    pub(crate) data: Vec<u8>,
    #[serde(deserialize_with = "bytes_of_base64")]
    pub(crate) live_state: Vec<u8>,
    #[serde(deserialize_with = "bytes_of_base64")]
    pub(crate) target_params: Vec<u8>,
    /// For an import: an `ImportRequest` as JSON.
    #[serde(deserialize_with = "bytes_of_base64")]
    pub(crate) extra_params: Vec<u8>,
    pub(crate) revision_num: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FunctionEvent {
    pub(crate) action: String,
    pub(crate) payload: FunctionPayload,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FunctionPayload {
    #[serde(rename = "QueuedOperationID")]
    pub(crate) queued_operation_id: Uuid,
    #[serde(default)]
    pub(crate) invocation_request: InvocationRequest,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InvocationRequest {
    #[serde(rename = "UnitID")]
    pub(crate) unit_id: Uuid,
    pub(crate) revision_num: i64,
}

/// A report on an operation. The order of the fields is the real worker's.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ActionResult {
    #[serde(rename = "UnitID")]
    pub(crate) unit_id: Uuid,
    #[serde(rename = "SpaceID")]
    pub(crate) space_id: Uuid,
    #[serde(rename = "QueuedOperationID")]
    pub(crate) queued_operation_id: Uuid,
    pub(crate) revision_num: i64,
    pub(crate) action: String,
    pub(crate) result: &'static str,
    pub(crate) status: &'static str,
    pub(crate) message: String,
    pub(crate) started_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) terminated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "bytes_to_base64")]
    pub(crate) data: Vec<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "bytes_to_base64")]
    pub(crate) live_state: Vec<u8>,
}

impl ActionResult {
    /// A report that belongs to no operation: heartbeats and actions the worker does not know.
    pub(crate) fn unattached(action: &str, status: &'static str, message: String, at: Timestamp) -> Self {
        Self {
            unit_id: Uuid::nil(),
            space_id: Uuid::nil(),
            queued_operation_id: Uuid::nil(),
            revision_num: 0,
            action: action.to_owned(),
            result: "None",
            status,
            message,
            started_at: at,
            terminated_at: None,
            data: Vec::new(),
            live_state: Vec::new(),
        }
    }
}

fn bytes_of_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map_or(Ok(Vec::new()), |text| STANDARD.decode(text).map_err(serde::de::Error::custom))
}

fn bytes_to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}
