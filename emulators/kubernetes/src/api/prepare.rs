//! What a new object goes through before it is stored.

use serde_json::{Value, json};
use stagegate_kubernetes_schema::{canonical, schemas};

use super::status::{ApiError, FieldError};
use crate::access::rbac::GROUP as RBAC_GROUP;
use crate::admission::{self, limit_range, namespace_lifecycle, priority};
use crate::kinds::custom::{DEFINITIONS, unsupported};
use crate::kinds::{Kind, ephemeral, no_new_finalizers, validate_metadata};
use crate::node::addresses;
use crate::store::Store;
use crate::store::object::{self, map_at, remove, set, text};

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
        "coordination.k8s.io" => "kubernetes-uid/coordination",
        "scheduling.k8s.io" => "kubernetes-uid/scheduling",
        "apiregistration.k8s.io" => "kubernetes-uid/apiregistration",
        "flowcontrol.apiserver.k8s.io" => "kubernetes-uid/flowcontrol",
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
    // A kubelet registers its node together with what it has.
    if kind.has("status") && &*kind.resource != "nodes" {
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
    let other = priority::other_default(store, kind, object::name(&object));
    priority::check_default(kind, &object, other.as_deref())?;
    Ok(object)
}

/// Errors of a whole object.
pub(super) fn validate(kind: &Kind, object: &Value, old: Option<&Value>) -> Result<(), ApiError> {
    let mut errors: Vec<FieldError> = Vec::new();
    validate_metadata(kind, object, &mut errors);
    (kind.rules.validate)(object, &mut errors);
    if let Some(custom) = &kind.custom {
        custom.validate(object, &mut errors);
    }
    if old.is_none() && &*kind.resource == "pods" {
        ephemeral::validate_create(object, &mut errors);
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
