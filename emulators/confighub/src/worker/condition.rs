//! Whether a worker can be used: by its stream, its words, and the time since it was last heard of.

use std::time::Duration;

use stagegate_simulation::{Change, GIVEN_UP, Origin, Verb};
use uuid::Uuid;

use super::contact;
use crate::api::{Call, SYSTEM};
use crate::entity::{Condition, Kind, WorkerContact};
use crate::hub::HubState;
use crate::store::Store;

/// A worker not heard of for three heartbeats is unresponsive.
const UNRESPONSIVE: Duration = Duration::from_secs(45);
/// The real worker notices a dead connection after 140 s (recorded run 14k); so does the hub.
const LOST: Duration = GIVEN_UP;

/// The condition of a worker whose stream is open and that has been silent for so long; nothing while
/// its last words stand.
pub(super) fn after_silence(silence: Duration) -> Option<Condition> {
    if silence >= LOST {
        Some(Condition::Disconnected)
    } else if silence >= UNRESPONSIVE {
        Some(Condition::Unresponsive)
    } else {
        None
    }
}

/// Notes that a worker was heard of, which ends a silence.
pub(crate) fn seen(store: &mut Store, call: &Call<'_>, id: Uuid) {
    store.bridge_workers.update(id, |worker| worker.last_seen_at = Some(call.now));
    let Some(before) = store.bridge_workers.get(id).map(|worker| worker.condition) else { return };
    if !matches!(before, Condition::Unresponsive | Condition::Disconnected) || !call.hub.connections.is_open(id) {
        return;
    }
    set(store, call.hub, id, Condition::Ready, &call.origin);
    if before == Condition::Disconnected {
        contact::note(store, call.hub, id, WorkerContact::Connected);
    }
}

/// A heartbeat was answered; a message means that something is wrong, such as `MemoryPressure`.
pub(super) fn heard(store: &mut Store, call: &Call<'_>, id: Uuid, message: &str) {
    let condition = if message.is_empty() { Condition::Ready } else { Condition::NotReady };
    set(store, call.hub, id, condition, &call.origin);
    store.bridge_workers.update(id, |worker| message.clone_into(&mut worker.last_message));
}

/// Changes a worker's condition and reports it, if it is a change.
pub(super) fn set(store: &mut Store, hub: &HubState, id: Uuid, condition: Condition, origin: &Origin) {
    let Some(worker) = store.bridge_workers.get(id) else { return };
    if worker.condition == condition {
        return;
    }
    let now = hub.simulation.clock.now();
    let summary = format!("condition {} → {}", worker.condition.name(), condition.name());
    hub.note_condition(store, worker, &summary);
    hub.simulation.observer.change(Change {
        system: SYSTEM.to_owned(),
        origin: origin.clone(),
        at: now,
        verb: Verb::Updated,
        kind: Kind::BridgeWorker.name().to_owned(),
        scope: store.space_slug(worker.metadata.space_id),
        name: worker.metadata.slug.clone(),
        summary,
    });
    store.bridge_workers.update(id, |worker| worker.condition = condition);
    if condition == Condition::Disconnected {
        contact::note(store, hub, id, WorkerContact::Disconnected);
    }
}
