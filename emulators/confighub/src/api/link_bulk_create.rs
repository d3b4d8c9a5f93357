//! Bulk creation of links: from every unit that one clause selects to every unit that another does.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::selection::Selection;
use super::{Call, Reply, bulk, crud};
use crate::entity::{Entity, Kind, Link, Unit};
use crate::error::ApiError;
use crate::resolution;
use crate::store::Store;

/// The most links that one request makes.
const MOST: usize = 10_000;

/// Links, in each space that `where_space` selects, each unit of `where_from` to each unit of
/// `where_to`: to those of the same space or, with `where_to_space`, of the spaces that it selects.
/// The body is a merge patch on each link, which is called after its units.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let mut items = Vec::new();
    for (from, to) in ends(store, call)? {
        let made = link(store, call, &from, &to, body);
        items.push(made.unwrap_or_else(|refusal| {
            let (space, name) = (from.metadata.space_id, name(&from, &to));
            call.note_denial(store, Kind::Link, Uuid::nil(), space, &name, &refusal);
            bulk::error_item::<Link>(&refusal, Uuid::nil(), &name)
        }));
    }
    Ok(Reply::Items(items.into_iter().collect()))
}

fn ends(store: &Store, call: &Call<'_>) -> Result<Vec<(Unit, Unit)>, ApiError> {
    let required = |name| ApiError::bad_request(format!("{}: {name} is required", call.operation.id));
    let selection = |name, kind| Selection::of_parameters(store, call, (name, ""), kind);
    let spaces = selection("where_space", Kind::Space)?.ok_or_else(|| required("where_space"))?;
    let from = selection("where_from", Kind::Unit)?.ok_or_else(|| required("where_from"))?;
    let to = selection("where_to", Kind::Unit)?.ok_or_else(|| required("where_to"))?;
    let to_spaces = selection("where_to_space", Kind::Space)?;
    let chosen_spaces = |selection: &Selection| -> Vec<Uuid> {
        store.spaces.iter().filter(|space| selection.holds_for(*space, store)).map(Entity::id).collect()
    };
    let units_of = |space: Uuid, selection: &Selection| -> Vec<Unit> {
        store.units.of_group(space).filter(|unit| selection.holds_for(*unit, store)).cloned().collect()
    };
    let to_spaces = to_spaces.as_ref().map(chosen_spaces);
    let mut ends = Vec::new();
    for space in chosen_spaces(&spaces) {
        let beside = [space];
        for from in units_of(space, &from) {
            for to in to_spaces.as_deref().unwrap_or(&beside).iter().flat_map(|space| units_of(*space, &to)) {
                if to.unit_id != from.unit_id {
                    ends.push((from.clone(), to));
                }
                if ends.len() > MOST {
                    return Err(ApiError::bad_request(format!("where_from and where_to: more than {MOST} links")));
                }
            }
        }
    }
    Ok(ends)
}

fn name(from: &Unit, to: &Unit) -> String {
    format!("{}-{}", from.metadata.slug, to.metadata.slug)
}

fn link(
    store: &mut Store,
    call: &Call<'_>,
    from: &Unit,
    to: &Unit,
    patch: &Map<String, Json>,
) -> Result<Json, ApiError> {
    let space = from.metadata.space_id;
    let mut draft = Link {
        from_unit_id: from.unit_id,
        to_unit_id: to.unit_id,
        to_space_id: to.metadata.space_id,
        ..Link::default()
    };
    draft.metadata.slug = name(from, to);
    let draft = crud::patched(&draft, patch)?;
    if let Some(existing) = crud::existing::<Link>(store, call, space, &draft.metadata.slug)? {
        return Ok(bulk::entity_item(existing));
    }
    let to_space = store.space_slug(to.metadata.space_id).unwrap_or_default();
    let summary = format!("from {} to {to_space}/{}", from.metadata.slug, to.metadata.slug);
    let link = crud::place(store, call, space, draft, summary)?;
    resolution::after_change(store, call, link.from_unit_id);
    Ok(bulk::entity_item(&link))
}
