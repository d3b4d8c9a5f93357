//! Apply, destroy, refresh and approve.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::json;
use stagegate_simulation::Verb;
use uuid::Uuid;

use super::revision_spec::RevisionSpec;
use super::{Call, Reply, bulk, crud, fields};
use crate::entity::{Action, QueuedOperation, Tag, Unit};
use crate::error::ApiError;
use crate::gates;
use crate::history;
use crate::store::Store;
use crate::worker::{Order, enqueue, enqueue_order, rehearse};

/// Queues an apply of the head revision or, with `revision`, of another one.
pub(super) fn apply(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.clone();
    queue_apply(store, call, &unit, Vec::new()).map(|operation| Reply::Json(json!(operation)))
}

/// Queues an apply of every selected unit; one that links to others is sent when those are applied. With
/// `dry_run` nothing is queued, and each operation is shown as it would be, with the nil id.
pub(super) fn bulk_apply(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    // Alone among the bulk operations its description requires `where`; late clients may send a filter instead.
    if call.parameter("where").is_none() && call.parameter("filter").is_none() {
        return Err(ApiError::bad_request(format!("{}: where is required", call.operation.id)));
    }
    let units = in_link_order(store, bulk::selected::<Unit>(store, call)?);
    let mut queued: HashMap<Uuid, Uuid> = HashMap::new();
    bulk::each_of(store, call, units, |store, unit: Unit| {
        let links = store.links.referring("FromUnitID", unit.unit_id);
        let waits_for = links.filter_map(|link| queued.get(&link.to_unit_id).copied()).collect();
        let operation = queue_apply(store, call, &unit, waits_for)?;
        queued.insert(unit.unit_id, operation.queued_operation_id);
        Ok(json!({"Action": operation}))
    })
}

/// Units after all that they link to; those that do not matter to each other keep their order.
fn in_link_order(store: &Store, units: Vec<Uuid>) -> Vec<Uuid> {
    fn visit(store: &Store, id: Uuid, chosen: &BTreeSet<Uuid>, seen: &mut BTreeSet<Uuid>, ordered: &mut Vec<Uuid>) {
        // Links that lead in a circle end here.
        if !seen.insert(id) {
            return;
        }
        for link in store.links.referring("FromUnitID", id) {
            if chosen.contains(&link.to_unit_id) {
                visit(store, link.to_unit_id, chosen, seen, ordered);
            }
        }
        ordered.push(id);
    }
    let chosen: BTreeSet<Uuid> = units.iter().copied().collect();
    let (mut seen, mut ordered) = (BTreeSet::new(), Vec::new());
    for id in units {
        visit(store, id, &chosen, &mut seen, &mut ordered);
    }
    ordered
}

fn queue_apply(
    store: &mut Store,
    call: &Call<'_>,
    unit: &Unit,
    waits_for: Vec<Uuid>,
) -> Result<QueuedOperation, ApiError> {
    let revision = match call.parameter("revision").map(|name| RevisionSpec::parse("revision", name)).transpose()? {
        Some(RevisionSpec::Before(_)) => {
            return Err(ApiError::bad_request("revision: Before: is for restoring, not for applying".to_owned()));
        }
        Some(RevisionSpec::Number(number)) => number,
        Some(spec) => spec.find("revision", store, call, unit)?.revision_num,
        None => unit.head_revision_num,
    };
    let order = Order { waits_for, ..Order::new(Action::Apply, revision) };
    if call.flag("dry_run")? { rehearse(store, call, unit, order) } else { enqueue_order(store, call, unit, order) }
}

/// Queues the removal from the cluster of what was last applied.
pub(super) fn destroy(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.clone();
    let revision =
        if unit.last_applied_revision_num > 0 { unit.last_applied_revision_num } else { unit.head_revision_num };
    enqueue(store, call, &unit, Action::Destroy, revision).map(|operation| Reply::Json(json!(operation)))
}

/// Queues a comparison of the cluster with the live state.
pub(super) fn refresh(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.clone();
    let operation = enqueue(store, call, &unit, Action::Refresh, unit.head_revision_num)?;
    Ok(Reply::Json(json!(operation)))
}

/// Approves the head revision; the answer is a bare string.
pub(super) fn approve(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.clone();
    Ok(Reply::Json(json!(approve_head(store, call, &unit))))
}

/// Approves the head revision of every selected unit.
pub(super) fn bulk_approve(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk::each(store, call, |store, unit: Unit| Ok(json!({"Message": approve_head(store, call, &unit)})))
}

fn approve_head(store: &mut Store, call: &Call<'_>, unit: &Unit) -> String {
    let user = call.user_id();
    let message = format!("revision {} of unit {} approved", unit.head_revision_num, unit.metadata.slug);
    if unit.approved_by.contains(&user) {
        return message;
    }
    let revision = history::revision(store, unit.unit_id, unit.head_revision_num).map(|revision| revision.revision_id);
    let mut approved = unit.clone();
    approved.approved_by.push(user);
    store.units.replace(approved);
    gates::look_again(store, unit.unit_id);
    if let Some(id) = revision {
        store.revisions.update(id, |revision| revision.approved_by.push(user));
    }
    crud::report(store, call, Verb::Updated, unit, format!("revision {} approved", unit.head_revision_num));
    message
}

/// Marks a revision of every selected unit with a tag: the head revision, or the one that `Revision`
/// names by number or by the unit's field that holds it.
pub(super) fn bulk_tag(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let request: TagRequest = fields(call.object()?.clone(), &["TagID"])?;
    let tag = call
        .visible::<Tag>(store, request.tag_id)
        .cloned()
        .ok_or_else(|| ApiError::not_found(format!("Tag {} not found", request.tag_id)))?;
    bulk::each(store, call, |store, unit: Unit| {
        let spec = match request.revision.as_str() {
            "" => RevisionSpec::Head,
            name => RevisionSpec::parse("Revision", name)?,
        };
        let revision = spec.find("Revision", store, call, &unit)?;
        let (id, number) = (revision.revision_id, revision.revision_num);
        store.revisions.update(id, |revision| {
            revision.tags.insert(tag.tag_id.to_string(), String::new());
        });
        let summary = format!("revision {number} tagged {}", tag.metadata.slug);
        crud::report(store, call, Verb::Updated, &unit, summary.clone());
        Ok(json!({"Message": summary}))
    })
}

/// `UnitTagRequest` of the description.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagRequest {
    #[serde(rename = "TagID")]
    tag_id: Uuid,
    revision: String,
}
