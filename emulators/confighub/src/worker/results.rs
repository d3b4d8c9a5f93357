//! What workers report, and what comes of it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use stagegate_simulation::{Actor, Applied, Origin, Verb};
use uuid::Uuid;

use super::transition::{self, Effect};
use super::{condition, contact, effect, invocation, link_order, queue};
use crate::api::{Call, fields};
use crate::entity::{
    Action, ActionResultType, ActionStatus, Content, Kind, QueuedOperation, Unit, UnitEvent, WorkerContact,
};
use crate::error::ApiError;
use crate::history;
use crate::store::Store;

/// A report on an operation (`ActionResult` of the OpenAPI description).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ActionResult {
    #[serde(rename = "QueuedOperationID")]
    pub(super) queued_operation_id: Uuid,
    /// Of these three the operation says what they are; they are read so that others than theirs are refused.
    #[serde(rename = "SpaceID")]
    _space_id: Uuid,
    #[serde(rename = "UnitID")]
    _unit_id: Uuid,
    #[serde(rename = "RevisionNum")]
    _revision_num: i64,
    /// As text: a worker repeats the name of an action that it does not know.
    action: String,
    result: String,
    pub(super) status: ActionStatus,
    pub(super) message: String,
    #[serde(with = "crate::entity::time")]
    started_at: Option<Timestamp>,
    terminated_at: Option<Timestamp>,
    pub(super) data: Option<Content>,
    pub(super) live_state: Option<Content>,
    pub(super) outputs: Option<Content>,
}

impl ActionResult {
    fn read(body: Map<String, Json>) -> Result<Self, ApiError> {
        let result: Self = fields(body, &["Action", "Status"])?;
        // The answer of functions is data of another kind, see `invocation`.
        if result.action != Action::InvokeFunctions.name() {
            history::check_content("Data", result.data.as_ref())?;
        }
        history::check_content("LiveState", result.live_state.as_ref())?;
        history::check_content("Outputs", result.outputs.as_ref())?;
        Ok(result)
    }

    /// The result, which must be one of the action with this status.
    fn checked_result(&self, action: Action) -> Result<ActionResultType, ApiError> {
        let name = if self.result.is_empty() { ActionResultType::None.name() } else { &self.result };
        let result = serde_json::from_value(Json::String(name.to_owned()))
            .map_err(|_| ApiError::bad_request(format!("Result: unknown `{name}`")))?;
        if transition::fits(action, self.status, result) {
            return Ok(result);
        }
        let (action, status) = (action.name(), self.status.name());
        Err(ApiError::bad_request(format!(
            "Result: `{name}` is not what a report on {action} with Status {status} has"
        )))
    }
}

/// Takes a report.
pub(crate) fn accept_result(
    store: &mut Store,
    call: &Call<'_>,
    worker: Uuid,
    body: Map<String, Json>,
) -> Result<(), ApiError> {
    let result = ActionResult::read(body)?;
    condition::seen(store, call, worker);
    if result.action == Action::Heartbeat.name() {
        condition::heard(store, call, worker, &result.message);
        return Ok(());
    }
    if result.queued_operation_id.is_nil() {
        // A worker's answer to an action that it does not know; nothing to match it with (recorded run 18k).
        store.bridge_workers.update(worker, |worker| worker.last_message = result.message);
        return Ok(());
    }
    if result.action == Action::InvokeFunctions.name() {
        result.checked_result(Action::InvokeFunctions)?;
        contact::note(store, call.hub, worker, WorkerContact::ActionResultReceived);
        return invocation::answered(call.hub, worker, result);
    }
    let operation = store
        .queued_operations
        .get(result.queued_operation_id)
        .filter(|operation| operation.bridge_worker_id == worker)
        .cloned()
        .ok_or_else(|| ApiError::not_found(format!("queued operation {} not found", result.queued_operation_id)))?;
    if result.action != operation.action.name() {
        let (said, action) = (&result.action, operation.action.name());
        return Err(ApiError::bad_request(format!("Action: `{said}`, but the operation is {action}")));
    }
    let effect = transition::on_report(operation.status, result.status);
    if effect == Effect::Refused {
        return Err(ApiError::bad_request(format!("Status: {} is not for workers to say", result.status.name())));
    }
    let result_type = result.checked_result(operation.action)?;
    check_read_back(store, &operation, &result)?;
    contact::note(store, call.hub, worker, WorkerContact::ActionResultReceived);
    let counts = matches!(effect, Effect::Enters | Effect::TakesOver);
    if counts && has_applied(operation.action, result_type, &result) {
        tell_applied(store, call, &operation);
    }
    match effect {
        Effect::Enters => enter(store, call, &operation, result_type, result),
        Effect::TakesOver => take_over(store, call, &operation, result_type, result),
        Effect::Ignored | Effect::Refused => {}
    }
    queue::advance(store, call.hub, operation.unit_id);
    link_order::follow_up(store, call, operation.queued_operation_id);
    Ok(())
}

