//! What objects use of a quota (`k8s.io/kubernetes/pkg/quota/v1/evaluator/core`).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::amount::{Amount, Amounts, of_pod};
use crate::kinds::Kind;
use crate::store::object::{self, integer, list, text};

/// What one object counts for; empty for what is not counted any more.
pub(crate) fn of(kind: &Kind, object: &Value, now: Timestamp) -> Amounts {
    let one = || Amount::count(1);
    let mut used = Amounts::from([(format!("count/{}", kind.resource), one())]);
    match &*kind.resource {
        "pods" if counts(object, now) => {
            used.insert("pods".to_owned(), one());
            used.extend(compute(object));
        }
        "services" => {
            used.insert("services".to_owned(), one());
            let ports = i128::try_from(list(object, "/spec/ports").len()).unwrap_or_default();
            let (balancers, node_ports) = match text(object, "/spec/type") {
                "LoadBalancer" if object["spec"]["allocateLoadBalancerNodePorts"] == false => (1, 0),
                "LoadBalancer" => (1, ports),
                "NodePort" => (0, ports),
                _ => (0, 0),
            };
            used.insert("services.loadbalancers".to_owned(), Amount::count(balancers));
            used.insert("services.nodeports".to_owned(), Amount::count(node_ports));
        }
        "persistentvolumeclaims" => {
            used.insert("persistentvolumeclaims".to_owned(), one());
            let storage = object.pointer("/spec/resources/requests/storage").and_then(Amount::parse);
            let class = text(object, "/spec/storageClassName");
            let by_class = |what: &str| format!("{class}.storageclass.storage.k8s.io/{what}");
            if !class.is_empty() {
                used.insert(by_class("persistentvolumeclaims"), one());
            }
            if let Some(storage) = storage {
                used.insert("requests.storage".to_owned(), storage);
                if !class.is_empty() {
                    used.insert(by_class("requests.storage"), storage);
                }
            }
        }
        // Those that had a name before there was `count/`.
        "configmaps" | "secrets" | "resourcequotas" | "replicationcontrollers" => {
            used.insert(kind.plural.clone(), one());
        }
        _ => {}
    }
    used
}

/// Whether a Pod counts for more than an object: it has not ended and is not overdue to go.
pub(crate) fn counts(pod: &Value, now: Timestamp) -> bool {
    if ["Succeeded", "Failed"].contains(&text(pod, "/status/phase")) {
        return false;
    }
    let deleted = object::parse_time(text(pod, "/metadata/deletionTimestamp"));
    let grace = integer(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(0);
    deleted.is_none_or(|at| now <= at + SignedDuration::from_secs(grace))
}

/// Requests and limits of a Pod under the names that quotas have for them.
fn compute(pod: &Value) -> Amounts {
    let mut used = Amounts::new();
    for (name, amount) in of_pod(pod, |container| Amount::all(&container["resources"]["requests"])) {
        if ["cpu", "memory", "ephemeral-storage"].contains(&name.as_str()) || name.starts_with("hugepages-") {
            used.insert(name.clone(), amount);
        }
        used.insert(format!("requests.{name}"), amount);
    }
    for (name, amount) in of_pod(pod, |container| Amount::all(&container["resources"]["limits"])) {
        if ["cpu", "memory", "ephemeral-storage"].contains(&name.as_str()) {
            used.insert(format!("limits.{name}"), amount);
        }
    }
    used
}

/// The resources a quota can demand that each container of a Pod specifies.
const DEMANDED: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// What containers of a Pod do not specify of the `hard` resources of a quota, as it is told.
pub(crate) fn unspecified(pod: &Value, hard: &Amounts) -> Option<String> {
    let mut parts = Vec::new();
    for resource in hard.keys().filter(|name| DEMANDED.contains(&name.as_str())) {
        let (field, name) = resource.split_once('.').unwrap_or(("requests", resource));
        let containers = list(pod, "/spec/containers").iter().chain(list(pod, "/spec/initContainers"));
        let mut without: Vec<_> = containers
            .filter(|container| container["resources"][field][name].is_null())
            .map(|container| text(container, "/name"))
            .collect();
        without.sort_unstable();
        if !without.is_empty() {
            parts.push(format!("{resource} for: {}", without.join(",")));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
