//! The operations of units as clients of late 2025 see them: unit actions, and giving them up.

use serde_json::{Value as Json, json};

use super::{Call, Reply, bulk, crud};
use crate::entity::{ActionStatus, QueuedOperation, Unit};
use crate::error::ApiError;
use crate::store::Store;
use crate::worker::cancel_unit;

/// Gives up what is not done of every selected unit.
pub(super) fn bulk_cancel(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk::each(store, call, |store, unit: Unit| Ok(json!({"Action": cancel_unit(store, call, &unit)?})))
}

/// Lists the actions of a unit, the oldest first.
pub(super) fn list_actions(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.unit_id;
    let operations = store.queued_operations.of_group(unit);
    Ok(Reply::Json(operations.zip(1_i64..).map(|(operation, number)| action(operation, number)).collect()))
}

/// Reads an action of a unit.
pub(super) fn get_action(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.unit_id;
    let id = call.id("unit_action_id")?;
    let mut numbered = store.queued_operations.of_group(unit).zip(1_i64..);
    let found = numbered.find(|(operation, _)| operation.queued_operation_id == id);
    found
        .map(|(operation, number)| Reply::Json(action(operation, number)))
        .ok_or_else(|| ApiError::not_found(format!("UnitAction {id} not found")))
}

/// A queued operation under its later name, with what was sent to the worker as `Delivered`.
fn action(operation: &QueuedOperation, number: i64) -> Json {
    let mut action = json!(operation);
    action["UnitActionNum"] = json!(number);
    if operation.status == ActionStatus::Submitted {
        action["Status"] = json!("Delivered");
    }
    action
}
