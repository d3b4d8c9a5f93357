//! Giving operations up.

use stagegate_simulation::Verb;
use uuid::Uuid;

use super::event::Event;
use super::transition::{Deed, on_deed};
use super::{contact, link_order, queue};
use crate::api::Call;
use crate::entity::{ActionResultType, ActionStatus, Kind, QueuedOperation, Unit, UnitEvent, WorkerContact};
use crate::error::ApiError;
use crate::history;
use crate::store::Store;

/// Gives up what is not done of a unit, because a user said so. A worker that has been sent it is told;
/// one of August 2025 does not know what it is told and goes on, and what it then completes is still
/// taken over as live. Gives the latest of the operations.
pub(crate) fn cancel_unit(store: &mut Store, call: &Call<'_>, unit: &Unit) -> Result<QueuedOperation, ApiError> {
    call.permit(store, unit.metadata.space_id, call.needed())?;
    let open: Vec<QueuedOperation> = queue::open(store, unit.unit_id).cloned().collect();
    let Some(latest) = open.last().map(|operation| operation.queued_operation_id) else {
        return Err(ApiError::bad_request(format!("unit {} has no operation to cancel", unit.metadata.slug)));
    };
    for operation in open {
        let target = store.targets.get(operation.target_id);
        let target = target.filter(|_| operation.status != ActionStatus::Pending);
        let event = target.map(|target| Event::cancel(&operation, unit, target));
        let worker = operation.bridge_worker_id;
        if event.is_some_and(|event| call.hub.connections.send(worker, event)) {
            contact::note(store, call.hub, worker, WorkerContact::ActionSent);
        }
        give_up(store, call, operation.queued_operation_id, "Operation cancelled by user request");
    }
    queue::advance(store, call.hub, unit.unit_id);
    store
        .queued_operations
        .get(latest)
        .cloned()
        .ok_or_else(|| ApiError::not_found(format!("queued operation {latest} not found")))
}

/// Gives up every open operation that is to be carried out at this target, which is about to be deleted.
pub(crate) fn cancel_of_target(store: &mut Store, call: &Call<'_>, target: Uuid, reason: &str) {
    cancel_where(store, call, reason, |operation| operation.target_id == target);
}

/// Gives up every open operation of this worker, which is about to be deleted.
pub(crate) fn cancel_of_worker(store: &mut Store, call: &Call<'_>, worker: Uuid, reason: &str) {
    cancel_where(store, call, reason, |operation| operation.bridge_worker_id == worker);
}

fn cancel_where(store: &mut Store, call: &Call<'_>, reason: &str, chosen: impl Fn(&QueuedOperation) -> bool) {
    let open = store.queued_operations.iter().filter(|operation| operation.status.is_open() && chosen(operation));
    let open: Vec<(Uuid, Uuid)> = open.map(|operation| (operation.queued_operation_id, operation.unit_id)).collect();
    for (id, _) in &open {
        give_up(store, call, *id, reason);
    }
    for (_, unit) in open {
        queue::advance(store, call.hub, unit);
    }
}

/// Ends an operation as canceled, with an event that says why, and what waits for it in vain too.
pub(super) fn give_up(store: &mut Store, call: &Call<'_>, id: Uuid, reason: &str) {
    end(store, call, id, Deed::Cancel, reason);
    link_order::follow_up(store, call, id);
}

/// Ends an operation as aborted, because a newer one of its unit has taken effect; in the words of
/// the worker of late 2025, which does the same.
pub(super) fn give_up_for(store: &mut Store, call: &Call<'_>, id: Uuid, newer: Uuid) {
    end(store, call, id, Deed::Override, &format!("Operation overridden by newer operation {newer}"));
    link_order::follow_up(store, call, id);
}

/// Ends an operation, with an event that says why.
pub(super) fn end(store: &mut Store, call: &Call<'_>, id: Uuid, deed: Deed, reason: &str) {
    let Some(operation) = store.queued_operations.get(id).cloned() else { return };
    let Some(status) = on_deed(operation.status, deed) else { return };
    store.queued_operations.update(id, |operation| {
        operation.status = status;
        operation.step_done = true;
        operation.version += 1;
    });
    let Some(unit) = store.units.get(operation.unit_id).cloned() else { return };
    let event = UnitEvent {
        metadata: history::metadata(&unit, Kind::UnitEvent, store.unit_events.next_cursor(), call.now),
        unit_event_id: call.hub.simulation.seed.uuid("UnitEvent"),
        queued_operation_id: id,
        bridge_worker_id: Some(operation.bridge_worker_id),
        action: operation.action,
        result: ActionResultType::None,
        status,
        message: reason.to_owned(),
        revision_num: operation.revision_num,
        started_at: None,
        terminated_at: Some(call.now),
    };
    super::results::insert_event(store, event);
    let (action, number, status) = (operation.action.name(), operation.revision_num, status.name());
    let summary = format!("{action} of revision {number} {status}: {reason}");
    call.report(Verb::Updated, Kind::Unit, store.space_slug(unit.metadata.space_id), &unit.metadata.slug, summary);
}
