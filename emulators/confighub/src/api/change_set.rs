//! Change sets at work: units join one, which locks their data against all other changes, and leave it.
//!
//! As the field has it: opening makes a revision of each unit, whether its data changes or not, and marks
//! it with the start tag; closing marks the head revision with the end tag; what is changed in between
//! has to name the change set. What links and triggers change belongs to it too.

use uuid::Uuid;

use super::Call;
use crate::entity::{ChangeSet, Unit};
use crate::error::ApiError;
use crate::history;
use crate::store::Store;

/// What a change of a unit does to its membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    /// It is in the same change set, or in none, before and after.
    Stays,
    Joins(Uuid),
    Leaves(Uuid),
}

/// What becomes of a unit's membership; refused when it would go from one change set to another, or
/// when `change_set_id` names another one.
pub(super) fn membership(store: &Store, call: &Call<'_>, before: &Unit, after: &Unit) -> Result<Membership, ApiError> {
    let named = call.id_parameter("change_set_id")?;
    let (membership, set) = match (before.change_set_id, after.change_set_id) {
        (Some(former), Some(new)) if former != new => {
            let message = format!("{}; close that first", is_in(store, call, before, former));
            return Err(ApiError::bad_request(message));
        }
        (None, Some(new)) => (Membership::Joins(new), new),
        (Some(former), None) => (Membership::Leaves(former), former),
        _ => return Ok(Membership::Stays),
    };
    match named {
        Some(named) if named != set => {
            Err(ApiError::bad_request(format!("change_set_id: {named} is not the change set of the change")))
        }
        _ => Ok(membership),
    }
}

/// Refuses a change of data that does not name the change set that the unit is in.
pub(super) fn check_lock(store: &Store, call: &Call<'_>, unit: &Unit) -> Result<(), ApiError> {
    match (unit.change_set_id, call.id_parameter("change_set_id")?) {
        (Some(set), None) => {
            let message = format!("{}: changes have to name it with change_set_id", is_in(store, call, unit, set));
            Err(ApiError::bad_request(message))
        }
        (Some(set), Some(named)) if set != named => {
            Err(ApiError::bad_request(format!("change_set_id: {}", is_in(store, call, unit, set))))
        }
        (None, Some(named)) => {
            let slug = &unit.metadata.slug;
            Err(ApiError::bad_request(format!(
                "change_set_id: unit {slug} is not in change set {}",
                slug_of(store, call, named)
            )))
        }
        _ => Ok(()),
    }
}

/// Marks the unit's head revision as the first of its change set.
pub(super) fn mark_start(store: &mut Store, unit: &Unit, set: Uuid) {
    let tag = store.change_sets.get(set).and_then(|set| set.start_tag_id);
    mark_head(store, unit.unit_id, tag);
}

/// Marks the unit's head revision as the last of a change set.
pub(super) fn mark_end(store: &mut Store, unit: &Unit, set: Uuid) {
    let tag = store.change_sets.get(set).and_then(|set| set.end_tag_id);
    mark_head(store, unit.unit_id, tag);
}

/// Marks the unit's head revision with a tag.
pub(super) fn mark_head(store: &mut Store, unit_id: Uuid, tag: Option<Uuid>) {
    let head = store.units.get(unit_id).map(|unit| unit.head_revision_num);
    let revision = head.and_then(|head| history::revision(store, unit_id, head)).map(|revision| revision.revision_id);
    if let (Some(revision), Some(tag)) = (revision, tag) {
        store.revisions.update(revision, |revision| {
            revision.tags.insert(tag.to_string(), String::new());
        });
    }
}

fn is_in(store: &Store, call: &Call<'_>, unit: &Unit, set: Uuid) -> String {
    format!("unit {} is in change set {}", unit.metadata.slug, slug_of(store, call, set))
}

/// The slug of a change set that the caller may read, else its id.
fn slug_of(store: &Store, call: &Call<'_>, set: Uuid) -> String {
    call.visible::<ChangeSet>(store, set).map_or_else(|| set.to_string(), |set| set.metadata.slug.clone())
}
