//! What workers report, and what comes of it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use stagegate_simulation::{Actor, Origin, Verb};
use uuid::Uuid;

use crate::api::Call;
use crate::entity::{Action, ActionStatus, Cause, Condition, Content, Kind, QueuedOperation, Unit, UnitEvent};
use crate::error::ApiError;
use crate::history::{self, DataChange};
use crate::resolution;
use crate::store::Store;

/// A report on an operation (`ActionResult` of the OpenAPI description).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ActionResult {
    #[serde(rename = "QueuedOperationID", default)]
    queued_operation_id: Uuid,
    /// As text: a worker repeats the name of an action that it does not know.
    action: String,
    #[serde(default)]
    result: String,
    status: ActionStatus,
    #[serde(default)]
    message: String,
    #[serde(with = "crate::entity::time", default)]
    started_at: Option<Timestamp>,
    #[serde(default)]
    terminated_at: Option<Timestamp>,
    #[serde(default)]
    data: Option<Content>,
    #[serde(default)]
    live_state: Option<Content>,
}

/// Results that the description's `ActionResultType` knows.
const RESULTS: [&str; 14] = [
    "ApplyCompleted",
    "ApplyFailed",
    "ApplyWaitFailed",
    "DestroyCompleted",
    "DestroyFailed",
    "DestroyWaitFailed",
    "FunctionInvocationCompleted",
    "FunctionInvocationFailed",
    "ImportCompleted",
    "ImportFailed",
    "None",
    "RefreshAndDrifted",
    "RefreshAndNoDrift",
    "RefreshFailed",
];

/// Notes that a worker was heard of, which ends its being unresponsive.
pub(crate) fn seen(store: &mut Store, call: &Call<'_>, id: Uuid) {
    store.bridge_workers.update(id, |worker| worker.last_seen_at = Some(call.now));
    if store.bridge_workers.get(id).is_some_and(|worker| worker.condition == Condition::Unresponsive) {
        super::stream::set_condition(store, call.hub, id, Condition::Ready, &call.origin);
    }
}

/// Takes a report.
pub(crate) fn accept_result(
    store: &mut Store,
    call: &Call<'_>,
    worker: Uuid,
    body: Map<String, Json>,
) -> Result<(), ApiError> {
    let result: ActionResult = serde_json::from_value(Json::Object(body))
        .map_err(|error| ApiError::bad_request(format!("action result: {error}")))?;
    seen(store, call, worker);
    if result.action == Action::Heartbeat.name() {
        heard(store, call, worker, &result.message);
        return Ok(());
    }
    if result.queued_operation_id.is_nil() {
        // A worker's answer to an action that it does not know; nothing to match it with.
        store.bridge_workers.update(worker, |worker| worker.last_message = result.message);
        return Ok(());
    }
    if !RESULTS.contains(&result.result.as_str()) {
        return Err(ApiError::bad_request(format!("Result: unknown `{}`", result.result)));
    }
    let operation = store
        .queued_operations
        .get(result.queued_operation_id)
        .filter(|operation| operation.bridge_worker_id == worker)
        .cloned()
        .ok_or_else(|| ApiError::not_found(format!("queued operation {} not found", result.queued_operation_id)))?;
    if operation.status == ActionStatus::Completed {
        // A repeated or late report on what is done already.
        return Ok(());
    }
    store.queued_operations.update(operation.queued_operation_id, |operation| {
        operation.status = result.status;
        operation.version += 1;
    });
    let Some(unit) = store.units.get(operation.unit_id).cloned() else { return Ok(()) };
    record_event(store, call, &unit, &operation, &result);
    if result.status == ActionStatus::Completed && operation.order > unit.activity.effective_order {
        take_effect(store, call, unit, &operation, result);
    } else if matches!(result.status, ActionStatus::Failed | ActionStatus::Canceled) {
        let summary = format!("{} {}: {}", operation.action.name(), result.status.name(), result.message);
        report(store, call, &operation, Verb::Updated, Kind::Unit, &unit, summary);
    }
    Ok(())
}

