//! Images by where they come from.

use super::attributes::change_text;
use super::call::{Call, Returned};
use super::patterns::{self, IMAGE};
use super::registry::{self, CONTAINER_IMAGES};

/// `set-image-reference-by-uri`: another tag or digest for all images of one repository.
pub(super) fn set_image_reference_by_uri(call: &mut Call<'_>) -> Returned {
    let (uri, reference) = (call.arguments.text(0), call.arguments.text(1));
    Returned::changed(change_text(call.data, registry::paths(CONTAINER_IMAGES), &[], false, |image| {
        if patterns::part(IMAGE, "uri", image) == uri { format!("{uri}{reference}") } else { image.to_owned() }
    }))
}
