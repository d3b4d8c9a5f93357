//! The `default` ServiceAccount and the `kube-root-ca.crt` ConfigMap of each namespace.

use serde_json::json;

use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::{Key, object};

/// Makes what is missing in an active namespace.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(namespace) = context.store.at(key) else { return Ok(Outcome::Done) };
    if object::is_terminating(&namespace.object) {
        return Ok(Outcome::Done);
    }
    let metadata = |name: &str| json!({"name": name, "namespace": key.name});
    if context.store.get("serviceaccounts", &key.name, "default").is_none() {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("default")});
        context.create("serviceaccount-controller", "serviceaccounts", account, &namespace.cause)?;
    }
    if context.store.get("configmaps", &key.name, "kube-root-ca.crt").is_none() {
        let map = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata("kube-root-ca.crt"),
            "data": {"ca.crt": context.root_certificate},
        });
        context.create("root-ca-certificate-publisher-controller", "configmaps", map, &namespace.cause)?;
    }
    Ok(Outcome::Done)
}
