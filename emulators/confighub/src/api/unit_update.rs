//! Changing units: replacing, patching, restoring, upgrading and merging, one or many at once.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::change_set::{self, Membership};
use super::description::difference;
use super::items::Item;
use super::unit_merge::{self, Taken};
use super::{Call, Reply, bulk, crud};
use crate::entity::{Entity as _, Particular as _, Record, Tag, Unit};
use crate::error::ApiError;
use crate::history::{self, DataChange};
use crate::resolution;
use crate::store::Store;

/// Replaces a unit. Data that the body leaves out stays as it is.
pub(super) fn put(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    rehearsed(store, call, |store| {
        let before = crud::find::<Unit>(store, call)?.clone();
        let body = call.object()?;
        crud::check_version(before.metadata.version, body, true)?;
        let mut after = crud::replacement(&before, body)?;
        after.mutation_sources = before.mutation_sources.clone();
        if !body.contains_key("Data") {
            after.data = before.data.clone();
        }
        // Clients of before there were change sets do not send it.
        if !body.contains_key("ChangeSetID") {
            after.change_set_id = before.change_set_id;
        }
        update(store, call, &before, after).map(|unit| Reply::Json(unit.json()))
    })
}

/// Patches a unit.
pub(super) fn patch(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    rehearsed(store, call, |store| {
        let before = crud::find::<Unit>(store, call)?.clone();
        let body = call.object()?;
        crud::check_version(before.metadata.version, body, false)?;
        let after = patched(&before, body)?;
        update(store, call, &before, after).map(|unit| Reply::Json(unit.json()))
    })
}

/// Patches all selected units. With `upgrade`, those without an upstream unit stay as they are, and those
/// that are upstream of others come first, so that one request brings a change down a whole chain.
pub(super) fn bulk_patch(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    rehearsed(store, call, |store| {
        let body = call.object()?;
        let upgrade = call.flag("upgrade")?;
        let mut units = bulk::selected::<Unit>(store, call)?;
        if upgrade {
            units = upstream_first(store, &units);
        }
        bulk::each_of(store, call, units, |store, before: Unit| {
            crud::check_version(before.metadata.version, body, false)?;
            if upgrade && before.upstream_unit_id.is_none() {
                return Ok(Item::of_entity(&before));
            }
            let after = patched(&before, body)?;
            update(store, call, &before, after).map(|unit| Item::of_entity(&unit))
        })
    })
}

/// With `dry_run`, all happens in a copy of the store, which is then dropped with all that came of it.
fn rehearsed(
    store: &mut Store,
    call: &Call<'_>,
    action: impl FnOnce(&mut Store) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    if call.flag("dry_run")? { action(&mut store.clone()) } else { action(store) }
}

/// Units after their upstream units, else in their order.
fn upstream_first(store: &Store, units: &[Uuid]) -> Vec<Uuid> {
    let chosen: BTreeSet<Uuid> = units.iter().copied().collect();
    let (mut placed, mut ordered) = (BTreeSet::new(), Vec::new());
    for id in units {
        let mut chain = Vec::new();
        let mut next = Some(*id);
        while let Some(id) = next.filter(|id| chosen.contains(id) && placed.insert(*id)) {
            chain.push(id);
            next = store.units.get(id).and_then(|unit| unit.upstream_unit_id);
        }
        ordered.extend(chain.into_iter().rev());
    }
    ordered
}

/// `before` with a merge patch applied; what clients may not set, and data that is not in the patch, does
/// not go through JSON.
fn patched(before: &Unit, patch: &Map<String, Json>) -> Result<Unit, ApiError> {
    if patch.is_empty() {
        return Ok(before.clone());
    }
    let mut after = crud::patched(&before.without_contents().unwrap_or_default(), patch)?;
    if !patch.contains_key("Data") {
        after.data = before.data.clone();
    }
    after.mutation_sources = before.mutation_sources.clone();
    after.live_state = before.live_state.clone();
    after.outputs = before.outputs.clone();
    Ok(after)
}

