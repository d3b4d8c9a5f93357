//! Patch and delete of all entities that a clause selects.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::crud;
use super::envelope::Envelope;
use super::items::{Item, Items};
use super::selection::Selection;
use super::{Call, Reply};
use crate::entity::Entity;
use crate::error::ApiError;
use crate::store::{Store, Stored};

/// Patches every selected entity with the same merge patch.
pub(super) fn patch<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.object()?;
    each(store, call, |store, before: E| {
        crud::check_version(before.metadata().version, body, false)?;
        let after = crud::patched(&before, body)?;
        crud::change(store, call, &before, after).map(|entity| Item::of_entity(&entity))
    })
}

/// Deletes every selected entity.
pub(super) fn delete<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    each(store, call, |store, entity: E| {
        crud::remove(store, call, &entity)?;
        Ok(crud::deletion_message(&entity))
    })
}

/// Does one thing to every selected entity and gathers what came of each.
pub(super) fn each<E: Entity + Stored, I: Into<Item>>(
    store: &mut Store,
    call: &Call<'_>,
    action: impl FnMut(&mut Store, E) -> Result<I, ApiError>,
) -> Result<Reply, ApiError> {
    let ids = selected::<E>(store, call)?;
    each_of(store, call, ids, action)
}

/// Does one thing to each of these entities, in this order.
#[expect(clippy::unnecessary_wraps, reason = "the end of a handler")]
pub(super) fn each_of<E: Entity + Stored, I: Into<Item>>(
    store: &mut Store,
    call: &Call<'_>,
    ids: Vec<Uuid>,
    mut action: impl FnMut(&mut Store, E) -> Result<I, ApiError>,
) -> Result<Reply, ApiError> {
    let mut items = Items::default();
    for id in ids {
        // An earlier item may have taken it away.
        let Some(entity) = E::table(store).get(id).cloned() else { continue };
        let slug = entity.metadata().slug.clone();
        let space = entity.metadata().space_id;
        let done = call.permit_change(store, &entity).and_then(|()| action(store, entity));
        items.add(&done.map_or_else(
            |refusal| {
                call.note_denial(store, E::KIND, id, space, &slug, &refusal);
                error_item::<E>(&refusal, id, &slug).into()
            },
            Into::into,
        ));
    }
    Ok(Reply::Items(items))
}

/// The ids of the selected entities, in order of creation.
pub(super) fn selected<E: Entity + Stored>(store: &Store, call: &Call<'_>) -> Result<Vec<Uuid>, ApiError> {
    // What it asks for has no place in the answers, but must be something that there is.
    Envelope::of_call(call, E::KIND)?;
    let selection = Selection::of_bulk_call(store, call, E::KIND)?;
    Ok(selection.of_table(store, E::table(store), None).map(Entity::id).collect())
}

/// `{"Unit": {…}}`, with the related entities asked for by `include` left out: the description's
/// answers of bulk operations have no place for them.
pub(super) fn entity_item<E: Entity>(entity: &E) -> Json {
    json!({E::KIND.name(): entity.json()})
}

/// `{"Error": {…}}` for one entity.
pub(super) fn error_item<E: Entity>(refusal: &ApiError, id: Uuid, slug: &str) -> Json {
    let mut error = refusal.item(E::KIND.name(), &id.to_string());
    error["Message"] = json!(format!("{slug}: {}", refusal.message));
    json!({"Error": error})
}
