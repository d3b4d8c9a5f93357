//! What a Pod's spec says about the nodes it may run on: selectors, affinity to nodes, taints.

use serde_json::Value;

use crate::store::object::{self, list, text};

/// Whether the node selector and the required node affinity allow the node.
pub(super) fn affinity_allows(pod: &Value, node: &Value) -> bool {
    let labels = &node["metadata"]["labels"];
    let selector = pod["spec"]["nodeSelector"].as_object();
    if !selector.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value)) {
        return false;
    }
    let required = pod.pointer("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution");
    required.is_none_or(|required| {
        required.is_null() || list(required, "/nodeSelectorTerms").iter().any(|term| term_matches(term, node))
    })
}

/// Whether a term of a node selector matches a node; an empty one matches none.
pub(super) fn term_matches(term: &Value, node: &Value) -> bool {
    let expressions = list(term, "/matchExpressions");
    let fields = list(term, "/matchFields");
    let name = Value::String(object::name(node).to_owned());
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    expressions.iter().all(|one| holds(one, node["metadata"]["labels"].get(text(one, "/key"))))
        && fields.iter().all(|one| holds(one, (text(one, "/key") == "metadata.name").then_some(&name)))
}

fn holds(requirement: &Value, found: Option<&Value>) -> bool {
    let values = list(requirement, "/values");
    let listed = found.is_some_and(|found| values.contains(found));
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok());
    let compared = found.and_then(number).zip(values.first().and_then(number));
    match text(requirement, "/operator") {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        "Gt" => compared.is_some_and(|(found, limit)| found > limit),
        "Lt" => compared.is_some_and(|(found, limit)| found < limit),
        _ => false,
    }
}

/// Whether no toleration of the Pod is for the taint.
pub(super) fn repels(taint: &Value, pod: &Value) -> bool {
    tolerating(taint, pod).next().is_none()
}

/// Whether a taint of the node keeps the Pod off it; one that is only a preference does not.
pub(super) fn keeps_off(node: &Value, pod: &Value) -> bool {
    let keeps = |taint: &Value| text(taint, "/effect") != "PreferNoSchedule" && repels(taint, pod);
    list(node, "/spec/taints").iter().any(keeps)
}

/// The tolerations of a Pod that are for a taint.
pub(super) fn tolerating<'a>(taint: &Value, pod: &'a Value) -> impl Iterator<Item = &'a Value> {
    let (key, value) = (text(taint, "/key").to_owned(), text(taint, "/value").to_owned());
    let effect = text(taint, "/effect").to_owned();
    list(pod, "/spec/tolerations").iter().filter(move |one| {
        let (its_key, operator) = (text(one, "/key"), text(one, "/operator"));
        let same_effect = text(one, "/effect").is_empty() || text(one, "/effect") == effect;
        let same_key = its_key == key || (its_key.is_empty() && operator == "Exists");
        same_effect && same_key && (operator == "Exists" || text(one, "/value") == value)
    })
}
