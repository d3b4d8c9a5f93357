//! The log of contacts with a worker.

use uuid::Uuid;

use crate::entity::{BridgeWorkerStatus, WorkerContact};
use crate::hub::HubState;
use crate::store::Store;

/// Notes a contact with a worker, if there is such a worker.
pub(super) fn note(store: &mut Store, hub: &HubState, id: Uuid, contact: WorkerContact) {
    let Some(worker) = store.bridge_workers.get(id) else { return };
    let status = BridgeWorkerStatus {
        bridge_worker_status_id: hub.simulation.seed.uuid("BridgeWorkerStatus"),
        ip_address: worker.ip_address.clone(),
        seen_at: worker.last_seen_at.unwrap_or_else(|| hub.simulation.clock.now()),
        status: contact,
    };
    store.bridge_workers.update(id, |worker| worker.note(status));
}
