//! Creating and changing objects: what happens between the body and the store.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::request::Resource;
use super::status::{ApiError, FieldError};
use super::{Api, Call, managed_fields};
use crate::access::escalation::Guard;
use crate::access::rbac::GROUP as RBAC_GROUP;
use crate::admission::limit_range;
use crate::admission::quota::{self, Demand};
use crate::kinds::{Kind, Treatment, count_template, validate_metadata};
use crate::node::addresses;
use crate::store::object::{self, list_mut, map_at, remove, set, text};
use crate::store::{Key, Store, Writer};
use stagegate_kubernetes_schema::{Problem, problems, prune, schemas};

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
pub(super) fn create(api: &Api, call: &Call, resource: &Resource, mut body: Value) -> Result<Written, ApiError> {
    let kind = &resource.kind;
    let warnings = check_fields(call, kind, &mut body)?;
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
            Some(_) => Err(ApiError::already_exists(kind, name)),
            None => Ok(Arc::new(object)),
        };
    }
    store_new(&api.store, kind, object, &call.writer)
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
pub(super) fn replace(api: &Api, call: &Call, resource: &Resource, mut body: Value) -> Result<Written, ApiError> {
    let kind = &resource.kind;
    let warnings = check_fields(call, kind, &mut body)?;
    place(resource, &mut body)?;
    if object::name(&body) != resource.name() {
        let message = format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            object::name(&body),
            resource.name()
        );
        return Err(ApiError::bad_request(message));
    }
    let manager = call.field_manager();
    let object = change(api, call, resource, |old| {
        let mut new = body;
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
    api.store.update(kind, &key, &call.writer, change)
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

/// Applies `fieldValidation` (`Strict`, `Warn`, `Ignore`), then drops what the schema does not know.
pub(super) fn check_fields(call: &Call, kind: &Kind, object: &mut Value) -> Result<Vec<String>, ApiError> {
    let shape = schemas().root(&kind.schema);
    let mut unknown = Vec::new();
    for problem in problems(object, &shape) {
        match problem {
            Problem::Unknown { path } => unknown.push(format!("unknown field {path:?}")),
            Problem::Mistyped { path, owner, wanted, found, .. } => {
                return Err(ApiError::bad_request(format!(
                    "{0} in version {1:?} cannot be handled as a {0}: json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}",
                    kind.kind, kind.version
                )));
            }
        }
    }
    prune(object, &shape);
    match call.query.get("fieldValidation").unwrap_or("Warn") {
        "Strict" if !unknown.is_empty() => Err(ApiError::bad_request(format!(
            "{0} in version {1:?} cannot be handled as a {0}: strict decoding error: {2}",
            kind.kind,
            kind.version,
            unknown.join(", ")
        ))),
        "Ignore" => Ok(Vec::new()),
        _ => Ok(unknown),
    }
}

/// Everything a new object gets before it is stored: name, uid, defaults, admission, validation.
pub(crate) fn prepare(store: &Store, kind: &Kind, mut object: Value) -> Result<Value, ApiError> {
    let simulation = &store.simulation;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(ApiError::bad_request("resourceVersion should not be set on objects to be created"));
    }
    require_namespace(store, kind, &object)?;
    let metadata = map_at(&mut object, &["metadata"]);
    for given in ["managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        metadata.remove(given);
    }
    // A series of their own, so that the roles a cluster begins with do not take the uids of others.
    let uids = if kind.group == RBAC_GROUP { "kubernetes-uid/rbac" } else { "kubernetes-uid" };
    metadata.insert("uid".into(), json!(simulation.seed.uuid(uids).to_string()));
    metadata.insert("creationTimestamp".into(), json!(object::time(simulation.clock.now())));
    if kind.counts_generations {
        metadata.insert("generation".into(), json!(1));
    }
    if kind.has("status") {
        remove(&mut object, &["status"]);
    }
    (kind.rules.defaults)(&mut object);
    addresses::allocate(store, kind, None, &mut object)?;
    admit(store, kind, &mut object)?;
    let prefix = text(&object, "/metadata/generateName").to_owned();
    if object::name(&object).is_empty() && !prefix.is_empty() {
        let suffix = simulation.seed.suffix("kubernetes-names", 5);
        // The longest prefix that leaves a valid label (k8s.io/apiserver/pkg/storage/names).
        let kept: String = prefix.chars().take(58).collect();
        set(&mut object, &["metadata", "name"], format!("{kept}{suffix}"));
    }
    validate(kind, &object, None)?;
    limit_range::check(store, kind, &object)?;
    Ok(object)
}

/// Errors of a whole object.
fn validate(kind: &Kind, object: &Value, old: Option<&Value>) -> Result<(), ApiError> {
    let mut errors: Vec<FieldError> = Vec::new();
    validate_metadata(kind, object, &mut errors);
    (kind.rules.validate)(object, &mut errors);
    if let Some(old) = old {
        (kind.rules.validate_update)(object, old, &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(kind, object::name(object), &errors)) }
}

/// The namespace must be there and not be going away (admission plug-in NamespaceLifecycle).
fn require_namespace(store: &Store, kind: &Kind, object: &Value) -> Result<(), ApiError> {
    if !kind.namespaced {
        return Ok(());
    }
    let namespace = object::namespace(object);
    let Some(found) = store.get("namespaces", "", namespace) else {
        return Err(ApiError::namespace_not_found(namespace));
    };
    if object::is_terminating(&found.object) {
        let detail = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut error = ApiError::forbidden(kind, name_at_admission(object), &detail);
        if let Some(details) = &mut error.details {
            details["causes"] = json!([{
                "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"),
                "field": "metadata.namespace",
            }]);
        }
        return Err(error);
    }
    Ok(())
}

