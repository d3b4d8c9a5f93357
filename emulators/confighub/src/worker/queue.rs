//! Queuing operations, and sending them to their workers: one queue for each unit.
//!
//! The operations of a unit go to its worker in the order in which they were queued, the next when the
//! worker is through with the step of the former one (see `transition::ends_step`); waits go on aside.
//! What needs the live state waits for the former one's end, because it is sent along.

use stagegate_simulation::{NamedObject, UnitName, Verb};
use uuid::Uuid;

use super::event::Event;
use super::transition::{Deed, ends_step, on_deed};
use super::{cancel, contact, link_order};
use crate::api::Call;
use crate::configuration::{Resource, resources};
use crate::entity::{
    Action, ActionResultType, ActionStatus, Content, Kind, QueuedOperation, Target, Unit, UnitEvent, WorkerContact,
    raised,
};
use crate::error::ApiError;
use crate::history;
use crate::hub::HubState;
use crate::identity::Permission;
use crate::store::Store;

/// How many operations of one unit may be open: the real worker's queue for a unit is as long, and it
/// drops what is more.
const DEPTH: usize = 100;

/// What an operation is to do.
pub(crate) struct Order {
    pub(crate) action: Action,
    pub(crate) revision_num: i64,
    /// An `ImportRequest` as JSON, for the worker.
    pub(crate) extra_params: String,
    /// What is sent in place of the revision's data.
    pub(crate) resources: Option<Content>,
    /// The operations that must be completed before it is sent.
    pub(crate) waits_for: Vec<Uuid>,
}

impl Order {
    /// An order that is sent in its turn.
    pub(crate) fn new(action: Action, revision_num: i64) -> Self {
        Self { action, revision_num, extra_params: String::new(), resources: None, waits_for: Vec::new() }
    }
}

/// Queues an operation on a revision of a unit, and sends it if it is its turn and the worker is
/// connected. Otherwise it waits.
pub(crate) fn enqueue(
    store: &mut Store,
    call: &Call<'_>,
    unit: &Unit,
    action: Action,
    revision_num: i64,
) -> Result<QueuedOperation, ApiError> {
    enqueue_order(store, call, unit, Order::new(action, revision_num))
}

/// The same, with what only some actions have.
pub(crate) fn enqueue_order(
    store: &mut Store,
    call: &Call<'_>,
    unit: &Unit,
    order: Order,
) -> Result<QueuedOperation, ApiError> {
    let Order { action, revision_num, .. } = order;
    let target = permitted_target(store, call, unit, &order)?;
    let id = call.hub.simulation.seed.uuid("QueuedOperation");
    let operation = queued(store, call, unit, &target, order, id);
    let space = store.space_slug(unit.metadata.space_id).unwrap_or_default();
    let name = UnitName { space, unit: unit.metadata.slug.clone() };
    call.hub.simulation.operations.queued(&id.to_string(), name, operation.command);
    store.queued_operations.insert(operation.clone());
    link_order::note_waiting(store, &operation);
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
    let mut summary =
        format!("{} of revision {revision_num} queued for target {}", action.name(), target.metadata.slug);
    if let Some(waiting) = waiting(store, call.hub, &target) {
        summary.push_str(&waiting);
    }
    call.report(Verb::Updated, Kind::Unit, store.space_slug(unit.metadata.space_id), &unit.metadata.slug, summary);
    advance(store, call.hub, unit.unit_id);
    Ok(store.queued_operations.get(id).cloned().unwrap_or(operation))
}

/// What an operation for a target waits for, where nobody is there to carry it out.
fn waiting(store: &Store, hub: &HubState, target: &Target) -> Option<String> {
    let worker = store.bridge_workers.get(target.bridge_worker_id)?;
    if hub.connections.is_open(worker.bridge_worker_id) {
        return None;
    }
    let state = if worker.last_seen_at.is_some() { "is not connected" } else { "has never connected" };
    Some(format!("; it waits for worker {}, which {state}", worker.metadata.slug))
}