/// A heartbeat was answered; a message means that something is wrong, such as `MemoryPressure`.
fn heard(store: &mut Store, call: &Call<'_>, id: Uuid, message: &str) {
    let condition = if message.is_empty() { Condition::Ready } else { Condition::NotReady };
    super::stream::set_condition(store, call.hub, id, condition, &call.origin);
    store.bridge_workers.update(id, |worker| message.clone_into(&mut worker.last_message));
}

/// Adds an event; it stands for the unit's state if no newer operation was queued.
fn record_event(store: &mut Store, call: &Call<'_>, unit: &Unit, operation: &QueuedOperation, result: &ActionResult) {
    let event = UnitEvent {
        metadata: history::metadata(unit, Kind::UnitEvent, store.unit_events.next_cursor(), call.now),
        unit_event_id: call.hub.simulation.seed.uuid("UnitEvent"),
        queued_operation_id: operation.queued_operation_id,
        bridge_worker_id: Some(operation.bridge_worker_id),
        action: operation.action,
        result: result.result.clone(),
        status: result.status,
        message: result.message.clone(),
        revision_num: operation.revision_num,
        started_at: result.started_at,
        terminated_at: result.terminated_at,
    };
    let id = event.unit_event_id;
    store.unit_events.insert(event);
    if unit.activity.latest_operation == Some(operation.queued_operation_id) {
        store.units.update(unit.unit_id, |unit| {
            unit.activity.latest_event = Some(id);
            unit.activity.last_action_at = Some(call.now);
        });
    }
    let summary = format!("{} {}: {}", operation.action.name(), result.status.name(), result.message);
    report(store, call, operation, Verb::Created, Kind::UnitEvent, unit, summary);
}

/// What a completed operation changes in its unit.
fn take_effect(store: &mut Store, call: &Call<'_>, mut unit: Unit, operation: &QueuedOperation, result: ActionResult) {
    let mut summary = format!("{} Completed", operation.action.name());
    // As it is now, with the event that was just recorded.
    if let Some(present) = store.units.get(unit.unit_id) {
        unit.activity = present.activity.clone();
    }
    unit.activity.effective_order = operation.order;
    match operation.action {
        Action::Apply => {
            if unit.live_revision_num != operation.revision_num {
                unit.previous_live_revision_num = unit.live_revision_num;
            }
            unit.live_revision_num = operation.revision_num;
            unit.live_state = result.live_state.unwrap_or_default();
            mark_live(store, call, &unit);
            summary = format!("{summary}, live revision {}", unit.live_revision_num);
        }
        Action::Destroy => {
            unit.previous_live_revision_num = unit.live_revision_num;
            unit.live_revision_num = 0;
            unit.live_state = Content::default();
            summary.push_str(", nothing live");
        }
        Action::Refresh | Action::Import => {
            if let Some(live_state) = result.live_state {
                unit.live_state = live_state;
            }
            summary = format!("{summary}, {}", result.result);
            if let Some(data) = result.data.filter(|data| *data != unit.data) {
                let change = DataChange { data, description: result.message, causes: vec![Cause::default()] };
                history::revise(store, call, &mut unit, change);
                if unit.live_revision_num > 0 || operation.action == Action::Import {
                    unit.previous_live_revision_num = unit.live_revision_num;
                    unit.live_revision_num = unit.head_revision_num;
                    mark_live(store, call, &unit);
                }
                summary = format!("{summary}, data changed, revision {}", unit.head_revision_num);
            }
        }
        Action::Finalize | Action::Heartbeat | Action::NotApplicable => {}
    }
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    store.units.replace(unit.clone());
    report(store, call, operation, Verb::Updated, Kind::Unit, &unit, summary);
    resolution::after_change(store, call, unit.unit_id);
}

fn mark_live(store: &mut Store, call: &Call<'_>, unit: &Unit) {
    let live = history::revision(store, unit.unit_id, unit.live_revision_num).map(|revision| revision.revision_id);
    if let Some(id) = live {
        store.revisions.update(id, |revision| revision.live_at = Some(call.now));
    }
}

/// Reports a change in the name of the worker, attributed to the command that queued the operation.
fn report(
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
