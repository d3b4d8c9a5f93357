//! The manifest that runs a worker in a cluster.

use std::collections::BTreeMap;

use http::Uri;
use serde::Serialize;
use serde_json::{Value, json};

use crate::contract::Era;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::text;

const NAME: &str = "confighub-worker";
const SECRET: &str = "confighub-worker-env";
const IMAGE: &str = "ghcr.io/confighubai/confighub-worker:latest";

/// Namespace, ServiceAccount, ClusterRoleBinding, with `--include-secret` the Secret, and the Deployment.
pub(super) fn manifest(cub: &Cub<'_, '_>, worker: &Value) -> Result<String, Failure> {
    let namespace = cub.flags.text("namespace");
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": namespace}}),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "confighub-worker-admin"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}],
        }),
    ];
    if cub.flags.on("include-secret") {
        objects.push(secret(namespace, worker));
    }
    objects.push(deployment(cub, worker));
    let documents = objects.iter().map(yaml).collect::<Result<Vec<_>, _>>()?;
    Ok(documents.join("---\n"))
}

pub(super) fn secret_only(cub: &Cub<'_, '_>, worker: &Value) -> Result<String, Failure> {
    yaml(&secret(cub.flags.text("namespace"), worker))
}

fn secret(namespace: &str, worker: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": namespace},
        "stringData": {"CONFIGHUB_WORKER_SECRET": text(worker, "Secret")},
        "type": "Opaque",
    })
}

fn deployment(cub: &Cub<'_, '_>, worker: &Value) -> Value {
    let name = match cub.flags.text("deployment-name") {
        "" => text(worker, "Slug"),
        name => name,
    };
    let given = |flag: &str, default: &str| match cub.flags.text(flag) {
        "" => default.to_owned(),
        value => value.to_owned(),
    };
    let mut pod = json!({
        "serviceAccountName": NAME,
        "containers": [{
            "name": "worker",
            "image": given("image", IMAGE),
            "imagePullPolicy": given("image-pull-policy", "Always"),
            "args": [cub.flags.text("worker-type")],
            "env": environment(cub, worker),
            "envFrom": [{"secretRef": {"name": SECRET}}],
        }],
    });
    if cub.flags.on("host-network") {
        pod["hostNetwork"] = true.into();
    }
    let mut spec = json!({
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    });
    let strategy = cub.flags.text("update-strategy");
    if cub.era == Era::October2025 && !strategy.is_empty() {
        spec["strategy"] = json!({"type": strategy});
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": cub.flags.text("namespace")},
        "spec": spec,
    })
}

/// The container's variables; `--env` replaces or adds.
fn environment(cub: &Cub<'_, '_>, worker: &Value) -> Vec<Value> {
    let mut variables = BTreeMap::from([
        ("CONFIGHUB_WORKER_ID", text(worker, "BridgeWorkerID").to_owned()),
        ("CONFIGHUB_URL", cub.api.server.clone()),
        ("CONFIGHUB_WORKER_PORT", worker_port(cub)),
    ]);
    for pair in cub.flags.list("env") {
        if let Some((name, value)) = pair.split_once('=').filter(|(_, value)| !value.contains('=')) {
            variables.insert(name, value.to_owned());
        }
    }
    variables.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// The port workers connect to: the client's own variable. Without it the client of August 2025 writes
/// an empty value, which sends the worker of its time to 443; here later ones write the port of the URL.
fn worker_port(cub: &Cub<'_, '_>) -> String {
    let set = cub.env.get("CONFIGHUB_WORKER_PORT").cloned().unwrap_or_default();
    if !set.is_empty() || cub.era == Era::August2025 {
        return set;
    }
    let port = cub.api.server.parse::<Uri>().ok().and_then(|uri| uri.port_u16());
    port.map_or_else(String::new, |port| port.to_string())
}

/// YAML as the client writes it: keys sorted, four blanks a level.
fn yaml(object: &Value) -> Result<String, Failure> {
    let options = serde_saphyr::ser_options! { indent_step: 4, compact_list_indent: false };
    serde_saphyr::to_string_with_options(&Sorted(object), options).map_err(|error| Failure::failed(error.to_string()))
}

/// A JSON value that serialises with sorted keys, whatever order it holds them in.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let sorted: BTreeMap<_, _> = fields.iter().map(|(key, value)| (key, Sorted(value))).collect();
                serializer.collect_map(sorted)
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}
