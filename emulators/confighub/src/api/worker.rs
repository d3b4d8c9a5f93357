//! Bridge workers: for their owners, and for the workers themselves.

use serde_json::{Value as Json, json};

use super::envelope::Envelope;
use super::items::Items;
use super::selection::Selection;
use super::{Call, Reply, bulk, crud};
use crate::entity::{BridgeWorker, BridgeWorkerStatus, Kind, Record};
use crate::error::ApiError;
use crate::store::Store;
use crate::worker::{accept_result, cancel_of_worker, seen};

/// Creates a worker with a secret of its own.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space = crud::space(store, call)?.metadata.space_id;
    let mut worker: BridgeWorker = crud::draft(call.object()?)?;
    if let Some(existing) = crud::existing::<BridgeWorker>(store, call, space, &worker.metadata.slug)? {
        return Ok(Reply::Json(shown(store, call, existing)));
    }
    worker.secret = call.hub.new_worker_secret();
    worker.user_id = Some(call.user_id());
    let worker = crud::place(store, call, space, worker, String::new())?;
    Ok(Reply::Json(shown(store, call, &worker)))
}

/// Lists workers; with `summary`, with how many targets are reached through each.
pub(super) fn list_all(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    if !call.flag("summary")? {
        return crud::list_all::<BridgeWorker>(store, call);
    }
    let selection = Selection::of_call(store, call, Kind::BridgeWorker)?;
    let envelope = Envelope::of_call(call, Kind::BridgeWorker)?;
    let mut items = Items::default();
    for worker in selection.of_table(store, &store.bridge_workers, None) {
        let mut item = envelope.wrap(store, worker)?;
        let targets = store.targets.referring("BridgeWorkerID", worker.bridge_worker_id);
        item["TargetCount"] = json!(targets.filter(|target| call.sees(store, *target)).count());
        items.push(&item);
    }
    Ok(Reply::List(items))
}

/// A worker, with its secret if the caller may see that.
fn shown(store: &Store, call: &Call<'_>, worker: &BridgeWorker) -> Json {
    let mut shown = worker.json();
    if call.sees_secret(store, worker) {
        shown["Secret"] = json!(worker.secret);
    }
    shown
}

/// Deletes a worker and closes its stream. Its targets stay, without a worker behind them.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let worker = crud::find::<BridgeWorker>(store, call)?.clone();
    remove(store, call, &worker)?;
    Ok(crud::deleted(&worker))
}

/// Deletes all selected workers.
pub(super) fn bulk_delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk::each(store, call, |store, worker: BridgeWorker| {
        remove(store, call, &worker)?;
        Ok(crud::deletion_message(&worker))
    })
}

pub(super) fn remove(store: &mut Store, call: &Call<'_>, worker: &BridgeWorker) -> Result<(), ApiError> {
    crud::check_removal(store, call, worker)?;
    let reason = format!("bridge worker {} was deleted", worker.metadata.slug);
    cancel_of_worker(store, call, worker.bridge_worker_id, &reason);
    crud::remove(store, call, worker)?;
    call.hub.connections.close(worker.bridge_worker_id);
    let id = worker.bridge_worker_id;
    call.hub.accounts().tokens.revoke_all("its worker was deleted", |grantee| grantee.worker == Some(id));
    Ok(())
}

/// The calling worker, with the secret that it has just presented.
pub(super) fn me(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.id("bridge_worker_id")?;
    seen(store, call, id);
    let worker = store.bridge_workers.get(id).map(|worker| {
        let mut own = worker.json();
        own["Secret"] = json!(worker.secret);
        own
    });
    worker.map(Reply::Json).ok_or_else(|| ApiError::not_found(format!("BridgeWorker {id} not found")))
}

/// The latest contacts with the worker, the oldest first.
pub(super) fn list_statuses(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let worker = crud::find::<BridgeWorker>(store, call)?;
    Ok(Reply::Json(worker.statuses.iter().map(|status| status_json(worker, status)).collect()))
}

/// One of those.
pub(super) fn get_status(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let worker = crud::find::<BridgeWorker>(store, call)?;
    let id = call.id("status_id")?;
    let status = worker.statuses.iter().find(|status| status.bridge_worker_status_id == id);
    status
        .map(|status| Reply::Json(status_json(worker, status)))
        .ok_or_else(|| ApiError::not_found(format!("BridgeWorkerStatus {id} not found")))
}

/// `BridgeWorkerStatus` of the description.
fn status_json(worker: &BridgeWorker, status: &BridgeWorkerStatus) -> Json {
    let mut json = json!(status);
    json["BridgeWorkerID"] = json!(worker.bridge_worker_id);
    json["BridgeWorkerSlug"] = json!(worker.metadata.slug);
    json["OrganizationID"] = json!(worker.metadata.organization_id);
    json["SpaceID"] = json!(worker.metadata.space_id);
    json
}

/// Takes a report on an operation, or the answer to a heartbeat.
pub(super) fn action_result(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.id("bridge_worker_id")?;
    accept_result(store, call, id, call.object()?.clone())?;
    Ok(Reply::Json(json!("ok")))
}
