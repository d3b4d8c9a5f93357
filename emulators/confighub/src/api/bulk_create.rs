//! Bulk creation: clones of all entities that a clause selects.

use serde_json::{Map, Value as Json};

use super::cloning::{Cloning, Copy};
use super::{Call, Reply, bulk, crud};
use crate::entity::{Entity, Kind};
use crate::error::ApiError;
use crate::store::{Store, Stored};

/// Clones every selected entity, with a merge patch on each clone. Clones of spaces are empty.
pub(super) fn create<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let cloning = Cloning::of_call(store, call, E::KIND)?;
    let mut items = Vec::new();
    let sources = bulk::selected::<E>(store, call)?;
    for destination in cloning.destinations(sources.len())? {
        for &id in &sources {
            let Some(source) = E::table(store).get(id).cloned() else { continue };
            let copy = destination.copy(source.metadata());
            let space = copy.space;
            let made = clone(store, call, &source, copy, body);
            items.push(made.unwrap_or_else(|refusal| {
                let slug = &source.metadata().slug;
                call.note_denial(store, E::KIND, id, space, slug, &refusal);
                bulk::error_item::<E>(&refusal, id, slug)
            }));
        }
    }
    Ok(Reply::Items(items.into_iter().collect()))
}

fn clone<E: Entity + Stored>(
    store: &mut Store,
    call: &Call<'_>,
    source: &E,
    copy: Copy,
    patch: &Map<String, Json>,
) -> Result<Json, ApiError> {
    let mut draft = source.clone();
    let metadata = draft.metadata_mut();
    if metadata.display_name == metadata.slug {
        metadata.display_name.clear();
    }
    metadata.slug = copy.slug;
    metadata.labels.extend(copy.labels);
    metadata.delete_gates.clear();
    let draft = crud::patched(&draft, patch)?;
    let group = if E::KIND == Kind::Space { store.organization.organization_id } else { copy.space };
    if let Some(existing) = crud::existing::<E>(store, call, group, &draft.metadata().slug)? {
        return Ok(bulk::entity_item(existing));
    }
    let from = match store.space_slug(source.metadata().space_id).filter(|_| E::KIND != Kind::Space) {
        Some(space) => format!("cloned from {space}/{}", source.metadata().slug),
        None => format!("cloned from {}", source.metadata().slug),
    };
    crud::place(store, call, copy.space, draft, from).map(|entity| bulk::entity_item(&entity))
}
