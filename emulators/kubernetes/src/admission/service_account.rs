//! The service account of a Pod (admission plug-in ServiceAccount).

use serde_json::{Value, json};

use super::name_at_admission;
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::object::{self, list_mut, text};
use crate::store::{Store, Stored};

/// The account, which must be there.
pub(super) fn required(store: &Store, kind: &Kind, pod: &Value) -> Result<Stored, ApiError> {
    let (account, namespace) = (text(pod, "/spec/serviceAccountName"), object::namespace(pod));
    store.get("serviceaccounts", namespace, account).ok_or_else(|| {
        let detail =
            format!("error looking up service account {namespace}/{account}: serviceaccount {account:?} not found");
        ApiError::forbidden(kind, name_at_admission(pod), &detail)
    })
}

/// Mounts the account's token unless the Pod or the account says not to.
pub(super) fn mount(store: &Store, account: &Stored, pod: &mut Value) {
    let mounted = pod["spec"]["automountServiceAccountToken"]
        .as_bool()
        .or_else(|| account.object["automountServiceAccountToken"].as_bool())
        .unwrap_or(true);
    if mounted {
        mount_token(store, pod);
    }
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
