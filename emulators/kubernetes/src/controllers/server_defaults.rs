//! What kube-apiserver makes for itself in every cluster: an APIService for each of its groups, and the FlowSchemas and
//! priority levels that it begins with.
//!
//! They are those of Kubernetes 1.34 (`pkg/controlplane/apiserver/aggregator.go`, `pkg/apis/flowcontrol/bootstrap`).

use serde_json::{Value, json};

use super::api_service::API_SERVICES;
use super::flow_schema::{FLOW_SCHEMAS, PRIORITY_LEVELS};

/// Group, version, and the priorities of both.
const LOCAL: [(&str, &str, u32, u32); 21] = [
    ("", "v1", 18000, 1),
    ("apps", "v1", 17800, 15),
    ("events.k8s.io", "v1", 17750, 15),
    ("authentication.k8s.io", "v1", 17700, 15),
    ("authorization.k8s.io", "v1", 17600, 15),
    ("autoscaling", "v1", 17500, 15),
    ("autoscaling", "v2", 17500, 30),
    ("batch", "v1", 17400, 15),
    ("certificates.k8s.io", "v1", 17300, 15),
    ("networking.k8s.io", "v1", 17200, 15),
    ("policy", "v1", 17100, 15),
    ("rbac.authorization.k8s.io", "v1", 17000, 15),
    ("storage.k8s.io", "v1", 16800, 15),
    ("apiextensions.k8s.io", "v1", 16700, 15),
    ("admissionregistration.k8s.io", "v1", 16700, 15),
    ("scheduling.k8s.io", "v1", 16600, 15),
    ("coordination.k8s.io", "v1", 16500, 15),
    ("node.k8s.io", "v1", 16300, 15),
    ("discovery.k8s.io", "v1", 16200, 15),
    ("resource.k8s.io", "v1", 16200, 21),
    ("flowcontrol.apiserver.k8s.io", "v1", 16100, 21),
];

/// The objects, each with its group-qualified resource; priority levels before what refers to them.
pub(super) fn objects() -> impl Iterator<Item = (&'static str, Value)> {
    let services = LOCAL.iter().map(|(group, version, group_priority, version_priority)| {
        let mut spec =
            json!({"version": version, "groupPriorityMinimum": group_priority, "versionPriority": version_priority});
        if !group.is_empty() {
            spec["group"] = json!(group);
        }
        let labels = json!({"kube-aggregator.kubernetes.io/automanaged": "onstart"});
        let object = json!({
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": {"name": format!("{version}.{group}"), "labels": labels}, "spec": spec,
        });
        (API_SERVICES, object)
    });
    let flows: Vec<Value> = serde_json::from_str(include_str!("flow_control_defaults.json")).unwrap_or_default();
    let flows = flows.into_iter().map(|mut object| {
        object["apiVersion"] = json!("flowcontrol.apiserver.k8s.io/v1");
        (if object["kind"] == "FlowSchema" { FLOW_SCHEMAS } else { PRIORITY_LEVELS }, object)
    });
    services.chain(flows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_schema_refers_to_a_priority_level() {
        let all: Vec<_> = objects().collect();
        let levels: Vec<_> =
            all.iter().filter(|(of, _)| *of == PRIORITY_LEVELS).map(|(_, one)| &one["metadata"]["name"]).collect();
        let schemas: Vec<_> = all.iter().filter(|(of, _)| *of == FLOW_SCHEMAS).collect();
        assert_eq!((levels.len(), schemas.len()), (8, 11), "as in a real cluster");
        for (_, schema) in schemas {
            assert!(levels.contains(&&schema["spec"]["priorityLevelConfiguration"]["name"]), "{schema}");
        }
    }
}
