//! Operations that wait for others: in a bulk apply those of units that link to other units in it.
//!
//! What waits is sent when the unit that it waits for is as its links need it, by the awaited apply or
//! a newer one, and given up when that cannot be expected any more. Either way it ends, so that it
//! never holds up later operations of its unit for good.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::cancel::end;
use super::queue::advance;
use super::transition::Deed;
use crate::api::Call;
use crate::entity::{Action, ActionResultType, ActionStatus, QueuedOperation};
use crate::hub::HubState;
use crate::store::Store;

/// How long a worker goes on with a wait that ran out of time, from the operation's start; then it
/// gives up without a word (recorded run 7-long).
const RETRIES: Duration = Duration::from_secs(15 * 60);

/// Whether all that an operation waits for is done, or gone.
pub(super) fn is_released(store: &Store, operation: &QueuedOperation) -> bool {
    let mut awaited = operation.waits_for.iter().filter_map(|id| store.queued_operations.get(*id));
    awaited.all(|awaited| awaited.status == ActionStatus::Completed || outcome(store, awaited) == Some(Action::Apply))
}

/// Makes an operation wait for others.
pub(super) fn note_waiting(store: &mut Store, operation: &QueuedOperation) {
    for awaited in &operation.waits_for {
        let id = operation.queued_operation_id;
        store.queued_operations.update(*awaited, |awaited| awaited.awaited_by.push(id));
    }
}

/// Looks again at what waits for operations of a unit, one of which has come to an end.
pub(super) fn follow_up(store: &mut Store, call: &Call<'_>, id: Uuid) {
    let ended = store.queued_operations.get(id).filter(|operation| !operation.status.is_open());
    if let Some(unit) = ended.map(|operation| operation.unit_id) {
        settle(store, call, waiting_for(store, unit));
    }
}

/// The operations that wait for operations of a unit.
pub(crate) fn waiting_for(store: &Store, unit: Uuid) -> Vec<Uuid> {
    let awaited = store.queued_operations.of_group(unit).flat_map(|operation| &operation.awaited_by);
    awaited.copied().filter(|id| is_waiting(store, *id)).collect()
}

/// Whether operations of a worker wait for others.
pub(super) fn any_waiting(store: &Store, worker: Uuid) -> bool {
    waiting_of(store, worker).next().is_some()
}

/// Looks again at what waits of a worker: time alone can end the hope for it.
pub(super) fn review(store: &mut Store, call: &Call<'_>, worker: Uuid) {
    let waiting = waiting_of(store, worker).collect();
    settle(store, call, waiting);
}

/// A worker has connected anew: what its former process waited for, nobody waits for any more.
pub(super) fn forget_waits_of(store: &mut Store, call: &Call<'_>, worker: Uuid) {
    let owed = store.queued_operations.referring("BridgeWorkerID", worker);
    let failed = owed.filter(|operation| operation.status == ActionStatus::Failed);
    let waiting = failed.flat_map(|operation| &operation.awaited_by).copied().collect();
    settle(store, call, waiting);
}

/// Sends those of these operations that need not wait any more, and gives up those that wait in vain
/// with all that waits for them in turn.
pub(crate) fn settle(store: &mut Store, call: &Call<'_>, mut waiting: Vec<Uuid>) {
    while let Some(id) = waiting.pop() {
        if !is_waiting(store, id) {
            continue;
        }
        let Some(unit) = store.queued_operations.get(id).map(|operation| operation.unit_id) else { continue };
        if let Some(reason) = vain(store, call.hub, call.now, id) {
            end(store, call, id, Deed::Cancel, &reason);
            waiting.extend(waiting_for(store, unit));
        }
        advance(store, call.hub, unit);
    }
}

fn waiting_of(store: &Store, worker: Uuid) -> impl Iterator<Item = Uuid> {
    let owed = store.queued_operations.referring("BridgeWorkerID", worker);
    let waiting = |one: &&QueuedOperation| one.status == ActionStatus::Pending && !one.waits_for.is_empty();
    owed.filter(waiting).map(|operation| operation.queued_operation_id)
}

fn is_waiting(store: &Store, id: Uuid) -> bool {
    store.queued_operations.get(id).is_some_and(|operation| operation.status == ActionStatus::Pending)
}

/// Why an operation waits in vain, if it does.
fn vain(store: &Store, hub: &HubState, now: Timestamp, id: Uuid) -> Option<String> {
    let operation = store.queued_operations.get(id)?;
    let mut awaited = operation.waits_for.iter().filter_map(|id| store.queued_operations.get(*id));
    let lost = awaited.find(|awaited| is_lost(store, hub, now, awaited))?;
    let slug = store.units.get(lost.unit_id).map(|unit| unit.metadata.slug.as_str()).unwrap_or_default();
    Some(match outcome(store, lost) {
        Some(Action::Destroy) => format!("it waited for {} of unit {slug}, which was destroyed", lost.action.name()),
        _ => format!("it waited for {} of unit {slug}, which is {}", lost.action.name(), lost.status.name()),
    })
}

fn is_lost(store: &Store, hub: &HubState, now: Timestamp, awaited: &QueuedOperation) -> bool {
    if awaited.status == ActionStatus::Completed {
        return false;
    }
    match outcome(store, awaited) {
        Some(action) => action == Action::Destroy,
        None => {
            !since(store, awaited).any(|newer| newer.action == Action::Apply && may_complete(store, hub, now, newer))
        }
    }
}

/// What was completed last of an operation's unit, of it and of what was queued after it.
fn outcome(store: &Store, awaited: &QueuedOperation) -> Option<Action> {
    since(store, awaited).rev().find(|newer| newer.status == ActionStatus::Completed).map(|newer| newer.action)
}

/// An operation and those Applies and Destroys of its unit that were queued after it.
fn since<'a>(store: &'a Store, awaited: &'a QueuedOperation) -> impl DoubleEndedIterator<Item = &'a QueuedOperation> {
    let of_unit = store.queued_operations.of_group(awaited.unit_id);
    of_unit.filter(|newer| newer.order >= awaited.order && newer.action.changes_cluster())
}

/// Whether a worker may still report the completion of an operation.
fn may_complete(store: &Store, hub: &HubState, now: Timestamp, operation: &QueuedOperation) -> bool {
    operation.status.is_open() || (operation.status == ActionStatus::Failed && wait_goes_on(store, hub, now, operation))
}

/// Whether the wait of an operation that ran out of time goes on: in the same process of the worker, and
/// until that gives up.
fn wait_goes_on(store: &Store, hub: &HubState, now: Timestamp, operation: &QueuedOperation) -> bool {
    let of_unit = store.unit_events.of_group(operation.unit_id);
    let mut events = of_unit.rev().filter(|event| event.queued_operation_id == operation.queued_operation_id);
    let Some(last) = events.next().filter(|event| event.result == ActionResultType::ApplyWaitFailed) else {
        return false;
    };
    let begun = events.take_while(|event| event.started_at == last.started_at).last().unwrap_or(last);
    let worker = operation.bridge_worker_id;
    let same_process = hub.connections.first_event(worker).is_none_or(|first| last.metadata.cursor_id >= first);
    store.bridge_workers.get(worker).is_some()
        && same_process
        && now < begun.metadata.created_at.checked_add(RETRIES).unwrap_or(Timestamp::MAX)
}
