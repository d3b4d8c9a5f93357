//! The scopes of a quota: which Pods it is about (`k8s.io/kubernetes/pkg/quota/v1/evaluator/core`).

use serde_json::Value;

use crate::store::object::{integer, list, text};

/// Whether an object is in all scopes of a quota. Scopes are of Pods; PersistentVolumeClaims have one.
pub(crate) fn includes(quota: &Value, resource: &str, object: &Value) -> bool {
    let scopes = list(quota, "/spec/scopes")
        .iter()
        .filter_map(Value::as_str)
        .all(|scope| resource == "pods" && is_in(object, scope));
    let selected = list(quota, "/spec/scopeSelector/matchExpressions");
    scopes && selected.iter().all(|expression| resource == "pods" && selects(expression, object))
}

fn is_in(pod: &Value, scope: &str) -> bool {
    let ends = integer(pod, "/spec/activeDeadlineSeconds").is_some_and(|seconds| seconds >= 0);
    let best_effort = text(pod, "/status/qosClass") == "BestEffort";
    match scope {
        "Terminating" => ends,
        "NotTerminating" => !ends,
        "BestEffort" => best_effort,
        "NotBestEffort" => !best_effort,
        "PriorityClass" => !text(pod, "/spec/priorityClassName").is_empty(),
        "CrossNamespacePodAffinity" => across_namespaces(pod),
        _ => false,
    }
}

fn selects(expression: &Value, pod: &Value) -> bool {
    let scope = text(expression, "/scopeName");
    let class = text(pod, "/spec/priorityClassName");
    let listed = list(expression, "/values").iter().any(|value| value == class);
    match (scope, text(expression, "/operator")) {
        ("PriorityClass", "In") => !class.is_empty() && listed,
        ("PriorityClass", "NotIn") => !listed,
        (_, "DoesNotExist") => !is_in(pod, scope),
        _ => is_in(pod, scope),
    }
}

/// Whether an affinity term of a Pod looks into other namespaces.
fn across_namespaces(pod: &Value) -> bool {
    let term = |term: &Value| !list(term, "/namespaces").is_empty() || term["namespaceSelector"].is_object();
    ["podAffinity", "podAntiAffinity"].into_iter().any(|field| {
        let affinity = &pod["spec"]["affinity"][field];
        list(affinity, "/requiredDuringSchedulingIgnoredDuringExecution").iter().any(term)
            || list(affinity, "/preferredDuringSchedulingIgnoredDuringExecution")
                .iter()
                .any(|weighted| term(&weighted["podAffinityTerm"]))
    })
}