/// The operation that would be queued, with the nil id, or why it would not be.
pub(crate) fn rehearse(store: &Store, call: &Call<'_>, unit: &Unit, order: Order) -> Result<QueuedOperation, ApiError> {
    let target = permitted_target(store, call, unit, &order)?;
    Ok(queued(store, call, unit, &target, order, Uuid::nil()))
}

fn permitted_target(store: &Store, call: &Call<'_>, unit: &Unit, order: &Order) -> Result<Target, ApiError> {
    call.permit(store, unit.metadata.space_id, call.needed())?;
    let target = check(store, unit, order.action, order.revision_num)?;
    call.permit(store, target.metadata.space_id, Permission::Apply)?;
    Ok(target)
}

fn queued(store: &Store, call: &Call<'_>, unit: &Unit, target: &Target, order: Order, id: Uuid) -> QueuedOperation {
    QueuedOperation {
        queued_operation_id: id,
        organization_id: unit.metadata.organization_id,
        space_id: unit.metadata.space_id,
        unit_id: unit.unit_id,
        target_id: target.target_id,
        bridge_worker_id: target.bridge_worker_id,
        action: order.action,
        status: ActionStatus::Pending,
        revision_num: order.revision_num,
        created_at: call.now,
        version: 1,
        extra_params: order.extra_params,
        resources: order.resources,
        waits_for: order.waits_for,
        awaited_by: Vec::new(),
        step_done: false,
        order: store.queued_operations.next_cursor(),
        command: call.origin.command,
    }
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
    let Some(revision) = history::revision(store, unit.unit_id, revision_num) else {
        return refuse(format!("it has no revision {revision_num}"));
    };
    let (name, gates) = match action {
        Action::Apply => ("apply gates", raised(&revision.apply_gates)),
        Action::Destroy => ("destroy gates", raised(&unit.destroy_gates)),
        _ => ("", Vec::new()),
    };
    if !gates.is_empty() {
        return refuse(format!("{name}: {}", gates.join(", ")));
    }
    if open(store, unit.unit_id).count() >= DEPTH {
        return refuse(format!("{DEPTH} operations of it are not done yet"));
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
        result: ActionResultType::None,
        status: ActionStatus::Pending,
        message: String::new(),
        revision_num: operation.revision_num,
        started_at: None,
        terminated_at: None,
    }
}

/// The operations of a unit that are not done, in the order in which they were queued.
pub(super) fn open(store: &Store, unit: Uuid) -> impl Iterator<Item = &QueuedOperation> {
    store.queued_operations.of_group(unit).filter(|operation| operation.status.is_open())
}

/// Sends those operations of a unit whose turn it is.
pub(super) fn advance(store: &mut Store, hub: &HubState, unit: Uuid) {
    let queue: Vec<Uuid> = open(store, unit).map(|operation| operation.queued_operation_id).collect();
    for (place, id) in queue.iter().enumerate() {
        let Some(operation) = store.queued_operations.get(*id) else { return };
        let former = queue[..place].iter().filter_map(|id| store.queued_operations.get(*id));
        // Another worker's queue is another one: the unit has changed its target.
        let mut former = former.filter(|former| former.bridge_worker_id == operation.bridge_worker_id);
        let needs_live_state = matches!(operation.action, Action::Refresh | Action::Import);
        let in_turn =
            former.all(|former| former.step_done && !needs_live_state) && link_order::is_released(store, operation);
        if in_turn && operation.status == ActionStatus::Pending {
            send(store, hub, *id);
        }
    }
}

/// Sends an operation to its worker, if that is connected.
fn send(store: &mut Store, hub: &HubState, id: Uuid) {
    let Some(event) = event(store, id) else { return };
    let Some(operation) = store.queued_operations.get(id) else { return };
    let Some(status) = on_deed(operation.status, Deed::Send) else { return };
    let worker = operation.bridge_worker_id;
    let operations = &hub.simulation.operations;
    let objects = if operations.follows_objects() { objects_of(store, operation) } else { Vec::new() };
    let (name, ends) = (id.to_string(), operation.action == Action::Destroy);
    if hub.connections.send(worker, event) {
        operations.sent(&name, ends, objects);
        contact::note(store, hub, worker, WorkerContact::ActionSent);
        store.queued_operations.update(id, |operation| {
            operation.status = status;
            operation.version += 1;
        });
    }
}

