//! Revisions, mutations and events of a unit.

use serde_json::Value as Json;
use uuid::Uuid;

use super::envelope::Envelope;
use super::selection::Selection;
use super::{Call, Reply, crud};
use crate::entity::{Kind, Record, Revision, Unit};
use crate::error::ApiError;
use crate::store::{Store, Stored, Table};

/// Lists the revisions of a unit.
pub(super) fn list_revisions(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    list(store, call, Kind::Revision, &store.revisions, true)
}

/// Lists the mutations of a unit.
pub(super) fn list_mutations(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    list(store, call, Kind::Mutation, &store.mutations, true)
}

/// Lists the events of a unit, without envelopes.
pub(super) fn list_events(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    list(store, call, Kind::UnitEvent, &store.unit_events, false)
}

fn list<T: Stored + Record>(
    store: &Store,
    call: &Call<'_>,
    kind: Kind,
    table: &Table<T>,
    in_envelopes: bool,
) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.unit_id;
    let selection = Selection::of_call(store, call, kind)?;
    let envelope = Envelope::of_call(call, kind)?;
    let selected = selection.of_table(store, table, Some(unit));
    let items: Result<Vec<Json>, ApiError> = selected
        .map(|record| if in_envelopes { envelope.wrap(store, record) } else { Ok(envelope.bare(store, record)) })
        .collect();
    Ok(Reply::Json(Json::Array(items?)))
}

/// Reads a revision.
pub(super) fn get_revision(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let revision = find_revision(store, call)?;
    Envelope::of_call(call, Kind::Revision)?.wrap(store, revision).map(Reply::Json)
}

/// The data of a revision as bytes.
pub(super) fn revision_data(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Octets(find_revision(store, call)?.data.as_bytes().to_vec()))
}

fn find_revision<'a>(store: &'a Store, call: &Call<'_>) -> Result<&'a Revision, ApiError> {
    find(store, call, &store.revisions, Kind::Revision, call.id("revision_id")?)
}

/// Reads a mutation.
pub(super) fn get_mutation(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let mutation = find(store, call, &store.mutations, Kind::Mutation, call.id("mutation_id")?)?;
    Envelope::of_call(call, Kind::Mutation)?.wrap(store, mutation).map(Reply::Json)
}

/// Reads an event.
pub(super) fn get_event(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let event = find(store, call, &store.unit_events, Kind::UnitEvent, call.id("unit_event_id")?)?;
    Ok(Reply::Json(event.json()))
}

fn find<'a, T: Stored>(
    store: &Store,
    call: &Call<'_>,
    table: &'a Table<T>,
    kind: Kind,
    id: Uuid,
) -> Result<&'a T, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.unit_id;
    table
        .get(id)
        .filter(|entry| entry.group() == unit)
        .ok_or_else(|| ApiError::not_found(format!("{} {id} not found", kind.name())))
}
