//! Operations that wait for others: in a bulk apply those of units that link to other units in it.

use uuid::Uuid;

use super::cancel::give_up;
use super::queue::advance;
use crate::api::Call;
use crate::entity::{ActionResultType, ActionStatus, QueuedOperation};
use crate::store::Store;

/// Whether all that an operation waits for is completed, or gone.
pub(super) fn is_released(store: &Store, operation: &QueuedOperation) -> bool {
    let mut awaited = operation.waits_for.iter().filter_map(|id| store.queued_operations.get(*id));
    awaited.all(|awaited| awaited.status == ActionStatus::Completed)
}

/// Makes an operation wait for others.
pub(super) fn note_waiting(store: &mut Store, operation: &QueuedOperation) {
    for awaited in &operation.waits_for {
        let id = operation.queued_operation_id;
        store.queued_operations.update(*awaited, |awaited| awaited.awaited_by.push(id));
    }
}

/// Follows the end of an operation up: what waited for it is sent, or given up when it will not complete.
/// After a wait that ran out of time it still may.
pub(super) fn follow_up(store: &mut Store, call: &Call<'_>, id: Uuid, result: ActionResultType) {
    let Some(operation) = store.queued_operations.get(id) else { return };
    let waiting = operation.awaited_by.clone();
    let given_up = match operation.status {
        ActionStatus::Completed => false,
        ActionStatus::Failed if result == ActionResultType::ApplyWaitFailed => return,
        ActionStatus::Failed | ActionStatus::Canceled | ActionStatus::Aborted => true,
        _ => return,
    };
    let slug = store.units.get(operation.unit_id).map(|unit| unit.metadata.slug.clone()).unwrap_or_default();
    let ended = format!("{} of unit {slug}", operation.action.name());
    let status = operation.status.name();
    for id in waiting {
        let Some(unit) = store.queued_operations.get(id).map(|waiting| waiting.unit_id) else { continue };
        if given_up {
            give_up(store, call, id, &format!("it waited for {ended}, which is {status}"));
        }
        advance(store, call.hub, unit);
    }
}
