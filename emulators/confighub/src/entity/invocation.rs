//! An invocation: a function with its arguments, stored.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Kind, Metadata, Relation};
use crate::where_clause::Value;

/// An invocation: a function with its arguments, stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Invocation {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "InvocationID")]
    pub(crate) invocation_id: Uuid,
    #[serde(rename = "BridgeWorkerID")]
    pub(crate) bridge_worker_id: Option<Uuid>,
    pub(crate) toolchain_type: String,
    pub(crate) function_name: String,
    pub(crate) arguments: Vec<Json>,
}

entity!(Invocation, invocation_id, invocations, writable: ["BridgeWorkerID", "ToolchainType", "FunctionName", "Arguments"], required: ["ToolchainType"]);

impl Particular for Invocation {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "BridgeWorkerID" => self.bridge_worker_id.map_or(Value::Nothing, Value::Uuid),
            "ToolchainType" => Value::Text(&self.toolchain_type),
            "FunctionName" => Value::Text(&self.function_name),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![Relation::new("BridgeWorkerID", "BridgeWorker", Kind::BridgeWorker, self.bridge_worker_id)]
    }
}
