//! How a submitted object becomes the new content of a stored one.

use serde_json::Value;
use stagegate_kubernetes_schema::{canonical, schemas};

use super::prepare::validate;
use super::status::ApiError;
use crate::admission::priority;
use crate::kinds::{Kind, certificate_requests, count_template, ephemeral};
use crate::node::addresses;
use crate::store::object::{self, remove, set, text};

/// An update is for the object with the uid that it names (`rest.DefaultUpdatedObjectInfo`).
fn check_uid(kind: &Kind, old: &Value, new: &Value) -> Result<(), ApiError> {
    let (said, found) = (object::uid(new), object::uid(old));
    if said.is_empty() || said == found {
        return Ok(());
    }
    let place = [object::namespace(old), object::name(old)]
        .iter()
        .filter(|part| !part.is_empty())
        .fold(format!("/registry/{}", kind.storage_prefix()), |path, part| format!("{path}/{part}"));
    let detail = format!(
        "StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {said}, UID in object meta: {found}"
    );
    Err(ApiError::conflict(kind, object::name(old), &detail))
}

/// Turns a submitted object into the new content of a stored one: keeps what clients may not
/// change, fills in defaults, counts the generation, validates.
pub(super) fn merge_stored(
    kind: &Kind,
    subresource: Option<&str>,
    old: &Value,
    new: &mut Value,
) -> Result<(), ApiError> {
    let name = object::name(old);
    let said = text(new, "/metadata/resourceVersion");
    if !said.is_empty() && said != text(old, "/metadata/resourceVersion") {
        let detail = "the object has been modified; please apply your changes to the latest version and try again";
        return Err(ApiError::conflict(kind, name, detail));
    }
    check_uid(kind, old, new)?;
    match subresource {
        Some("status") => {
            let (status, metadata) = (new["status"].take(), new["metadata"].take());
            *new = old.clone();
            new["status"] = status;
            new["metadata"] = metadata;
        }
        Some("approval") => certificate_requests::approve(old, new),
        Some(ephemeral::SUBRESOURCE) => ephemeral::take(old, new),
        Some("finalize") => {
            let finalizers = new["spec"]["finalizers"].take();
            *new = old.clone();
            set(new, &["spec", "finalizers"], finalizers);
        }
        _ if kind.has("status") => match old.get("status") {
            Some(status) => new["status"] = status.clone(),
            None => drop(remove(new, &["status"])),
        },
        _ => {}
    }
    for field in [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
        "selfLink",
        "generateName",
    ] {
        match old["metadata"].get(field) {
            Some(value) => set(new, &["metadata", field], value.clone()),
            None => drop(remove(new, &["metadata", field])),
        }
    }
    if let Some(custom) = &kind.custom {
        custom.complete(new);
    }
    if subresource.is_none() {
        if &*kind.resource == certificate_requests::REQUESTS {
            new["spec"] = old["spec"].clone();
        }
        (kind.rules.defaults)(new);
        addresses::keep(kind, old, new);
        priority::keep(kind, old, new);
        canonical(new, &schemas().root(&kind.schema));
        if kind.kind == "DaemonSet" {
            count_template(old, new);
        }
        // Annotations of a Deployment are part of what its controller carries out.
        let annotated = kind.kind == "Deployment" && new["metadata"]["annotations"] != old["metadata"]["annotations"];
        if kind.counts_change(old, new) || annotated {
            count_generation(old, new);
        }
        validate(kind, new, Some(old))?;
    } else if subresource == Some(ephemeral::SUBRESOURCE) {
        (kind.rules.defaults)(new);
        canonical(new, &schemas().root(&kind.schema));
        if new["spec"] != old["spec"] {
            count_generation(old, new);
        }
        let mut errors = Vec::new();
        ephemeral::validate_update(new, old, &mut errors);
        if !errors.is_empty() {
            return Err(ApiError::invalid(kind, name, &errors));
        }
    } else {
        canonical(new, &schemas().root(&kind.schema));
        if kind.is_custom() {
            validate(kind, new, Some(old))?;
        }
    }
    Ok(())
}

fn count_generation(old: &Value, new: &mut Value) {
    let generation = object::integer(old, "/metadata/generation").unwrap_or(0) + 1;
    set(new, &["metadata", "generation"], generation);
}
