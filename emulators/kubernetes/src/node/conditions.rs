//! The conditions of the Node object, and of its Pods, when the kubelet falls silent and comes back.

use serde_json::{Value, json};
use stagegate_simulation::Origin;

use super::{NAME, Node};
use crate::api::status::ApiError;
use crate::kinds::built_in;
use crate::store::object::{self, list, list_mut, text};
use crate::store::{Key, Writer};

/// Nothing was heard of the kubelet for too long: its conditions are unknown, its Pods not ready
/// (`pkg/controller/nodelifecycle` of Kubernetes 1.34).
pub(super) fn set_unknown(node: &Node, cause: &Origin) {
    let now = object::time(node.clock().now());
    change(node, &Key::new("nodes", "", NAME), cause, |object| {
        for condition in list_mut(object, &["status", "conditions"]) {
            condition["status"] = json!("Unknown");
            condition["reason"] = json!("NodeStatusUnknown");
            condition["message"] = json!("Kubelet stopped posting node status.");
            condition["lastTransitionTime"] = json!(now);
        }
    });
    let (pods, _) = node.store.list("pods", None);
    for pod in pods.iter().filter(|pod| text(&pod.object, "/spec/nodeName") == NAME) {
        let key = Key::new("pods", object::namespace(&pod.object), object::name(&pod.object));
        change(node, &key, cause, |pod| {
            for condition in list_mut(pod, &["status", "conditions"]).filter(|one| one["type"] == "Ready") {
                condition["status"] = json!("False");
                condition["lastTransitionTime"] = json!(now);
            }
        });
    }
}

/// The kubelet reports again: the Node is as it was made, and every Pod as it really is.
pub(super) fn set_ready(node: &Node, cause: &Origin) {
    let fresh = node.object();
    change(node, &Key::new("nodes", "", NAME), cause, |object| {
        let since = list(object, "/status/conditions").iter().find(|one| one["type"] == "Ready");
        if since.is_none_or(|one| one["status"] != "True") {
            object["status"]["conditions"] = fresh["status"]["conditions"].clone();
        }
    });
    let pods: Vec<_> = node.pods().values().cloned().collect();
    for pod in pods {
        pod.sync();
    }
}

fn change(node: &Node, key: &Key, cause: &Origin, edit: impl FnOnce(&mut Value)) {
    let Some(kind) = built_in(&key.resource) else { return };
    let writer = Writer::controller("node-controller", cause);
    let written = node.store.update(kind, key, &writer, |old| {
        let mut new = old.clone();
        edit(&mut new);
        Ok::<_, ApiError>((new != *old).then_some(new))
    });
    if let Err(error) = written {
        tracing::debug!(%error, name = %key.name, "conditions not written");
    }
}
