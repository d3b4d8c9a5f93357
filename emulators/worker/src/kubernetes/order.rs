//! The order in which objects are applied; they are deleted in the reverse one.

use serde_json::Value;

/// Kinds that come before all others, and in which order (`github.com/fluxcd/pkg/ssa` 0.45, which the
/// worker of August 2025 applies with).
const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come after all others.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// What objects are sorted by: the kind's place, group, kind, namespace and name.
pub(super) fn key(object: &Value) -> (usize, String, String, String, String) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = text("/kind");
    let first = FIRST.iter().position(|one| *one == kind);
    let last = LAST.iter().position(|one| *one == kind).map(|place| FIRST.len() + 1 + place);
    let version = text("/apiVersion");
    let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
    (first.or(last).unwrap_or(FIRST.len()), group, kind, text("/metadata/namespace"), text("/metadata/name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_need_comes_first() {
        let object = |version: &str, kind: &str, name: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
        let mut objects = [
            object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "a"),
            object("batch/v1", "Job", "a"),
            object("apps/v1", "Deployment", "b"),
            object("apps/v1", "Deployment", "a"),
            object("v1", "Service", "z"),
            object("v1", "Namespace", "n"),
        ];
        objects.sort_by_key(key);
        let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
        let expected = ["Namespace", "Service", "Deployment", "Deployment", "Job", "ValidatingWebhookConfiguration"];
        assert_eq!(kinds, expected);
        assert_eq!(objects[2]["metadata"]["name"], "a");
    }
}
