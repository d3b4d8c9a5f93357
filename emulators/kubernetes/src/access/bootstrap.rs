//! The ClusterRoles and bindings every cluster has from the start.
//!
//! Rules are those of `k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy` of
//! Kubernetes 1.34. Roles of Kubernetes' own components are not there: they are not clients here.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::rbac::GROUP;

static DATA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("bootstrap_roles.json")).unwrap_or_default());

/// The objects, each with its group-qualified resource, roles before bindings.
pub(crate) fn objects() -> impl Iterator<Item = (String, Value)> {
    let roles = items("roles").map(|role| {
        let mut object = object("ClusterRole", &role["name"]);
        for (key, value) in role["labels"].as_object().into_iter().flatten() {
            object["metadata"]["labels"][key] = value.clone();
        }
        object["rules"] = role["rules"].clone();
        if role["aggregationRule"].is_object() {
            object["aggregationRule"] = role["aggregationRule"].clone();
            object["rules"] = aggregated(&role["aggregationRule"], &role["name"]);
        }
        (format!("clusterroles.{GROUP}"), object)
    });
    let bindings = items("bindings").map(|binding| {
        let groups = binding["groups"].as_array().into_iter().flatten();
        let groups = groups.map(|group| json!({"apiGroup": GROUP, "kind": "Group", "name": group}));
        let mut object = object("ClusterRoleBinding", &binding["name"]);
        object["roleRef"] = json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": binding["name"]});
        object["subjects"] = groups.collect();
        (format!("clusterrolebindings.{GROUP}"), object)
    });
    roles.chain(bindings).chain([administrators()])
}

fn items(field: &str) -> impl Iterator<Item = &'static Value> {
    DATA[field].as_array().into_iter().flatten()
}

fn object(kind: &str, name: &Value) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
        },
    })
}

/// The binding that kubeadm makes for the user of its administrator's kubeconfig.
fn administrators() -> (String, Value) {
    let name = "kubeadm:cluster-admins";
    let object = json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": name}],
    });
    (format!("clusterrolebindings.{GROUP}"), object)
}

/// The rules of the table's roles that an aggregation rule chooses, as the controller finds them.
///
/// Only labels choose here, and roles that aggregate themselves are chosen with what they have.
fn aggregated(aggregation: &Value, own: &Value) -> Value {
    let mut found: Vec<Value> = Vec::new();
    let mut chosen: Vec<_> = items("roles").filter(|one| one["name"] != *own && chooses(aggregation, one)).collect();
    chosen.sort_by_key(|one| one["name"].as_str());
    for one in chosen {
        let more = if one["aggregationRule"].is_object() {
            aggregated(&one["aggregationRule"], &one["name"])
        } else {
            one["rules"].clone()
        };
        for rule in more.as_array().into_iter().flatten() {
            if !found.contains(rule) {
                found.push(rule.clone());
            }
        }
    }
    json!(found)
}

fn chooses(aggregation: &Value, role: &Value) -> bool {
    let selectors = aggregation["clusterRoleSelectors"].as_array().into_iter().flatten();
    let mut wanted = selectors.filter_map(|selector| selector["matchLabels"].as_object());
    wanted.any(|labels| labels.iter().all(|(key, value)| role["labels"][key] == *value))
}
