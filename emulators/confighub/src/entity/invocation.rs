//! An invocation: a function with its arguments, stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::record::{Particular, check_unused, entity};
use super::{Kind, Metadata, Record, Relation};
use crate::api::Call;
use crate::error::ApiError;
use crate::gates::{check_function, look_again_in_space};
use crate::store::Store;
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

entity!(Invocation, invocation_id, invocations, writable: ["BridgeWorkerID", "ToolchainType", "FunctionName", "Arguments"], required: ["ToolchainType"],
    /// It must name a function, and one that the triggers which use it can run.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        if self.function_name.is_empty() {
            return Err(ApiError::bad_request("FunctionName is required".to_owned()));
        }
        let mut using = store.triggers.iter().filter(|trigger| trigger.invocation_id == Some(self.invocation_id));
        using.try_for_each(|trigger| {
            if trigger.toolchain_type != self.toolchain_type {
                let (slug, toolchain) = (&trigger.metadata.slug, &trigger.toolchain_type);
                return Err(ApiError::bad_request(format!("ToolchainType: trigger {slug} uses it for {toolchain}")));
            }
            check_function(trigger, &self.function_name)
        })
    },
    /// The triggers that use it tell the gates of units.
    fn follow_up(&self, store: &mut Store, _call: &Call<'_>) {
        let using = store.triggers.iter().filter(|trigger| trigger.invocation_id == Some(self.invocation_id));
        let spaces: BTreeSet<Uuid> = using.map(|trigger| trigger.metadata.space_id).collect();
        for space in spaces {
            look_again_in_space(store, space);
        }
    },
    /// Triggers cannot do without it.
    fn check_deletion(&self, store: &Store, call: &Call<'_>) -> Result<(), ApiError> {
        let users = store.triggers.iter().filter(|trigger| trigger.invocation_id == Some(self.invocation_id));
        let users = users.map(|trigger| trigger as &dyn Record);
        check_unused(store, call, (Kind::Invocation, &self.metadata.slug), users)
    }
);

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
