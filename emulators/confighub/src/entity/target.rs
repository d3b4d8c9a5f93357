//! A target: where a worker applies units.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Kind, Metadata, Relation};
use crate::error::ApiError;
use crate::store::Store;
use crate::where_clause::Value;

/// A target: where a worker applies units.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "TargetID")]
    pub(crate) target_id: Uuid,
    #[serde(rename = "BridgeWorkerID")]
    pub(crate) bridge_worker_id: Uuid,
    pub(crate) provider_type: String,
    pub(crate) toolchain_type: String,
    /// A JSON object as text, handed to the worker with each operation.
    pub(crate) parameters: String,
}

entity!(Target, target_id, targets, writable: ["BridgeWorkerID", "ProviderType", "ToolchainType", "Parameters"], required: ["ProviderType", "ToolchainType"],
    /// The worker it is reached through must exist, and its parameters must be JSON. The client sends
    /// the nil UUID when it was given no worker.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        let worker = self.bridge_worker_id;
        if !worker.is_nil() && store.bridge_workers.get(worker).is_none() {
            return Err(ApiError::bad_request(format!("BridgeWorkerID: no bridge worker {worker}")));
        }
        if !self.parameters.is_empty() && serde_json::from_str::<serde_json::Value>(&self.parameters).is_err() {
            return Err(ApiError::bad_request("Parameters: not JSON".to_owned()));
        }
        Ok(())
    }
);

impl Particular for Target {
    const INDEXED: &'static [&'static str] = &["BridgeWorkerID"];

    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "BridgeWorkerID" => Value::Uuid(self.bridge_worker_id),
            "ProviderType" => Value::Text(&self.provider_type),
            "ToolchainType" => Value::Text(&self.toolchain_type),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![Relation::new("BridgeWorkerID", "BridgeWorker", Kind::BridgeWorker, self.bridge_worker_id)]
    }
}
