//! Queuing operations and sending them to their workers.

use stagegate_simulation::Verb;
use uuid::Uuid;

use super::event::Event;
use crate::api::Call;
use crate::entity::{Action, ActionStatus, Kind, QueuedOperation, Target, Unit, UnitEvent};
use crate::error::ApiError;
use crate::history;
use crate::hub::HubState;
use crate::identity::Permission;
use crate::store::Store;

/// Queues an operation on a revision of a unit, and sends it if the worker is connected. Otherwise
/// it waits for the worker.
pub(crate) fn enqueue(
    store: &mut Store,
    call: &Call<'_>,
    unit: &Unit,
    action: Action,
    revision_num: i64,
) -> Result<QueuedOperation, ApiError> {
    call.permit(store, unit.metadata.space_id, call.needed())?;
    let target = check(store, unit, action, revision_num)?;
    call.permit(store, target.metadata.space_id, Permission::Apply)?;
    let operation = QueuedOperation {
        queued_operation_id: call.hub.simulation.seed.uuid("QueuedOperation"),
        organization_id: unit.metadata.organization_id,
        space_id: unit.metadata.space_id,
        unit_id: unit.unit_id,
        target_id: target.target_id,
        bridge_worker_id: target.bridge_worker_id,
        action,
        status: ActionStatus::Pending,
        revision_num,
        created_at: call.now,
        version: 1,
        order: store.queued_operations.next_cursor(),
        command: call.origin.command,
    };
    let id = operation.queued_operation_id;
    if let Some(command) = operation.command {
        call.hub.simulation.operations.queued(&id.to_string(), command);
    }
    store.queued_operations.insert(operation.clone());
    let event = pending_event(store, call, unit, &operation);
    store.units.update(unit.unit_id, |unit| {
        unit.activity.latest_operation = Some(id);
        unit.activity.latest_event = Some(event.unit_event_id);
        unit.activity.last_action_at = Some(call.now);
        if action == Action::Apply {
            unit.last_applied_revision_num = revision_num;
        }
    });
    store.unit_events.insert(event);
    let summary = format!("{} of revision {revision_num} queued for target {}", action.name(), target.metadata.slug);
    call.report(Verb::Updated, Kind::Unit, store.space_slug(unit.metadata.space_id), &unit.metadata.slug, summary);
    send(store, call.hub, id);
    Ok(store.queued_operations.get(id).cloned().unwrap_or(operation))
}

/// What must be there before a worker can be asked to do anything. Gives the target.
fn check(store: &Store, unit: &Unit, action: Action, revision_num: i64) -> Result<Target, ApiError> {
    let slug = &unit.metadata.slug;
    let refuse = |reason: String| {
        Err(ApiError::bad_request(format!("cannot {} unit {slug}: {reason}", action.name().to_lowercase())))
    };
    let Some(target) = unit.target_id.and_then(|id| store.targets.get(id)) else {
        return refuse("it has no target".to_owned());
    };
    if store.bridge_workers.get(target.bridge_worker_id).is_none() {
        return refuse(format!("target {} has no bridge worker", target.metadata.slug));
    }
    if target.toolchain_type != unit.toolchain_type {
        return refuse(format!(
            "its toolchain type is {}, that of target {} is {}",
            unit.toolchain_type, target.metadata.slug, target.toolchain_type
        ));
    }
    if history::revision(store, unit.unit_id, revision_num).is_none() {
        return refuse(format!("it has no revision {revision_num}"));
    }
    if action == Action::Apply && !unit.apply_gates.is_empty() {
        let gates: Vec<&str> = unit.apply_gates.keys().map(String::as_str).collect();
        return refuse(format!("apply gates: {}", gates.join(", ")));
    }
    Ok(target.clone())
}

fn pending_event(store: &Store, call: &Call<'_>, unit: &Unit, operation: &QueuedOperation) -> UnitEvent {
    UnitEvent {
        metadata: history::metadata(unit, Kind::UnitEvent, store.unit_events.next_cursor(), call.now),
        unit_event_id: call.hub.simulation.seed.uuid("UnitEvent"),
        queued_operation_id: operation.queued_operation_id,
        bridge_worker_id: Some(operation.bridge_worker_id),
        action: operation.action,
        result: "None".to_owned(),
        status: ActionStatus::Pending,
        message: String::new(),
        revision_num: operation.revision_num,
        started_at: None,
        terminated_at: None,
    }
}

/// Sends an operation to its worker, if that is connected.
fn send(store: &mut Store, hub: &HubState, id: Uuid) {
    let Some(event) = event(store, id) else { return };
    let Some(operation) = store.queued_operations.get(id) else { return };
    if hub.connections.send(operation.bridge_worker_id, event) {
        store.queued_operations.update(id, |operation| {
            operation.status = ActionStatus::Submitted;
            operation.version += 1;
        });
    }
}

fn event(store: &Store, id: Uuid) -> Option<Event> {
    let operation = store.queued_operations.get(id)?;
    let unit = store.units.get(operation.unit_id)?;
    let target = store.targets.get(operation.target_id)?;
    let revision = history::revision(store, operation.unit_id, operation.revision_num)?;
    Some(Event::operation(operation, unit, target, &revision.data))
}

/// Sends a worker that has just connected everything that it still owes a final result on: a new
/// process knows nothing of earlier operations, and runs the same one afresh.
pub(super) fn send_open(store: &mut Store, hub: &HubState, worker: Uuid) {
    let open: Vec<Uuid> = store
        .queued_operations
        .iter()
        .filter(|operation| operation.bridge_worker_id == worker && operation.status.is_open())
        .map(|operation| operation.queued_operation_id)
        .collect();
    for id in open {
        send(store, hub, id);
    }
}
