//! Namespaces, references to other resources, and names by default.

use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Document, New, Value};

use super::attributes::{Wanted, change_text, values};
use super::call::{Call, Returned};
use super::placeholders::{OLD_TEXT, TEXT};
use super::registry::{self, is_cluster_scoped};
use super::visit::visit;

/// `ensure-namespaces`: gives a placeholder to resources without a namespace that must have one.
pub(super) fn ensure_namespaces(call: &mut Call<'_>) -> Returned {
    for document in call.data.iter_mut() {
        if let Err(error) = ensure_namespace(document) {
            return Returned::failed(error);
        }
    }
    Returned::default()
}

fn ensure_namespace(document: &mut Document) -> Result<(), String> {
    let name = ResourceInfo::name_of(document)?;
    if name.split('/').count() != 2 {
        return Err(format!("improperly formatted resource name {name}"));
    }
    if name.starts_with('/') && !is_cluster_scoped(&ResourceInfo::of(document)?.resource_type) {
        document.root.set(&["metadata", "namespace"], &New::text(TEXT)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// `get-needed-namespaces`
pub(super) fn get_needed_namespaces(call: &mut Call<'_>) -> Returned {
    values(call.data, registry::paths(registry::NAMESPACE), &[], Wanted::NeededText)
}

/// `set-references-of-type`
pub(super) fn set_references_of_type(call: &mut Call<'_>) -> Returned {
    let (resource_type, name) = (call.arguments.text(0), call.arguments.text(1));
    let paths = registry::references_to(&resource_type);
    if paths.is_empty() {
        return Returned::default();
    }
    Returned::changed(change_text(call.data, paths, &[], false, |_| name.clone()))
}

/// `set-default-names`: names that hold a placeholder become those of unit and space.
pub(super) fn set_default_names(call: &mut Call<'_>) -> Returned {
    let name = format!("{}-{}", dns_label(&call.context.unit_slug), dns_label(&call.context.space_slug));
    Returned::changed(visit(call.data, registry::paths(registry::DEFAULT_NAME), &[], false, |document, place| {
        let present = match place.value(document) {
            Value::Text(text) => text,
            other => {
                let (value, path) = (other.plain(), &place.path);
                return Err(format!("value {value} at path {path} cannot be converted to string"));
            }
        };
        if !present.contains(TEXT) && !present.contains(OLD_TEXT) {
            return Ok(());
        }
        document.root.set(&place.segments, &New::text(name.clone())).map_err(|error| error.to_string())
    }))
}

/// A slug as a DNS label: lower case, and dashes for all that is no letter or digit.
fn dns_label(slug: &str) -> String {
    let mut label = String::new();
    for character in slug.chars() {
        match character {
            '&' => label.push_str("and"),
            '@' => label.push_str("at"),
            other if other.is_ascii_alphanumeric() => label.push(other.to_ascii_lowercase()),
            _ if label.ends_with('-') || label.is_empty() => {}
            _ => label.push('-'),
        }
    }
    label.trim_end_matches('-').to_owned()
}
