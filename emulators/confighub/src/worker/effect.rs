//! What a completed operation changes in its unit.

use stagegate_simulation::Verb;

use super::results::{ActionResult, report};
use super::unit_status::drift_after;
use crate::api::Call;
use crate::entity::{Action, ActionResultType, Cause, Content, Kind, QueuedOperation, Unit};
use crate::history::{self, DataChange};
use crate::resolution;
use crate::store::Store;

/// Gives the unit what the worker reported with the completion. The caller has made sure that no newer
/// operation has taken effect.
pub(super) fn take(
    store: &mut Store,
    call: &Call<'_>,
    mut unit: Unit,
    operation: &QueuedOperation,
    result_type: ActionResultType,
    result: ActionResult,
) {
    let head = unit.head_revision_num;
    let drifted = result_type == ActionResultType::RefreshAndDrifted;
    unit.activity.effective_order = operation.order;
    unit.activity.drift = drift_after(operation.action, drifted, unit.activity.drift);
    if let Some(outputs) = result.outputs.clone() {
        unit.outputs = outputs;
    }
    let told = match operation.action {
        Action::Apply => applied(store, call, &mut unit, operation, result),
        Action::Destroy => destroyed(&mut unit),
        Action::Refresh | Action::Import => {
            format!("{}{}", result_type.name(), read_back(store, call, &mut unit, operation, result))
        }
        _ => String::new(),
    };
    let mut summary = format!("{} Completed", operation.action.name());
    if !told.is_empty() {
        summary = format!("{summary}, {told}");
    }
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    store.units.replace(unit.clone());
    report(store, call, operation, Verb::Updated, Kind::Unit, &unit, summary);
    if unit.head_revision_num != head {
        resolution::after_change(store, call, unit.unit_id);
    }
}

fn applied(
    store: &mut Store,
    call: &Call<'_>,
    unit: &mut Unit,
    operation: &QueuedOperation,
    result: ActionResult,
) -> String {
    unit.live_state = result.live_state.unwrap_or_default();
    becomes_live(store, call, unit, operation.revision_num);
    format!("live revision {}", unit.live_revision_num)
}

fn destroyed(unit: &mut Unit) -> String {
    unit.previous_live_revision_num = unit.live_revision_num;
    unit.live_revision_num = 0;
    unit.live_state = Content::default();
    "nothing live".to_owned()
}

/// What the cluster has becomes the live state and, where it differs, the unit's data as a new revision.
/// That one is live if what it was compared with was (or was imported). Data that changed since the
/// operation was queued is not overwritten: what came back knows nothing of that change.
fn read_back(
    store: &mut Store,
    call: &Call<'_>,
    unit: &mut Unit,
    operation: &QueuedOperation,
    result: ActionResult,
) -> String {
    if let Some(live_state) = result.live_state {
        unit.live_state = live_state;
    }
    let Some(data) = result.data.filter(|data| *data != unit.data) else { return String::new() };
    if unit.head_revision_num != operation.revision_num {
        return format!(", data left alone, which is at revision {} by now", unit.head_revision_num);
    }
    let was_live = unit.live_revision_num == operation.revision_num;
    let change = DataChange { data, description: result.message, causes: vec![Cause::default()] };
    history::revise(store, call, unit, change);
    if was_live || operation.action == Action::Import {
        let head = unit.head_revision_num;
        becomes_live(store, call, unit, head);
    }
    format!(", data changed, revision {}", unit.head_revision_num)
}

fn becomes_live(store: &mut Store, call: &Call<'_>, unit: &mut Unit, revision_num: i64) {
    if unit.live_revision_num != revision_num {
        unit.previous_live_revision_num = unit.live_revision_num;
    }
    unit.live_revision_num = revision_num;
    let revision = history::revision(store, unit.unit_id, revision_num).map(|revision| revision.revision_id);
    if let Some(id) = revision {
        store.revisions.update(id, |revision| revision.live_at = Some(call.now));
    }
}
