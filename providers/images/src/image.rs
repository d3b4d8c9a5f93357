//! The documents of a stand-in image, after the OCI image specification 1.1.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stagegate_kubernetes::Image;
use stagegate_workload::ENTRY_VARIABLE;

use crate::contents::EXECUTABLE;
use crate::executable::Architecture;
use crate::layer::Layer;

pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";

/// The label and annotation of every stand-in.
pub const STAND_IN_LABEL: &str = "io.stagegate.stand-in";

/// A document and its digest.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) bytes: Bytes,
    pub(crate) digest: String,
}

impl Document {
    fn new(value: &Value) -> Self {
        let bytes = Bytes::from(value.to_string());
        Self { digest: format!("sha256:{:x}", Sha256::digest(&bytes)), bytes }
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

/// An image as a registry has it.
#[derive(Debug, Clone)]
pub(crate) struct StandIn {
    pub(crate) manifest: Document,
    pub(crate) config: Document,
}

impl StandIn {
    /// The stand-in for an entry of the catalogue, made of these layers.
    pub(crate) fn new(entry: &Image, architecture: Architecture, layers: &[&Layer]) -> Result<Self, serde_json::Error> {
        let labels = json!({
            STAND_IN_LABEL: "true",
            "org.opencontainers.image.title": entry.name,
            "org.opencontainers.image.description": format!(
                "A stand-in that stagegate made for {}: it behaves as stagegate's catalogue says and has nothing of that image in it.",
                entry.name
            ),
        });
        let diff_ids: Vec<&str> = layers.iter().map(|layer| layer.digest.as_str()).collect();
        let config = Document::new(&json!({
            "architecture": architecture.name(),
            "os": "linux",
            "config": process(entry, &labels)?,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        }));
        let layers: Vec<Value> = layers
            .iter()
            .map(|layer| json!({ "mediaType": LAYER_TYPE, "digest": layer.digest, "size": layer.size }))
            .collect();
        let manifest = Document::new(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.descriptor(CONFIG_TYPE),
            "layers": layers,
            "annotations": labels,
        }));
        Ok(Self { manifest, config })
    }
}

/// What a container of it runs. A command of a manifest replaces the entrypoint, as it does everywhere.
fn process(entry: &Image, labels: &Value) -> Result<Value, serde_json::Error> {
    let mut config = json!({
        "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            format!("{ENTRY_VARIABLE}={}", serde_json::to_string(entry)?),
        ],
        "WorkingDir": "/",
        "Labels": labels,
    });
    if entry.is_tool() {
        if !entry.entrypoint.is_empty() {
            config["Entrypoint"] = json!(entry.entrypoint);
        }
        if !entry.cmd.is_empty() {
            config["Cmd"] = json!(entry.cmd);
        }
    } else {
        config["Entrypoint"] = json!([EXECUTABLE, "workload"]);
    }
    Ok(config)
}
