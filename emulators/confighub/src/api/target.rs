//! Targets: what the generic operations do not do for them.

use super::{Call, Reply, bulk, crud};
use crate::entity::{Target, Unit};
use crate::error::ApiError;
use crate::store::Store;
use crate::worker::cancel_of_target;

/// Deletes a target.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let target = crud::find::<Target>(store, call)?.clone();
    remove(store, call, &target)?;
    Ok(crud::deleted(&target))
}

/// Deletes all selected targets.
pub(super) fn bulk_delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk::each(store, call, |store, target: Target| {
        remove(store, call, &target)?;
        Ok(crud::deletion_message(&target))
    })
}

/// Takes a target away, and from the units that point at it: all or nothing.
pub(super) fn remove(store: &mut Store, call: &Call<'_>, target: &Target) -> Result<(), ApiError> {
    crud::check_removal(store, call, target)?;
    check_pointing(store, call, target)?;
    for (before, after) in pointing(store, target) {
        crud::change_with(store, call, &before, after, "target cleared".to_owned())?;
    }
    let reason = format!("target {} was deleted", target.metadata.slug);
    cancel_of_target(store, call, target.target_id, &reason);
    crud::remove(store, call, target)
}

/// Refuses while a unit that points at a target may not lose it.
pub(super) fn check_pointing(store: &Store, call: &Call<'_>, target: &Target) -> Result<(), ApiError> {
    pointing(store, target).iter().try_for_each(|(before, after)| crud::check_change(store, call, before, after))
}

/// The units that point at a target, and as they are without it.
fn pointing(store: &Store, target: &Target) -> Vec<(Unit, Unit)> {
    let pointing = store.units.referring("TargetID", target.target_id);
    pointing.map(|unit| (unit.clone(), Unit { target_id: None, ..unit.clone() })).collect()
}
