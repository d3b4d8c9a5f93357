//! The namespace of a new object (admission plug-in NamespaceLifecycle).

use serde_json::{Value, json};

use super::name_at_admission;
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object;

/// The namespace must be there and not be going away.
pub(crate) fn check(store: &Store, kind: &Kind, object: &Value) -> Result<(), ApiError> {
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
