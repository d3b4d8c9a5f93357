//! The `default` ServiceAccount and the `kube-root-ca.crt` ConfigMap of each namespace.

use serde_json::json;

use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::{Key, Stored, object};

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
    keep_root_certificate(context, &namespace, &key.name)?;
    Ok(Outcome::Done)
}

/// The ConfigMap that a Pod's service account volume projects.
pub(super) const ROOT_CERTIFICATE: &str = "kube-root-ca.crt";
const PUBLISHER: &str = "root-ca-certificate-publisher-controller";

/// Makes the ConfigMap, or puts its content right (`pkg/controller/certificates/rootcacertpublisher`).
fn keep_root_certificate(context: &Context, namespace: &Stored, name: &str) -> Result<(), ApiError> {
    let data = json!({"ca.crt": context.root_certificate});
    let description = json!({
        "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
    });
    let key = Key::new("configmaps", name, ROOT_CERTIFICATE);
    if context.store.at(&key).is_some() {
        context.update(PUBLISHER, &key, &namespace.cause, |map| {
            if map["data"] != data {
                map["data"] = data;
                object::set(map, &["metadata", "annotations"], description);
            }
        })?;
        return Ok(());
    }
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": ROOT_CERTIFICATE, "namespace": name, "annotations": description},
        "data": data,
    });
    context.create(PUBLISHER, "configmaps", map, &namespace.cause)?;
    Ok(())
}
