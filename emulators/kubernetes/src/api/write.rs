//! Creating and changing objects: what happens between the body and the store.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::body::Submitted;
use super::fields::check_fields;
use super::merge::merge_stored;
use super::prepare::prepare;
use super::request::Resource;
use super::status::{ApiError, FieldError};
use super::{Api, Call, managed_fields, read, write_options};
use crate::access::escalation::Guard;
use crate::admission::priority;
use crate::admission::quota::{self, Demand};
use crate::kinds::{self, Kind, certificate_requests};
use crate::store::object::{self, remove, set, text};
use crate::store::{Key, Store, Writer};

/// An object as it now is, and warnings for the client.
pub(super) struct Written {
    pub(super) object: Arc<Value>,
    pub(super) warnings: Vec<String>,
}

impl Written {
    /// The answer. Who writes an object with which a real cluster would do more is warned of it.
    pub(super) fn into_response(mut self, kind: &Kind, status: StatusCode) -> Response {
        self.warnings.extend(kinds::warning(kind, &self.object));
        let mut response = (status, Json(&*self.object)).into_response();
        for warning in self.warnings {
            if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
                response.headers_mut().append("warning", value);
            }
        }
        response
    }
}

/// POST of an object.
pub(super) fn create(api: &Api, call: &Call, resource: &Resource, body: Submitted) -> Result<Written, ApiError> {
    let kind = &resource.kind;
    let (mut body, duplicates) = (body.object, body.duplicates);
    let warnings = check_fields(call, kind, &mut body, duplicates)?;
    write_options::check(call, "CreateOptions")?;
    place(resource, &mut body)?;
    let manager = call.field_manager();
    let object = complete(api, call, kind, body, |object| {
        let blank = json!({"metadata": {}});
        managed_fields::record_update(kind, &blank, object, &manager, "", api.store.simulation.clock.now());
    })?;
    Ok(Written { object, warnings })
}

/// Prepares a new object, lets `manage` note its field managers, and stores it unless this is a dry run.
pub(super) fn complete(
    api: &Api,
    call: &Call,
    kind: &Kind,
    body: Value,
    manage: impl FnOnce(&mut Value),
) -> Result<Arc<Value>, ApiError> {
    let mut body = body;
    if &*kind.resource == certificate_requests::REQUESTS {
        certificate_requests::sign_for(&mut body, &call.user);
    }
    let mut object = prepare(&api.store, kind, body)?;
    let place = (object::namespace(&object), "");
    if let Some(guard) = Guard::of(&api.rbac, &call.user, kind, place, &object) {
        guard.check(kind, &object, None)?;
    }
    manage(&mut object);
    if call.dry_run() {
        let demand = Demand::of_new(kind, &object, api.store.simulation.clock.now());
        quota::admit(&api.store, &demand, &call.writer.cause, true)?;
        let (namespace, name) = (object::namespace(&object), object::name(&object));
        return match api.store.get(&kind.resource, namespace, name) {
            Some(found) => Err(already_exists(kind, &found.object)),
            None => Ok(Arc::new(object)),
        };
    }
    let (namespace, name) = (object::namespace(&object).to_owned(), object::name(&object).to_owned());
    store_new(&api.store, kind, object, &call.writer).map_err(|error| {
        match api.store.get(&kind.resource, &namespace, &name) {
            Some(found) if error.code == 409 => already_exists(kind, &found.object),
            _ => error,
        }
    })
}

fn already_exists(kind: &Kind, found: &Value) -> ApiError {
    let mut error = ApiError::already_exists(kind, object::name(found));
    if object::is_terminating(found) {
        error.message = format!("object is being deleted: {}", error.message);
    }
    error
}

/// Counts a prepared object in the quotas of its namespace, and stores it.
pub(crate) fn store_new(store: &Store, kind: &Kind, object: Value, writer: &Writer) -> Result<Arc<Value>, ApiError> {
    if !quota::limit(store, object::namespace(&object)) {
        return store.create(kind, object, writer);
    }
    let demand = Demand::of_new(kind, &object, store.simulation.clock.now());
    quota::admit(store, &demand, &writer.cause, false)?;
    store.create(kind, object.clone(), writer).inspect_err(|_| {
        // Nothing came of it, so nothing is used.
        if let Err(error) = quota::admit(store, &demand.returned(), &writer.cause, false) {
            tracing::debug!(%error, "a quota was not given back");
        }
    })
}

