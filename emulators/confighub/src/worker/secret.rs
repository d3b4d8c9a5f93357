//! The secret by which a worker is known.

use stagegate_simulation::{Actor, Origin};
use uuid::Uuid;

use super::condition;
use crate::entity::Condition;
use crate::hub::HubState;
use crate::identity::Secret;

/// Replaces a worker's secret and ends the stream that the old one opened.
pub(crate) fn rotate_secret(hub: &HubState, worker: Uuid) -> Option<Secret> {
    let tenants = hub.tenants();
    let tenant = tenants.iter().map(|(_, tenant)| tenant);
    let tenant = tenant.clone().find(|tenant| tenant.store().bridge_workers.get(worker).is_some())?;
    let mut store = tenant.store();
    let secret = hub.new_worker_secret();
    store.bridge_workers.update(worker, |worker| {
        worker.secret = secret.clone();
        worker.metadata.version += 1;
    });
    hub.connections.close(worker);
    let origin = Origin { actor: Actor::Worker { operation: None }, command: None };
    condition::set(&mut store, hub, worker, Condition::Disconnected, &origin);
    Some(secret)
}
