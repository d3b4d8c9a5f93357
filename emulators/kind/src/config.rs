//! The file of `--config`.

use std::fs;

use serde_json::Value;

use crate::Call;
use crate::failure::Failure;

/// What of a configuration the cluster that stands in can follow.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) name: Option<String>,
    /// The image of its node.
    pub(crate) image: Option<String>,
}

impl Call<'_> {
    pub(crate) fn config(&mut self, path: &str) -> Result<Config, Failure> {
        let failed = |what: String| Failure::failed(format!("failed to create cluster: {what}"));
        let text = if path == "-" {
            let mut text = String::new();
            let read = self.stdin.read_to_string(&mut text);
            read.map(|_| text).map_err(|error| failed(format!("error reading config from stdin: {error}")))?
        } else {
            let reason = |error: &std::io::Error| match error.kind() {
                std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
                _ => error.to_string(),
            };
            fs::read_to_string(self.path(path))
                .map_err(|error| failed(format!("error reading file: open {path}: {}", reason(&error))))?
        };
        let read: Value =
            serde_saphyr::from_str(&text).map_err(|error| failed(format!("unable to decode config: {error}")))?;
        let word = |key: &str| read.get(key).and_then(Value::as_str).unwrap_or_default();
        match (word("apiVersion"), word("kind")) {
            ("kind.x-k8s.io/v1alpha4", "Cluster") => checked(&read, &failed),
            ("kind.x-k8s.io/v1alpha4", kind) => {
                Err(failed(format!("unknown kind {kind} for apiVersion: kind.x-k8s.io/v1alpha4")))
            }
            (version, _) => Err(failed(format!("unknown apiVersion: {version}"))),
        }
    }
}

fn checked(config: &Value, failed: &impl Fn(String) -> Failure) -> Result<Config, Failure> {
    refuse_others(config, &["apiVersion", "kind", "name", "nodes"], "a configuration")?;
    let nodes = config.get("nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_worker = |node: &Value| node.get("role").and_then(Value::as_str) == Some("worker");
    if !nodes.is_empty() && nodes.iter().all(is_worker) {
        return Err(failed("must have at least one control-plane node".to_owned()));
    }
    if nodes.len() > 1 {
        return Err(Failure::not_supported(format!("clusters of {} nodes", nodes.len())));
    }
    nodes.iter().try_for_each(|node| refuse_others(node, &["role", "image"], "a node"))?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    Ok(Config { name: text(config.get("name")), image: text(nodes.first().and_then(|node| node.get("image"))) })
}

/// What has no place in the cluster that stands in must not be passed over.
fn refuse_others(object: &Value, known: &[&str], of: &str) -> Result<(), Failure> {
    let keys = object.as_object().into_iter().flat_map(serde_json::Map::keys);
    match keys.into_iter().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Failure::not_supported(format!("`{key}` of {of}"))),
        None => Ok(()),
    }
}
