//! What functions are told of the unit whose data they work on, whoever runs them.

use uuid::Uuid;

use crate::entity::Unit;
use crate::functions::Context;
use crate::store::Store;

/// The context of a unit as it is.
pub(crate) fn of_unit(store: &Store, unit: &Unit) -> Context {
    Context {
        unit_id: unit.unit_id,
        unit_slug: unit.metadata.slug.clone(),
        space_id: unit.metadata.space_id,
        space_slug: store.space_slug(unit.metadata.space_id).unwrap_or_default(),
        revision_id: Uuid::nil(),
        previous_content_hash: unit.content_hash.cast_signed(),
        approved_by: unit.approved_by.iter().map(ToString::to_string).collect(),
    }
}
