//! A trigger: a function that runs when units change.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Kind, Metadata, Relation};
use crate::api::Call;
use crate::error::ApiError;
use crate::gates::{check_trigger, look_again_in_space};
use crate::store::Store;
use crate::triggers;
use crate::where_clause::Value;

/// A trigger: a function that runs when units change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Trigger {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "TriggerID")]
    pub(crate) trigger_id: Uuid,
    #[serde(rename = "BridgeWorkerID")]
    pub(crate) bridge_worker_id: Option<Uuid>,
    #[serde(rename = "InvocationID")]
    pub(crate) invocation_id: Option<Uuid>,
    pub(crate) toolchain_type: String,
    pub(crate) event: String,
    pub(crate) function_name: String,
    pub(crate) arguments: Vec<Json>,
    pub(crate) validating: bool,
    pub(crate) enforced: bool,
    pub(crate) disabled: bool,
}

entity!(Trigger, trigger_id, triggers, writable: ["BridgeWorkerID", "InvocationID", "ToolchainType", "Event", "FunctionName", "Arguments", "Validating", "Enforced", "Disabled"], required: ["Event", "ToolchainType"],
    /// `Validating` is that of the function.
    fn derive(&mut self, store: &Store) {
        self.validating = triggers::function(store, self).is_some_and(|function| triggers::is_validating(&function.function_name));
    },
    /// Triggers tell the gates of all units that they run on.
    fn follow_up(&self, store: &mut Store, _call: &Call<'_>) {
        for space in triggers::spaces_of_triggers_in(store, self.metadata.space_id) {
            look_again_in_space(store, space);
        }
    },
    /// It must be one that is run.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        check_trigger(self, store)
    }
);

impl Particular for Trigger {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "BridgeWorkerID" => self.bridge_worker_id.map_or(Value::Nothing, Value::Uuid),
            "InvocationID" => self.invocation_id.map_or(Value::Nothing, Value::Uuid),
            "ToolchainType" => Value::Text(&self.toolchain_type),
            "Event" => Value::Text(&self.event),
            "FunctionName" => Value::Text(&self.function_name),
            "Validating" => Value::Boolean(self.validating),
            "Enforced" => Value::Boolean(self.enforced),
            "Disabled" => Value::Boolean(self.disabled),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![
            Relation::new("BridgeWorkerID", "BridgeWorker", Kind::BridgeWorker, self.bridge_worker_id),
            Relation::new("InvocationID", "Invocation", Kind::Invocation, self.invocation_id),
        ]
    }
}
