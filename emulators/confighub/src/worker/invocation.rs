//! Functions that a worker runs: the answer comes as a report, while the caller waits.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::contact;
use super::event::Event;
use super::results::ActionResult;
use crate::api::Call;
use crate::entity::{ActionStatus, FunctionInvocation, Unit, WorkerContact};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::store::Store;

/// How long a worker may take, in environment time.
const LIMIT: Duration = Duration::from_secs(120);

/// The invocation of functions on one unit by a worker, under way. Dropping it ends the wait: an answer
/// that comes later is one to a question that nobody has asked.
pub(crate) struct Invocation<'a> {
    hub: &'a HubState,
    worker_id: Uuid,
    /// The worker's slug.
    worker: String,
    id: Uuid,
    answer: oneshot::Receiver<Result<Json, String>>,
}

impl Invocation<'_> {
    /// Waits for the worker's `FunctionInvocationResponse`. A worker that fails, is lost or takes too
    /// long is a 400. The time runs from the first poll, so that invocations that are awaited at once
    /// take no longer than one. The store must not be held meanwhile.
    pub(crate) async fn answer(mut self) -> Result<Json, ApiError> {
        let answered = self.hub.simulation.clock.timeout(LIMIT, &mut self.answer).await;
        let refuse = |reason: &str| ApiError::bad_request(format!("functions on worker {}: {reason}", self.worker));
        match answered {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(message))) => Err(refuse(&message)),
            Ok(Err(_)) => Err(refuse("its stream ended before it answered")),
            Err(elapsed) => Err(refuse(&elapsed.to_string())),
        }
    }
}

impl Drop for Invocation<'_> {
    fn drop(&mut self) {
        drop(self.hub.connections.take_asked(self.worker_id, self.id));
    }
}

/// Sends functions for a unit to a worker, which must be connected. `options` are the fields of the
/// request beside the unit's own and the functions, such as `StopOnError`.
pub(crate) fn invoke_on_worker<'a>(
    store: &mut Store,
    call: &Call<'a>,
    worker: Uuid,
    unit: &Unit,
    functions: &[FunctionInvocation],
    options: &Json,
) -> Result<Invocation<'a>, ApiError> {
    let slug = store
        .bridge_workers
        .get(worker)
        .map(|worker| worker.metadata.slug.clone())
        .ok_or_else(|| ApiError::bad_request(format!("BridgeWorkerID: no worker {worker}")))?;
    let id = call.hub.simulation.seed.uuid("QueuedOperation");
    let (sender, answer) = oneshot::channel();
    let event = Event::functions(id, &request(store, unit, functions, options));
    if !call.hub.connections.ask(worker, id, event, sender) {
        return Err(ApiError::bad_request(format!("worker {slug} is not connected")));
    }
    contact::note(store, call.hub, worker, WorkerContact::ActionSent);
    Ok(Invocation { hub: call.hub, worker_id: worker, worker: slug, id, answer })
}

/// `FunctionInvocationRequest` of the worker protocol.
fn request(store: &Store, unit: &Unit, functions: &[FunctionInvocation], options: &Json) -> Json {
    let mut request = json!({
        "ToolchainType": unit.toolchain_type,
        "OrganizationID": unit.metadata.organization_id,
        "SpaceID": unit.metadata.space_id,
        "SpaceSlug": store.space_slug(unit.metadata.space_id).unwrap_or_default(),
        "UnitID": unit.unit_id,
        "UnitSlug": unit.metadata.slug,
        "UnitDisplayName": unit.metadata.display_name,
        "UnitLabels": unit.metadata.labels,
        "UnitAnnotations": unit.metadata.annotations,
        "TargetID": unit.target_id.unwrap_or_default(),
        "BridgeWorkerID": Uuid::nil(),
        "RevisionID": Uuid::nil(),
        "RevisionNum": unit.head_revision_num,
        "ConfigData": unit.data,
        "LiveState": unit.live_state,
        "CastStringArgsToScalars": true,
        "FunctionInvocations": functions,
    });
    let target = unit.target_id.and_then(|id| store.targets.get(id));
    request["BridgeWorkerID"] = json!(target.map(|target| target.bridge_worker_id).unwrap_or_default());
    if let (Json::Object(request), Json::Object(options)) = (&mut request, options) {
        request.extend(options.clone());
    }
    request
}

/// Hands a worker's report on functions to whoever waits for it.
pub(super) fn answered(hub: &HubState, worker: Uuid, result: ActionResult) -> Result<(), ApiError> {
    let id = result.queued_operation_id;
    let sender = hub
        .connections
        .take_asked(worker, id)
        .ok_or_else(|| ApiError::not_found(format!("queued operation {id} not found")))?;
    let answer = match result.status {
        ActionStatus::Completed => {
            let data = result.data.unwrap_or_default();
            serde_json::from_slice(data.as_bytes()).map_err(|error| format!("its answer is no JSON: {error}"))
        }
        _ => Err(result.message),
    };
    // Whoever waited may be gone.
    let _gone = sender.send(answer);
    Ok(())
}
