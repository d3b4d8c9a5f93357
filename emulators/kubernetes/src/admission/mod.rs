//! Admission plug-ins: what may still change or refuse an object that is well-formed.

pub(crate) mod amount;
mod default_class;
mod ingress_class;
pub(crate) mod limit_range;
pub(crate) mod namespace_lifecycle;
pub(crate) mod priority;
pub(crate) mod quota;
mod runtime_class;
pub(crate) mod scope;
mod service_account;
pub(crate) mod storage_class;
mod storage_protection;
pub(crate) mod usage;

use serde_json::Value;

use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{self, remove, text};

/// The plug-ins that complete a new object, in their order.
pub(crate) fn admit(store: &Store, kind: &Kind, object: &mut Value) -> Result<(), ApiError> {
    storage_protection::admit(kind, object);
    storage_class::admit(store, kind, object);
    ingress_class::admit(store, kind, object);
    if &*kind.resource != "pods" {
        return Ok(());
    }
    let account = service_account::required(store, kind, object)?;
    runtime_class::admit(store, kind, object)?;
    priority::admit(store, kind, object)?;
    service_account::mount(store, &account, object);
    if limit_range::complete(store, object) {
        // What follows from requests and limits follows from these.
        remove(object, &["status"]);
        (kind.rules.defaults)(object);
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