/// What the worker is to work on.
pub(super) fn objects_of(store: &Store, operation: &QueuedOperation) -> Vec<NamedObject> {
    let revision = history::revision(store, operation.unit_id, operation.revision_num);
    let text = revision.and_then(|revision| revision.data.text()).unwrap_or_default();
    let resources = resources(text).unwrap_or_default();
    let named = |resource: &Resource| NamedObject {
        kind: resource.kind().to_owned(),
        namespace: resource.namespace().to_owned(),
        name: resource.name().to_owned(),
    };
    resources.iter().map(named).collect()
}

fn event(store: &Store, id: Uuid) -> Option<Event> {
    let operation = store.queued_operations.get(id)?;
    let unit = store.units.get(operation.unit_id)?;
    let target = store.targets.get(operation.target_id)?;
    let revision = history::revision(store, operation.unit_id, operation.revision_num)?;
    Some(Event::operation(operation, unit, target, &revision.data))
}

/// Sends a worker that has just connected everything that it still owes a final result on: a new
/// process knows nothing of earlier operations, and runs the same one afresh (recorded run 14g). What a
/// newer operation has overtaken is not run again: that would bring the cluster back to it.
pub(super) fn send_open(store: &mut Store, call: &Call<'_>, worker: Uuid) {
    let owed = store.queued_operations.referring("BridgeWorkerID", worker);
    let owed: Vec<(Uuid, Uuid, ActionStatus)> = owed
        .filter(|operation| operation.status.is_open())
        .map(|operation| (operation.unit_id, operation.queued_operation_id, operation.status))
        .collect();
    let mut units: Vec<Uuid> = Vec::new();
    for (unit, id, status) in owed {
        if let Some(newer) = overtaken_by(store, id) {
            cancel::give_up_for(store, call, id, newer);
        } else if let Some(status) = on_deed(status, Deed::Recall) {
            store.queued_operations.update(id, |operation| {
                operation.status = status;
                operation.step_done = false;
                operation.version += 1;
            });
        }
        units.push(unit);
    }
    let mut seen = std::collections::HashSet::new();
    for unit in units.into_iter().filter(|unit| seen.insert(*unit)) {
        advance(store, call.hub, unit);
    }
    link_order::forget_waits_of(store, call, worker);
}

/// The newest operation that makes an Apply or Destroy outdated: one whose result the unit has taken
/// over, or an Apply or Destroy at the same target that has changed the cluster.
fn overtaken_by(store: &Store, id: Uuid) -> Option<Uuid> {
    let operation = store.queued_operations.get(id).filter(|operation| operation.action.changes_cluster())?;
    let effective = store.units.get(operation.unit_id)?.activity.effective_order;
    let of_unit = store.queued_operations.of_group(operation.unit_id).rev();
    let mut newer = of_unit.take_while(|newer| newer.order > operation.order);
    let overtakes = |newer: &&QueuedOperation| {
        let at_same_target = newer.target_id == operation.target_id && newer.action.changes_cluster();
        newer.order == effective || (at_same_target && has_changed_cluster(store, newer))
    };
    newer.find(overtakes).map(|newer| newer.queued_operation_id)
}

/// Whether a worker has said that it got through the step of an operation in which the cluster changes.
fn has_changed_cluster(store: &Store, operation: &QueuedOperation) -> bool {
    use ActionResultType::{ApplyCompleted, ApplyWaitFailed, DestroyCompleted, DestroyWaitFailed};
    let mut events = store.unit_events.of_group(operation.unit_id).rev();
    events.any(|event| {
        event.queued_operation_id == operation.queued_operation_id
            && match event.status {
                ActionStatus::Progressing => ends_step(operation.action, event.status, &event.message),
                _ => {
                    matches!(event.result, ApplyCompleted | ApplyWaitFailed | DestroyCompleted | DestroyWaitFailed)
                }
            }
    })
}
