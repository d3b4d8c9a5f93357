//! Links: what the generic operations do not do for them.

use super::{Call, Reply, crud};
use crate::entity::{Link, Record, Unit};
use crate::error::ApiError;
use crate::store::Store;

/// Creates a link and resolves it. The slug `-` leaves its name to the hub, and a link without a space
/// of its destination stays within its own.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space = crud::space(store, call)?.metadata.space_id;
    let mut link: Link = crud::draft(call.object()?)?;
    if link.to_space_id.is_nil() {
        link.to_space_id = space;
    }
    if link.metadata.slug == "-" {
        let slug = |id| call.visible::<Unit>(store, id).map(|unit| unit.metadata.slug.clone()).unwrap_or_default();
        link.metadata.slug = format!("{}-{}", slug(link.from_unit_id), slug(link.to_unit_id));
        link.metadata.display_name.clone_from(&link.metadata.slug);
    }
    if let Some(existing) = crud::existing::<Link>(store, call, space, &link.metadata.slug)? {
        return Ok(Reply::Json(existing.json()));
    }
    let summary = summary(store, call, &link);
    let link = crud::place(store, call, space, link, summary)?;
    Ok(Reply::Json(link.json()))
}

fn summary(store: &Store, call: &Call<'_>, link: &Link) -> String {
    let unit = |id| match call.visible::<Unit>(store, id) {
        Some(unit) => {
            let space = store.space_slug(unit.metadata.space_id).unwrap_or_default();
            format!("{space}/{}", unit.metadata.slug)
        }
        None => String::new(),
    };
    format!("from {} to {}", unit(link.from_unit_id), unit(link.to_unit_id))
}
