//! What the hub says about a unit: approvals, and marks in its data.

use stagegate_configuration::yaml::{New, text};

use super::call::{Call, Output, Returned, Validation};

/// `is-approved`: whether as many as asked for approved the data as it is.
pub(super) fn is_approved(call: &mut Call<'_>) -> Returned {
    let hash = content_hash(&text(call.data));
    let enough = i64::try_from(call.context.approved_by.len()).unwrap_or(i64::MAX) >= call.arguments.integer(0);
    let passed = enough && hash == call.context.previous_content_hash;
    Returned::with(Output::Validation(Validation::of(passed)))
}

/// The hash that the hub keeps of data: CRC-32, taken as a signed number.
fn content_hash(data: &str) -> i32 {
    crc32fast::hash(data.as_bytes()).cast_signed()
}

/// `ensure-context`: marks every resource with its unit and space, or takes the marks away.
pub(super) fn ensure_context(call: &mut Call<'_>) -> Returned {
    let key = |name: &str| ["metadata".to_owned(), "annotations".to_owned(), format!("confighub.com/{name}")];
    let marks = [("UnitSlug", call.context.unit_slug.clone()), ("SpaceID", call.context.space_id.to_string())];
    for document in call.data.iter_mut() {
        let done = if call.arguments.flag(0) {
            marks.iter().try_for_each(|(name, value)| document.root.set(&key(name), &New::text(value)))
        } else {
            let names = ["UnitSlug", "SpaceID", "RevisionNum"];
            names.iter().try_for_each(|name| document.root.remove(&key(name)))
        };
        if let Err(error) = done {
            return Returned::failed(error.to_string());
        }
    }
    Returned::default()
}
