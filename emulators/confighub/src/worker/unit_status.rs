//! What the state of a unit's operations says of the unit.

use serde_json::{Value as Json, json};

use crate::entity::{Action, ActionStatus, Drift, Unit};
use crate::store::Store;

/// `UnitStatus` of the description: the state of the latest operation.
///
/// The description gives no values for `Status`; these are the words of the service's own pages:
/// `NoLive` before the first apply and after a destroy, `Ready` after an apply, else the state.
/// `Drift` is what the latest refresh found, while nothing was applied or destroyed since. `SyncStatus`
/// came in late 2025, where clients look for `Synced` and `OutOfSync`.
pub(crate) fn unit_status(store: &Store, unit: &Unit) -> Json {
    let sync_status = match unit.live_revision_num {
        0 => "",
        live if live == unit.head_revision_num => "Synced",
        _ => "OutOfSync",
    };
    let drift = unit.activity.drift;
    let Some(event) = unit.activity.latest_event.and_then(|id| store.unit_events.get(id)) else {
        return json!({
            "Status": "NoLive",
            "ActionStartedAt": null,
            "ActionTerminatedAt": null,
            "Drift": drift.name(),
            "SyncStatus": sync_status,
        });
    };
    let status = match (event.status, event.action) {
        (ActionStatus::Completed, Action::Destroy) => "NoLive",
        (ActionStatus::Completed, _) if unit.live_revision_num > 0 => "Ready",
        (ActionStatus::Completed, _) => "NoLive",
        (status, _) => status.name(),
    };
    json!({
        "Status": status,
        "Action": event.action,
        "ActionResult": event.result,
        "ActionStartedAt": event.started_at,
        "ActionTerminatedAt": event.terminated_at,
        "Drift": drift.name(),
        "SyncStatus": sync_status,
    })
}

/// What a completed operation leaves of what is known of drift.
pub(super) fn drift_after(action: Action, drifted: bool, before: Drift) -> Drift {
    match action {
        Action::Refresh if drifted => Drift::Drifted,
        Action::Refresh => Drift::NoDrift,
        Action::Apply | Action::Destroy | Action::Import => Drift::Unknown,
        _ => before,
    }
}