/// Refuses data that cannot become the unit's.
fn check_read_back(store: &Store, operation: &QueuedOperation, result: &ActionResult) -> Result<(), ApiError> {
    let reads_back = matches!(operation.action, Action::Refresh | Action::Import);
    match (store.units.get(operation.unit_id), &result.data) {
        (Some(unit), Some(data)) if reads_back => history::check_kubernetes_data("Data", &unit.toolchain_type, data),
        _ => Ok(()),
    }
}

/// The operation enters the reported state.
fn enter(
    store: &mut Store,
    call: &Call<'_>,
    operation: &QueuedOperation,
    result_type: ActionResultType,
    result: ActionResult,
) {
    let ends_step = transition::ends_step(operation.action, result.status, &result.message);
    store.queued_operations.update(operation.queued_operation_id, |operation| {
        operation.status = result.status;
        operation.step_done |= ends_step;
        operation.version += 1;
    });
    let Some(unit) = store.units.get(operation.unit_id).cloned() else { return };
    record_event(store, call, &unit, operation, result_type, &result);
    match result.status {
        ActionStatus::Completed => take_over(store, call, operation, result_type, result),
        ActionStatus::Failed | ActionStatus::Canceled | ActionStatus::Aborted => {
            let summary = format!("{} {}: {}", operation.action.name(), result.status.name(), result.message);
            report(store, call, operation, Verb::Updated, Kind::Unit, &unit, summary);
        }
        _ => {}
    }
}

/// Whether a worker says that everything is written: it waits for it, is done, or has waited in vain.
fn has_applied(action: Action, result_type: ActionResultType, result: &ActionResult) -> bool {
    let waits_or_is_done = matches!(result.status, ActionStatus::Progressing | ActionStatus::Completed)
        && transition::ends_step(action, result.status, &result.message);
    action == Action::Apply && (waits_or_is_done || result_type == ActionResultType::ApplyWaitFailed)
}

/// Tells the objects of an Apply once, where somebody looks at a cluster from outside.
fn tell_applied(store: &Store, call: &Call<'_>, operation: &QueuedOperation) {
    let (simulation, name) = (&call.hub.simulation, operation.queued_operation_id.to_string());
    if !simulation.operations.take_telling(&name) {
        return;
    }
    let actor = Actor::Worker { operation: Some(name) };
    let origin = Origin { actor, command: operation.command };
    let unit = simulation.operations.unit_of(&origin);
    for object in queue::objects_of(store, operation) {
        simulation.observer.applied(Applied { origin: origin.clone(), unit: unit.clone(), object });
    }
}

/// The unit takes over what was completed, unless something newer has taken effect already.
fn take_over(
    store: &mut Store,
    call: &Call<'_>,
    operation: &QueuedOperation,
    result_type: ActionResultType,
    result: ActionResult,
) {
    let newer = store.units.get(operation.unit_id).cloned();
    if let Some(unit) = newer.filter(|unit| operation.order > unit.activity.effective_order) {
        effect::take(store, call, unit, operation, result_type, result);
    }
}

fn record_event(
    store: &mut Store,
    call: &Call<'_>,
    unit: &Unit,
    operation: &QueuedOperation,
    result_type: ActionResultType,
    result: &ActionResult,
) {
    insert_event(
        store,
        UnitEvent {
            metadata: history::metadata(unit, Kind::UnitEvent, store.unit_events.next_cursor(), call.now),
            unit_event_id: call.hub.simulation.seed.uuid("UnitEvent"),
            queued_operation_id: operation.queued_operation_id,
            bridge_worker_id: Some(operation.bridge_worker_id),
            action: operation.action,
            result: result_type,
            status: result.status,
            message: result.message.clone(),
            revision_num: operation.revision_num,
            started_at: result.started_at,
            terminated_at: result.terminated_at,
        },
    );
    let summary = format!("{} {}: {}", operation.action.name(), result.status.name(), result.message);
    report(store, call, operation, Verb::Created, Kind::UnitEvent, unit, summary);
}

/// Adds an event; it stands for the unit's state if no newer operation was queued.
pub(super) fn insert_event(store: &mut Store, event: UnitEvent) {
    let (unit, operation) = (event.metadata.unit_id, event.queued_operation_id);
    let (id, at) = (event.unit_event_id, event.metadata.created_at);
    store.unit_events.insert(event);
    store.units.update(unit, |unit| {
        if unit.activity.latest_operation == Some(operation) {
            unit.activity.latest_event = Some(id);
            unit.activity.last_action_at = Some(at);
        }
    });
}

/// Reports a change in the name of the worker, attributed to the command that queued the operation.
pub(super) fn report(
    store: &Store,
    call: &Call<'_>,
    operation: &QueuedOperation,
    verb: Verb,
    kind: Kind,
    unit: &Unit,
    summary: String,
) {
    let origin = Origin {
        actor: Actor::Worker { operation: Some(operation.queued_operation_id.to_string()) },
        command: operation.command,
    };
    let scope = store.space_slug(unit.metadata.space_id);
    call.report_as(origin, verb, (kind, None), scope, &unit.metadata.slug, summary);
}
