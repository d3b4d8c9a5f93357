//! The objects every cluster has from the start.

use std::sync::Arc;

use serde_json::json;
use stagegate_simulation::{Actor, Origin};

use super::Context;
use crate::access;
use crate::kinds::SYSTEM_CLASSES;
use crate::node::{Node, heartbeat};
use crate::store::Key;

/// Makes the default namespaces, the node, the `kubernetes` Service, the classes and the roles.
pub(super) fn create(context: &Context, node: &Arc<Node>) {
    let cause = Origin { actor: Actor::Controller { name: "kube-apiserver".to_owned() }, command: None };
    let make = |resource: &str, object| {
        if let Err(error) = context.create("kube-apiserver", resource, object, &cause) {
            tracing::warn!(%error, resource, "a default object was not made");
        }
    };
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        make("namespaces", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    make(
        "services",
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]},
        }),
    );
    make("storageclasses.storage.k8s.io", super::provisioner::default_class());
    for (name, value, description) in SYSTEM_CLASSES {
        let metadata = json!({"name": name});
        make(
            "priorityclasses.scheduling.k8s.io",
            json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata,
                "value": value, "description": description,
            }),
        );
    }
    for (resource, object) in access::bootstrap::objects() {
        make(&resource, object);
    }
    let object = node.object();
    let status = object["status"].clone();
    make("nodes", object);
    let key = Key::new("nodes", "", crate::node::NAME);
    let written = context.update("kubelet", &key, &cause, |node| node["status"] = status);
    match written {
        Ok(node) => make("leases.coordination.k8s.io", heartbeat::lease(&node, context.now())),
        Err(error) => tracing::warn!(%error, "the node's status was not written"),
    }
}
