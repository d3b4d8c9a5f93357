//! The objects every cluster has from the start.

use std::sync::Arc;

use serde_json::json;
use stagegate_simulation::{Actor, Origin};

use super::{Context, Outcome, api_service, flow_schema, server_defaults};
use crate::access;
use crate::kinds::SYSTEM_CLASSES;
use crate::node::{Node, heartbeat};
use crate::store::{Key, object};

/// Makes the default namespaces, the node, the `kubernetes` Service, the classes, the roles, and what the API server
/// makes for itself.
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
    for (resource, object) in server_defaults::objects() {
        let name = object::name(&object).to_owned();
        make(resource, object);
        // At once, so that nobody finds them without their conditions.
        let key = Key::new(resource, "", &name);
        let looked = match resource {
            api_service::API_SERVICES => api_service::reconcile(context, &key),
            flow_schema::FLOW_SCHEMAS => flow_schema::reconcile(context, &key),
            _ => Ok(Outcome::Done),
        };
        if let Err(error) = looked {
            tracing::warn!(%error, resource, name, "a default object has no conditions");
        }
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