/// PUT of an object or of its status.
pub(super) fn replace(api: &Api, call: &Call, resource: &Resource, body: Submitted) -> Result<Written, ApiError> {
    let kind = &resource.kind;
    let (mut body, duplicates) = (body.object, body.duplicates);
    let warnings = check_fields(call, kind, &mut body, duplicates)?;
    write_options::check(call, "UpdateOptions")?;
    place(resource, &mut body)?;
    check_name(resource, &body)?;
    let manager = call.field_manager();
    let object = change(api, call, resource, |old| {
        let mut new = body;
        require_version(kind, &new)?;
        merge_stored(kind, resource.subresource.as_deref(), old, &mut new)?;
        if managed_fields::content(&new) == managed_fields::content(old) {
            return Ok(None);
        }
        let subresource = resource.subresource.as_deref().unwrap_or_default();
        managed_fields::record_update(kind, old, &mut new, &manager, subresource, api.store.simulation.clock.now());
        Ok(Some(new))
    })?;
    Ok(Written { object, warnings })
}

/// Custom resources are only replaced by those who know the version that they replace
/// (`AllowUnconditionalUpdate` of their strategy).
fn require_version(kind: &Kind, new: &Value) -> Result<(), ApiError> {
    if !kind.is_custom() || !text(new, "/metadata/resourceVersion").is_empty() {
        return Ok(());
    }
    let error = FieldError::invalid("metadata.resourceVersion", 0, "must be specified for an update");
    Err(ApiError::invalid_of(&kind.group, &kind.plural, object::name(new), &[error]))
}

/// Changes the object the request names, or only computes the change when this is a dry run.
pub(super) fn change(
    api: &Api,
    call: &Call,
    resource: &Resource,
    change: impl FnOnce(&Value) -> Result<Option<Value>, ApiError>,
) -> Result<Arc<Value>, ApiError> {
    let kind = &resource.kind;
    let key = Key::new(&kind.resource, resource.namespace(), resource.name());
    let guard = api.store.at(&key).and_then(|stored| {
        Guard::of(&api.rbac, &call.user, kind, (resource.namespace(), resource.name()), &stored.object)
    });
    let other = priority::other_default(&api.store, kind, resource.name());
    let change = |old: &Value| {
        let old = &*read::in_version(kind, old);
        let mut new = change(old)?;
        if let Some(new) = &mut new
            && &*kind.resource == certificate_requests::REQUESTS
        {
            certificate_requests::stamp(old, new, api.store.simulation.clock.now());
        }
        if let Some(new) = &new {
            priority::check_default(kind, new, other.as_deref())?;
        }
        if let (Some(guard), Some(new)) = (&guard, &new) {
            guard.check(kind, new, Some(old))?;
        }
        Ok(new)
    };
    if call.dry_run() {
        let stored = api.store.at(&key).ok_or_else(|| ApiError::not_found(kind, resource.name()))?;
        return Ok(change(&stored.object)?.map_or(stored.object, Arc::new));
    }
    let object = api.store.update(kind, &key, &call.writer, change)?;
    Ok(match read::in_version(kind, &object) {
        Cow::Owned(converted) => converted.into(),
        Cow::Borrowed(_) => object,
    })
}

/// Puts the object where the path says it is.
pub(super) fn place(resource: &Resource, object: &mut Value) -> Result<(), ApiError> {
    if !resource.kind.namespaced {
        remove(object, &["metadata", "namespace"]);
        return Ok(());
    }
    let (wanted, said) = (resource.namespace(), object::namespace(object));
    if !said.is_empty() && said != wanted {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let wanted = wanted.to_owned();
    set(object, &["metadata", "namespace"], wanted);
    Ok(())
}

/// The object must have the name that the path has.
pub(super) fn check_name(resource: &Resource, object: &Value) -> Result<(), ApiError> {
    let (said, wanted) = (object::name(object), resource.name());
    if said.is_empty() {
        let message =
            format!("the name of the object ({wanted} based on URL) was undeterminable: name must be provided");
        return Err(ApiError::bad_request(message));
    }
    if said != wanted {
        let message = format!("the name of the object ({said}) does not match the name on the URL ({wanted})");
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}
