//! Sets: what the generic operations do not do for them.

use super::{Call, Reply, crud};
use crate::entity::{Set, Unit};
use crate::error::ApiError;
use crate::store::Store;

/// Deletes a set.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let set = crud::find::<Set>(store, call)?.clone();
    remove(store, call, &set)?;
    Ok(crud::deleted(&set))
}

/// Takes a set away, and its units out of it: all or nothing.
pub(super) fn remove(store: &mut Store, call: &Call<'_>, set: &Set) -> Result<(), ApiError> {
    crud::check_removal(store, call, set)?;
    check_members(store, call, set)?;
    for (before, after) in members(store, set) {
        crud::change_with(store, call, &before, after, "set cleared".to_owned())?;
    }
    crud::remove(store, call, set)
}

/// Refuses while a unit of a set may not be taken out of it.
pub(super) fn check_members(store: &Store, call: &Call<'_>, set: &Set) -> Result<(), ApiError> {
    members(store, set).iter().try_for_each(|(before, after)| crud::check_change(store, call, before, after))
}

/// The units of a set, and as they are outside of it.
fn members(store: &Store, set: &Set) -> Vec<(Unit, Unit)> {
    let members = store.units.referring("SetID", set.set_id);
    members.map(|unit| (unit.clone(), Unit { set_id: None, ..unit.clone() })).collect()
}
