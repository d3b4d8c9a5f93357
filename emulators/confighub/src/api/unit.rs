//! Units: creation, clones, changes, and what is shown of them.

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::change_set;
use super::cloning::{Cloning, Copy};
use super::{Call, Reply, bulk, crud};
use crate::entity::{Cause, Kind, Link, Record, Unit};
use crate::error::ApiError;
use crate::history::{self, DataChange};
use crate::resolution;
use crate::store::Store;
use crate::triggers;
use crate::worker::{settle, unit_status, waiting_for};

/// Creates a unit, as a clone of another one when `upstream_unit_id` is given.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space = crud::space(store, call)?.metadata.space_id;
    let body = call.object()?;
    let mut unit: Unit = crud::draft(body)?;
    if let Some(existing) = crud::existing::<Unit>(store, call, space, &unit.metadata.slug)? {
        return Ok(Reply::Json(existing.json()));
    }
    let mut summary = "revision 1".to_owned();
    if let Some(upstream_id) = call.id_parameter("upstream_unit_id")? {
        let upstream = upstream(store, call, upstream_id)?;
        summary = become_clone(store, &mut unit, &upstream, !body.contains_key("Data"));
    }
    let unit = place(store, call, space, unit, summary)?;
    Ok(Reply::Json(unit.json()))
}

fn upstream(store: &Store, call: &Call<'_>, id: Uuid) -> Result<Unit, ApiError> {
    let space = call.id_parameter("upstream_space_id")?;
    call.visible::<Unit>(store, id)
        .filter(|unit| space.is_none_or(|space| unit.metadata.space_id == space))
        .cloned()
        .ok_or_else(|| ApiError::not_found(format!("upstream unit {id} not found")))
}

/// Makes a new unit a clone of `upstream` as it is now; gives the line that says so.
fn become_clone(store: &Store, unit: &mut Unit, upstream: &Unit, with_data: bool) -> String {
    if with_data {
        unit.data = upstream.data.clone();
    }
    unit.toolchain_type.clone_from(&upstream.toolchain_type);
    unit.upstream_organization_id = Some(upstream.metadata.organization_id);
    unit.upstream_space_id = Some(upstream.metadata.space_id);
    unit.upstream_unit_id = Some(upstream.unit_id);
    unit.upstream_revision_num = upstream.head_revision_num;
    let space = store.space_slug(upstream.metadata.space_id).unwrap_or_default();
    format!("revision 1, cloned from {space}/{} at revision {}", upstream.metadata.slug, upstream.head_revision_num)
}

fn place(store: &mut Store, call: &Call<'_>, space: Uuid, unit: Unit, summary: String) -> Result<Unit, ApiError> {
    history::check_data(&unit)?;
    let mut unit = crud::place(store, call, space, unit, summary)?;
    let change = DataChange {
        data: std::mem::take(&mut unit.data),
        description: unit.last_change_description.clone(),
        causes: vec![Cause::default()],
    };
    history::revise(store, call, &mut unit, change);
    store.units.replace(unit.clone());
    if let Some(set) = unit.change_set_id {
        change_set::mark_start(store, &unit, set);
    }
    if unit.upstream_unit_id.is_some() {
        triggers::mutate(store, call, unit.unit_id, triggers::Event::PostClone);
    }
    resolution::after_change(store, call, unit.unit_id);
    Ok(store.units.get(unit.unit_id).cloned().unwrap_or(unit))
}

/// Whether its upstream unit has revisions that it has not taken over.
pub(super) fn upgradable(store: &Store, call: &Call<'_>, unit: &Unit) -> bool {
    let upstream = unit.upstream_unit_id.and_then(|id| call.visible::<Unit>(store, id));
    upstream.is_some_and(|upstream| unit.upstream_revision_num < upstream.head_revision_num)
}

/// Deletes a unit.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.clone();
    remove(store, call, unit.unit_id)?;
    Ok(crud::deleted(&unit))
}

/// Deletes all selected units.
pub(super) fn bulk_delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk::each(store, call, |store, unit: Unit| {
        remove(store, call, unit.unit_id)?;
        Ok(crud::deletion_message(&unit))
    })
}

/// Takes a unit out of the store with its history and the links that touch it: all or nothing. A link
/// that the caller may not delete keeps the unit.
pub(super) fn remove(store: &mut Store, call: &Call<'_>, id: Uuid) -> Result<(), ApiError> {
    if let Some(unit) = store.units.get(id) {
        crud::check_removal(store, call, unit)?;
    }
    let links: Vec<Link> = links(store, id).cloned().collect();
    links.iter().try_for_each(|link| crud::check_removal(store, call, link))?;
    for link in links {
        crud::remove(store, call, &link)?;
    }
    if let Some(unit) = store.units.get(id).cloned() {
        crud::remove(store, call, &unit)?;
    }
    let waiting = waiting_for(store, id);
    store.revisions.remove_group(id);
    store.mutations.remove_group(id);
    store.unit_events.remove_group(id);
    store.queued_operations.remove_group(id);
    settle(store, call, waiting);
    Ok(())
}

/// The links that touch a unit.
pub(super) fn links(store: &Store, id: Uuid) -> impl Iterator<Item = &Link> {
    let leading_here = store.links.referring("ToUnitID", id).filter(move |link| link.from_unit_id != id);
    store.links.referring("FromUnitID", id).chain(leading_here)
}

