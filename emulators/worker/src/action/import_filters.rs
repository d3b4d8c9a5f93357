//! Which objects of the cluster an import without a list takes (recorded runs 10d-10h).

use serde::Deserialize;
use serde_json::Value;

use crate::kubernetes::{Client, Error, Listed};

/// What the hub sends as extra parameters: `ImportRequest` of the OpenAPI description. `Where` is not
/// looked at (recorded run 10f).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ImportRequest {
    filters: Vec<Filter>,
    options: Options,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    #[serde(rename = "Type")]
    kind: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Options {
    include_system: bool,
    include_custom: bool,
    include_cluster: bool,
}

const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// Left out unless `include_cluster` says otherwise.
const ADMINISTRATIVE: [&str; 10] = [
    "APIService",
    "CertificateSigningRequest",
    "ComponentStatus",
    "Event",
    "IPAddress",
    "Lease",
    "LeaseCandidate",
    "Node",
    "RuntimeClass",
    "ServiceCIDR",
];

const DEFINITION: &str = "CustomResourceDefinition";

impl ImportRequest {
    /// Reads extra parameters; none, and what cannot be read, take everything but system namespaces.
    pub(super) fn read(extra_params: &[u8]) -> Self {
        let everything = Options { include_system: false, include_custom: true, include_cluster: true };
        serde_json::from_slice(extra_params).unwrap_or_else(|_| Self { options: everything, ..Self::default() })
    }

    /// The selected objects as the cluster holds them, by kind and then by name.
    pub(super) async fn objects(&self, kubernetes: &Client) -> Result<Vec<Value>, Error> {
        let mut objects = Vec::new();
        for listed in kubernetes.listable().await? {
            if self.looks_into(&listed) {
                let all = kubernetes.list(&listed).await?;
                objects.extend(all.into_iter().filter(|object| self.selects(object)));
            }
        }
        Ok(objects)
    }

    /// Secrets are never imported; cluster-scoped kinds, except definitions, not by namespace.
    fn looks_into(&self, listed: &Listed) -> bool {
        let by_namespace = self.filters.iter().any(|filter| filter.kind == "metadata.namespace" && filter.includes());
        match listed.kind.as_str() {
            "Secret" => false,
            DEFINITION => self.options.include_custom,
            kind => !kind.ends_with("Review") && (listed.namespaced || !by_namespace),
        }
    }

    fn selects(&self, object: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, namespace) = (text(&object["kind"]), text(&object["metadata"]["namespace"]));
        let system = SYSTEM_NAMESPACES.contains(&namespace.as_str());
        let administrative = ADMINISTRATIVE.contains(&kind.as_str());
        if object["metadata"]["ownerReferences"].is_array() {
            // It comes with its owner.
            return false;
        }
        let forced = (kind == DEFINITION && self.options.include_custom)
            || (system && self.options.include_system)
            || (administrative && self.options.include_cluster);
        forced || (!system && !administrative && self.filters.iter().all(|filter| filter.lets_through(object)))
    }
}

impl Filter {
    fn includes(&self) -> bool {
        self.operator == "include"
    }

    /// Operators other than `include` and `exclude` let everything through.
    fn lets_through(&self, object: &Value) -> bool {
        let found = match self.kind.as_str() {
            "resource_type" => {
                let text = |field: &str| object[field].as_str().unwrap_or_default();
                self.values.contains(&format!("{}/{}", text("apiVersion"), text("kind")))
            }
            "metadata.labels" | "metadata.annotations" => self.values.iter().any(|wanted| {
                let entries = &object["metadata"][self.kind.trim_start_matches("metadata.")];
                let (key, value) =
                    wanted.split_once('=').map_or((wanted.as_str(), None), |(key, value)| (key, Some(value)));
                entries.get(key).is_some_and(|present| value.is_none_or(|value| *present == value))
            }),
            path => {
                let path: Vec<&str> = path.split('.').collect();
                at(object, &path).iter().any(|value| self.values.contains(&in_words(value)))
            }
        };
        match self.operator.as_str() {
            "include" => found,
            "exclude" => !found,
            _ => true,
        }
    }
}

/// The values at a path, where `*` stands for every element and a number for one.
fn at<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    let Some((step, rest)) = path.split_first() else { return vec![value] };
    match value {
        Value::Object(fields) if *step == "*" => fields.values().flat_map(|value| at(value, rest)).collect(),
        Value::Object(fields) => fields.get(*step).map(|value| at(value, rest)).unwrap_or_default(),
        Value::Array(items) if *step == "*" => items.iter().flat_map(|value| at(value, rest)).collect(),
        Value::Array(items) => {
            let item = step.parse::<usize>().ok().and_then(|index| items.get(index));
            item.map(|value| at(value, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn in_words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selects(request: &Value, object: &Value) -> bool {
        ImportRequest::read(request.to_string().as_bytes()).selects(object)
    }

    fn object(kind: &str, namespace: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": kind,
            "metadata": {"name": "x", "namespace": namespace, "labels": {"app": "web"}},
            "spec": {"containers": [{"image": "nginx:1"}, {"image": "redis:7"}]},
        })
    }

    #[test]
    fn filters_take_away_and_options_put_back() {
        let by = |kind: &str, operator: &str, value: &str| json!({"Filters": [{"Type": kind, "Operator": operator, "Values": [value]}]});
        let config = object("ConfigMap", "shop2");
        assert!(selects(&by("metadata.namespace", "include", "shop2"), &config));
        assert!(!selects(&by("metadata.namespace", "include", "other"), &config));
        assert!(!selects(&by("metadata.namespace", "exclude", "shop2"), &config));
        assert!(selects(&by("resource_type", "include", "v1/ConfigMap"), &config));
        assert!(selects(&by("metadata.labels", "include", "app=web"), &config));
        assert!(selects(&by("spec.containers.*.image", "include", "redis:7"), &config));
        assert!(!selects(&by("spec.containers.0.image", "include", "redis:7"), &config));
        assert!(!selects(&by("namespace", "include", "shop2"), &config), "no such path (recorded run 10d)");
        assert!(!selects(&json!({}), &object("ConfigMap", "kube-system")));
        assert!(selects(&json!({"Options": {"include_system": true}}), &object("ConfigMap", "kube-system")));
        assert!(!selects(&json!({}), &object("Event", "shop2")));
        assert!(selects(&json!({"Options": {"include_cluster": true}}), &object("Event", "shop2")));
    }
}