/// The name by which admission knows a new object: a generated one is not made yet.
fn name_at_admission(object: &Value) -> &str {
    match object::name(object) {
        "" => text(object, "/metadata/generateName"),
        name => name,
    }
}

/// The finalizer that keeps storage in use (admission plug-in StorageObjectInUseProtection).
fn protection(kind: &Kind) -> Option<&'static str> {
    match &*kind.resource {
        "persistentvolumeclaims" => Some("kubernetes.io/pvc-protection"),
        "persistentvolumes" => Some("kubernetes.io/pv-protection"),
        _ => None,
    }
}

/// A Pod's service account must be there (admission plug-in ServiceAccount), and is mounted.
fn admit(store: &Store, kind: &Kind, object: &mut Value) -> Result<(), ApiError> {
    if let Some(finalizer) = protection(kind) {
        let mut finalizers = object::list(object, "/metadata/finalizers").to_vec();
        if !finalizers.iter().any(|one| one == finalizer) {
            finalizers.push(json!(finalizer));
        }
        set(object, &["metadata", "finalizers"], finalizers);
    }
    if &*kind.resource != "pods" {
        return Ok(());
    }
    let account = text(object, "/spec/serviceAccountName").to_owned();
    let namespace = object::namespace(object).to_owned();
    let Some(found) = store.get("serviceaccounts", &namespace, &account) else {
        let detail =
            format!("error looking up service account {namespace}/{account}: serviceaccount {account:?} not found");
        return Err(ApiError::forbidden(kind, name_at_admission(object), &detail));
    };
    let mounted = object["spec"]["automountServiceAccountToken"]
        .as_bool()
        .or_else(|| found.object["automountServiceAccountToken"].as_bool())
        .unwrap_or(true);
    if mounted {
        mount_token(store, object);
    }
    if limit_range::complete(store, object) {
        // What follows from requests and limits follows from these.
        remove(object, &["status"]);
        (kind.rules.defaults)(object);
    }
    Ok(())
}

fn mount_token(store: &Store, pod: &mut Value) {
    const PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    let name = format!("kube-api-access-{}", store.simulation.seed.suffix("kubernetes-names", 5));
    let volume = json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
    ]}});
    let mount = json!({"name": name, "readOnly": true, "mountPath": PATH});
    let append = |list: &mut Value, item: Value| match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    };
    append(&mut pod["spec"]["volumes"], volume);
    for field in ["initContainers", "containers"] {
        for container in list_mut(pod, &["spec", field]) {
            append(&mut container["volumeMounts"], mount.clone());
        }
    }
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
    let said = object::uid(new);
    if !said.is_empty() && said != object::uid(old) {
        let detail =
            format!("Precondition failed: UID in precondition: {said}, UID in object meta: {}", object::uid(old));
        return Err(ApiError::conflict(kind, name, &detail));
    }
    match subresource {
        Some("status") => {
            let status = new["status"].take();
            let managed = new["metadata"]["managedFields"].take();
            *new = old.clone();
            new["status"] = status;
            if managed.is_array() {
                new["metadata"]["managedFields"] = managed;
            }
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
    if subresource.is_none() {
        (kind.rules.defaults)(new);
        addresses::keep(kind, old, new);
        if kind.kind == "DaemonSet" {
            count_template(old, new);
        }
        // Annotations of a Deployment are part of what its controller carries out.
        let annotated = kind.kind == "Deployment" && new["metadata"]["annotations"] != old["metadata"]["annotations"];
        if kind.counts_generations && (new["spec"] != old["spec"] || annotated) {
            let generation = object::integer(old, "/metadata/generation").unwrap_or(0) + 1;
            set(new, &["metadata", "generation"], generation);
        }
        validate(kind, new, Some(old))?;
    }
    Ok(())
}