/// Clones all selected units into each selected space, with a merge patch on each clone.
pub(super) fn bulk_create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let sources = bulk::selected::<Unit>(store, call)?;
    let cloning = Cloning::of_call(store, call, Kind::Unit)?;
    let mut items = Vec::new();
    for destination in cloning.destinations(sources.len())? {
        let mut clones = Vec::new();
        for source in &sources {
            let Some(upstream) = store.units.get(*source).cloned() else { continue };
            let copy = destination.copy(&upstream.metadata);
            let space = copy.space;
            let made = clone_into(store, call, copy, &upstream, body).map_err(|refusal| {
                call.note_denial(store, Kind::Unit, upstream.unit_id, space, &upstream.metadata.slug, &refusal);
                json!({"Error": refusal.item(Kind::Unit.name(), &source.to_string())})
            });
            clones.push((upstream, made));
        }
        // Only now is all there that links can lead to.
        for (upstream, made) in clones {
            items.push(match made {
                Ok(Made::New(unit)) => linked(store, call, &upstream, unit),
                Ok(Made::Existing(unit)) => json!({"Unit": unit.json(), "Links": []}),
                Err(refused) => refused,
            });
        }
    }
    Ok(Reply::Items(items.into_iter().collect()))
}

/// What came of a clone.
enum Made {
    New(Unit),
    /// There was one with its name, and that may be.
    Existing(Unit),
}

/// A clone with the links that it gets from its upstream unit.
fn linked(store: &mut Store, call: &Call<'_>, upstream: &Unit, unit: Unit) -> Json {
    let links = clone_links(store, call, upstream, &unit);
    resolution::after_change(store, call, unit.unit_id);
    let unit = store.units.get(unit.unit_id).cloned().unwrap_or(unit);
    json!({"Unit": unit.json(), "Links": links})
}

fn clone_into(
    store: &mut Store,
    call: &Call<'_>,
    copy: Copy,
    upstream: &Unit,
    patch: &Map<String, Json>,
) -> Result<Made, ApiError> {
    let space = copy.space;
    let mut unit = Unit { toolchain_type: upstream.toolchain_type.clone(), ..Unit::default() };
    if upstream.metadata.display_name != upstream.metadata.slug {
        unit.metadata.display_name.clone_from(&upstream.metadata.display_name);
    }
    unit.metadata.slug = copy.slug;
    unit.metadata.labels.clone_from(&upstream.metadata.labels);
    unit.metadata.labels.extend(copy.labels);
    unit.metadata.annotations.clone_from(&upstream.metadata.annotations);
    let mut unit = crud::patched(&unit, patch)?;
    if let Some(existing) = crud::existing::<Unit>(store, call, space, &unit.metadata.slug)? {
        return Ok(Made::Existing(existing.clone()));
    }
    let summary = become_clone(store, &mut unit, upstream, true);
    place(store, call, space, unit, summary).map(Made::New)
}

/// Clones the links from `upstream`: to the clone of what they lead to if the new space has one.
fn clone_links(store: &mut Store, call: &Call<'_>, upstream: &Unit, clone: &Unit) -> Vec<Json> {
    let space = clone.metadata.space_id;
    let links: Vec<Link> = store.links.referring("FromUnitID", upstream.unit_id).cloned().collect();
    let mut items = Vec::new();
    for mut link in links {
        let counterpart = store
            .units
            .referring("UpstreamUnitID", link.to_unit_id)
            .find(|unit| unit.metadata.space_id == space)
            .map(|unit| unit.unit_id);
        if let Some(counterpart) = counterpart {
            link.to_unit_id = counterpart;
            link.to_space_id = space;
        }
        link.from_unit_id = clone.unit_id;
        let summary = format!("cloned with unit {}", clone.metadata.slug);
        let (id, slug) = (link.link_id, link.metadata.slug.clone());
        // The unit stays without a link that cannot be cloned, which says so in its place.
        items.push(match crud::place(store, call, space, link, summary) {
            Ok(link) => bulk::entity_item(&link),
            Err(refusal) => {
                call.note_denial(store, Kind::Link, id, space, &slug, &refusal);
                json!({"Error": refusal.item(Kind::Link.name(), &id.to_string())})
            }
        });
    }
    items
}

/// `UnitExtended` of the description: a unit with its state, links and approvers.
pub(super) fn extended(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?;
    let mut whole = unit_status(store, unit);
    let links = |end: &'static str| -> Vec<Json> {
        let all = store.links.referring(end, unit.unit_id);
        all.filter(|link| call.sees(store, *link)).map(Record::json).collect()
    };
    let approvers = store.users.iter().filter(|user| unit.approved_by.contains(&user.user_id));
    whole["Unit"] = unit.json();
    whole["FromLinks"] = json!(links("FromUnitID"));
    whole["ToLinks"] = json!(links("ToUnitID"));
    whole["ApprovedByUsers"] = approvers.map(|user| user.username.clone()).collect();
    Ok(Reply::Json(whole))
}

/// The live state as bytes.
pub(super) fn live_state(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Octets(crud::find::<Unit>(store, call)?.live_state.as_bytes().to_vec()))
}
