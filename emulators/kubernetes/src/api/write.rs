//! Creating and changing objects: what happens between the body and the store.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::body::Submitted;
use super::request::Resource;
use super::status::{ApiError, FieldError};
use super::{Api, Call, managed_fields, read, write_options};
use crate::access::escalation::Guard;
use crate::access::rbac::GROUP as RBAC_GROUP;
use crate::admission::quota::{self, Demand};
use crate::admission::{self, limit_range, namespace_lifecycle};
use crate::kinds::custom::{DEFINITIONS, unsupported};
use crate::kinds::{Kind, Treatment, count_template, no_new_finalizers, validate_metadata};
use crate::node::addresses;
use crate::store::object::{self, map_at, remove, set, text};
use crate::store::{Key, Store, Writer};
use stagegate_kubernetes_schema::{Problem, canonical, problems, schemas};

/// An object as it now is, and warnings for the client.
pub(super) struct Written {
    pub(super) object: Arc<Value>,
    pub(super) warnings: Vec<String>,
}

impl Written {
    /// The answer. Writers of a kind on which nothing acts are warned of it.
    pub(super) fn into_response(mut self, kind: &Kind, status: StatusCode) -> Response {
        if kind.treatment == Treatment::Inert {
            self.warnings
                .push(format!("the stagegate Kubernetes emulator stores {} but does not act on them", kind.plural));
        }
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
    let change = |old: &Value| {
        let old = &*read::in_version(kind, old);
        let new = change(old)?;
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

/// Applies `fieldValidation` (`Strict`, `Warn`, `Ignore`), then drops what the schema does not know.
pub(super) fn check_fields(
    call: &Call,
    kind: &Kind,
    object: &mut Value,
    duplicates: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    let refused = |detail: &str| {
        ApiError::bad_request(format!(
            "{0} in version {1:?} cannot be handled as a {0}: {detail}",
            kind.kind, kind.version
        ))
    };
    let found = decode_fields(kind, object, duplicates).map_err(|detail| refused(&detail))?;
    strictness(call, found).map_err(|detail| refused(&detail))
}

/// Drops what the schema does not know and brings the rest into canonical form. Says which fields those
/// are; the error is that of Go's decoder for a value of a wrong type.
pub(super) fn decode_fields(kind: &Kind, object: &mut Value, duplicates: Vec<String>) -> Result<Vec<String>, String> {
    fields(kind, object, duplicates, json_words)
}

/// The same as `decode_fields` with the words of the converter that the API server uses for an object that
/// it has as maps already (`runtime.DefaultUnstructuredConverter`).
pub(super) fn convert_fields(kind: &Kind, object: &mut Value) -> Result<Vec<String>, String> {
    fields(kind, object, Vec::new(), converter_words)
}

fn fields(
    kind: &Kind,
    object: &mut Value,
    duplicates: Vec<String>,
    words: fn(Problem) -> String,
) -> Result<Vec<String>, String> {
    let shape = schemas().root(&kind.schema);
    let mut found = duplicates;
    for problem in problems(object, &shape) {
        match problem {
            Problem::Unknown { path } => found.push(format!("unknown field {path:?}")),
            problem => return Err(words(problem)),
        }
    }
    if let Some(custom) = &kind.custom {
        found.extend(custom.prune(object).into_iter().map(|path| format!("unknown field {path:?}")));
    }
    canonical(object, &shape);
    Ok(found)
}

fn json_words(problem: Problem) -> String {
    match problem {
        Problem::Mistyped { field, wanted, found, .. } => {
            format!("json: cannot unmarshal {found} into Go struct field {field} of type {wanted}")
        }
        Problem::Unreadable { message, .. } => message,
        Problem::Unknown { path } => path,
    }
}

fn converter_words(problem: Problem) -> String {
    let Problem::Mistyped { wanted, found, .. } = &problem else { return json_words(problem) };
    let found = match found.split(' ').next().unwrap_or_default() {
        "array" => "slice",
        "object" => "map",
        "number" => "int64",
        other => other,
    };
    if wanted.starts_with("[]") {
        format!("cannot restore slice from {found}")
    } else if wanted.starts_with("map[") {
        format!("cannot restore map from {found}")
    } else if wanted.contains('.') {
        format!("cannot restore struct from: {found}")
    } else {
        format!("unrecognized type: {wanted}")
    }
}

/// What becomes of unknown and duplicate fields by `fieldValidation`: warnings, or an error.
pub(super) fn strictness(call: &Call, found: Vec<String>) -> Result<Vec<String>, String> {
    match call.query.get("fieldValidation").unwrap_or("Warn") {
        "Strict" if !found.is_empty() => Err(format!("strict decoding error: {}", found.join(", "))),
        "Ignore" => Ok(Vec::new()),
        _ => Ok(found),
    }
}

/// Everything a new object gets before it is stored: name, uid, defaults, admission, validation.
pub(crate) fn prepare(store: &Store, kind: &Kind, mut object: Value) -> Result<Value, ApiError> {
    let simulation = &store.simulation;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(ApiError::unknown("resourceVersion should not be set on objects to be created"));
    }
    namespace_lifecycle::check(store, kind, &object)?;
    require_definition(kind, &object)?;
    let metadata = map_at(&mut object, &["metadata"]);
    for given in ["managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        metadata.remove(given);
    }
    // A series of their own, so that what a cluster begins with does not take the uids of others.
    let uids = match &*kind.group {
        RBAC_GROUP => "kubernetes-uid/rbac",
        "storage.k8s.io" => "kubernetes-uid/storage",
        _ => "kubernetes-uid",
    };
    metadata.insert("uid".into(), json!(simulation.seed.uuid(uids).to_string()));
    metadata.insert("creationTimestamp".into(), json!(object::time(simulation.clock.now())));
    if kind.counts_generations {
        metadata.insert("generation".into(), json!(1));
    }
    if let Some(custom) = &kind.custom {
        custom.complete(&mut object);
    }
    if kind.has("status") {
        remove(&mut object, &["status"]);
    }
    (kind.rules.defaults)(&mut object);
    addresses::allocate(store, kind, None, &mut object)?;
    admission::admit(store, kind, &mut object)?;
    let prefix = text(&object, "/metadata/generateName").to_owned();
    if object::name(&object).is_empty() && !prefix.is_empty() {
        let suffix = simulation.seed.suffix("kubernetes-names", 5);
        // The longest prefix that leaves a valid label (k8s.io/apiserver/pkg/storage/names).
        let kept: String = prefix.chars().take(58).collect();
        set(&mut object, &["metadata", "name"], format!("{kept}{suffix}"));
    }
    canonical(&mut object, &schemas().root(&kind.schema));
    validate(kind, &object, None)?;
    limit_range::check(store, kind, &object)?;
    Ok(object)
}

/// Errors of a whole object.
fn validate(kind: &Kind, object: &Value, old: Option<&Value>) -> Result<(), ApiError> {
    let mut errors: Vec<FieldError> = Vec::new();
    validate_metadata(kind, object, &mut errors);
    (kind.rules.validate)(object, &mut errors);
    if let Some(custom) = &kind.custom {
        custom.validate(object, &mut errors);
    }
    if let Some(old) = old {
        no_new_finalizers(object, old, &mut errors);
        (kind.rules.validate_update)(object, old, &mut errors);
    }
    if !errors.is_empty() {
        return Err(ApiError::invalid(kind, object::name(object), &errors));
    }
    if &*kind.resource == DEFINITIONS { unsupported(object) } else { Ok(()) }
}

/// Nothing is added to a kind whose definition is going away (`customresource_handler.go`).
fn require_definition(kind: &Kind, object: &Value) -> Result<(), ApiError> {
    if !kind.custom.as_ref().is_some_and(|custom| custom.is_terminating()) {
        return Ok(());
    }
    let detail = "create not allowed while custom resource definition is terminating";
    let mut error = ApiError::forbidden(kind, object::name(object), detail);
    if let Some(details) = &mut error.details {
        details["kind"] = json!(kind.plural);
    }
    Err(error)
}

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
        (kind.rules.defaults)(new);
        addresses::keep(kind, old, new);
        canonical(new, &schemas().root(&kind.schema));
        if kind.kind == "DaemonSet" {
            count_template(old, new);
        }
        // Annotations of a Deployment are part of what its controller carries out.
        let annotated = kind.kind == "Deployment" && new["metadata"]["annotations"] != old["metadata"]["annotations"];
        if kind.counts_change(old, new) || annotated {
            let generation = object::integer(old, "/metadata/generation").unwrap_or(0) + 1;
            set(new, &["metadata", "generation"], generation);
        }
        validate(kind, new, Some(old))?;
    } else {
        canonical(new, &schemas().root(&kind.schema));
        if kind.is_custom() {
            validate(kind, new, Some(old))?;
        }
    }
    Ok(())
}