/// Puts `after` in the place of `before`, with the data that `upgrade`, `restore`, `revision_id` or
/// `merge_source` ask for.
fn update(store: &mut Store, call: &Call<'_>, before: &Unit, mut after: Unit) -> Result<Unit, ApiError> {
    let tag = call.id_parameter("tag")?;
    if let Some(id) = tag {
        call.visible::<Tag>(store, id).ok_or_else(|| ApiError::bad_request(format!("tag: no tag {id}")))?;
    }
    let membership = change_set::membership(store, call, before, &after)?;
    let taken = unit_merge::taken(store, call, before)?;
    if let Some(taken) = &taken {
        after.data = taken.data.clone();
        after.upstream_revision_num = taken.upstream_revision_num.unwrap_or(after.upstream_revision_num);
    }
    // Before a revision is made of it.
    crud::check_change(store, call, before, &after)?;
    let mut parts = described(store, before, &after);
    parts.extend(revised(store, call, before, &mut after, membership, taken.as_ref())?);
    if before.upstream_revision_num != after.upstream_revision_num {
        parts.push(format!("upgraded to upstream revision {}", after.upstream_revision_num));
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        change_set::mark_head(store, after.unit_id, tag);
        return Ok(after);
    }
    parts.extend(taken.as_ref().and_then(Taken::kept));
    let revised = before.head_revision_num != after.head_revision_num;
    let unit = crud::change_with(store, call, before, after, parts.join(", "))?;
    if let Membership::Joins(set) = membership {
        change_set::mark_start(store, &unit, set);
    }
    if revised {
        resolution::after_change(store, call, unit.unit_id);
    }
    if let Membership::Leaves(set) = membership {
        change_set::mark_end(store, &unit, set);
    }
    change_set::mark_head(store, unit.unit_id, tag);
    Ok(store.units.get(unit.unit_id).cloned().unwrap_or(unit))
}

/// What a change says of the fields, one part each; of data it says nothing.
fn described(store: &Store, before: &Unit, after: &Unit) -> Vec<String> {
    let fields = crud::writable::<Unit>().filter(|field| !matches!(*field, "Data" | "TargetID"));
    let mut parts = vec![difference(&before.outline(), &after.outline(), fields)];
    if before.target_id != after.target_id {
        let target = after.target_id.and_then(|id| store.targets.get(id));
        parts.push(
            target.map_or_else(
                || "target cleared".to_owned(),
                |target| format!("target set to {}", target.metadata.slug),
            ),
        );
    }
    parts
}

/// Makes the new data, if it is new, the unit's next revision; so does joining a change set. Gives what
/// is to be said of it.
fn revised(
    store: &mut Store,
    call: &Call<'_>,
    before: &Unit,
    after: &mut Unit,
    membership: Membership,
    taken: Option<&Taken>,
) -> Result<Option<String>, ApiError> {
    let changes_data = before.data != after.data;
    if changes_data && membership == Membership::Stays {
        change_set::check_lock(store, call, before)?;
    }
    if !changes_data && !matches!(membership, Membership::Joins(_)) {
        return Ok(None);
    }
    after.check(store)?;
    history::check_data(after)?;
    let cause = taken.map(|taken| taken.cause.clone()).unwrap_or_default();
    let change = DataChange {
        data: std::mem::replace(&mut after.data, before.data.clone()),
        description: after.last_change_description.clone(),
        causes: if changes_data { vec![cause] } else { Vec::new() },
    };
    // What a request changes that leaves the change set still belongs to it.
    let joined = after.change_set_id;
    after.change_set_id = before.change_set_id.or(joined);
    history::revise(store, call, after, change);
    after.change_set_id = joined;
    let what = if changes_data { "data changed, " } else { "" };
    Ok(Some(format!("{what}revision {}", after.head_revision_num)))
}
