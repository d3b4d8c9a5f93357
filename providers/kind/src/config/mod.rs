//! What a cluster is made of, and the `kind.x-k8s.io/v1alpha4` text for it.

mod node;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::Serialize;

pub use node::{Mount, NodeConfig, PortMapping, Protocol};

use crate::name::ClusterName;

/// What a cluster is made of. Whatever is not set is as kind has it by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterConfig {
    /// Its name.
    pub name: ClusterName,
    /// Its nodes, at least one of them a control plane.
    pub nodes: Vec<NodeConfig>,
    /// The image of all nodes that name none themselves; kind's own when `None`.
    pub image: Option<String>,
    /// Where the API server listens on this machine. Loopback, or an address on a network of containers.
    pub api_server_address: IpAddr,
    /// The port for it; 0 lets kind choose one.
    pub api_server_port: u16,
    /// Feature gates of Kubernetes, on or off, for all its components.
    pub feature_gates: BTreeMap<String, bool>,
    /// TOML that is merged into containerd's configuration on all nodes, in this order.
    pub containerd_config_patches: Vec<String>,
}

/// A configuration that makes no cluster, or one that others could reach.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No node is a control plane.
    #[error("a cluster needs a node with the role control-plane; this one has {0} others")]
    NoControlPlane(usize),
    /// Something would listen on all addresses of this machine.
    #[error("{what} would listen on {address}, which is every address of this machine; use loopback")]
    ListensEverywhere {
        /// The API server or a port mapping.
        what: String,
        /// The address.
        address: IpAddr,
    },
    /// What is to be mounted is not there.
    #[error("{0} is to be mounted into a node, and is not there")]
    NothingToMount(String),
    /// The text cannot be written.
    #[error("the configuration cannot be written as YAML: {0}")]
    Yaml(String),
}

impl ClusterConfig {
    /// One control plane that also runs pods, its API server on a free port of loopback.
    pub fn new(name: ClusterName) -> Self {
        Self {
            name,
            nodes: vec![NodeConfig::control_plane()],
            image: None,
            api_server_address: Ipv4Addr::LOCALHOST.into(),
            api_server_port: 0,
            feature_gates: BTreeMap::new(),
            containerd_config_patches: Vec::new(),
        }
    }

    /// With `count` more nodes that only run pods.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        self.nodes.extend(std::iter::repeat_n(NodeConfig::worker(), count));
        self
    }

    /// With this image for the nodes.
    #[must_use]
    pub fn image(mut self, image: impl Into<String>) -> Self {
        self.image = Some(image.into());
        self
    }

    /// With the Kubernetes label `key: value` on every node there is so far.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        for node in &mut self.nodes {
            node.labels.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// The text for `kind create cluster --config`.
    ///
    /// Field names and meanings are those of `sigs.k8s.io/kind/pkg/apis/config/v1alpha4`.
    pub fn to_yaml(&self) -> Result<String, ConfigError> {
        self.check()?;
        let nodes = self.nodes.iter().cloned().map(|mut node| {
            node.image = node.image.or_else(|| self.image.clone());
            node
        });
        let written = Written {
            kind: "Cluster",
            api_version: "kind.x-k8s.io/v1alpha4",
            name: self.name.as_str(),
            nodes: nodes.collect(),
            networking: Networking {
                api_server_address: self.api_server_address,
                api_server_port: self.api_server_port,
            },
            feature_gates: &self.feature_gates,
            containerd_config_patches: &self.containerd_config_patches,
        };
        serde_saphyr::to_string(&written).map_err(|error| ConfigError::Yaml(error.to_string()))
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !self.nodes.iter().any(NodeConfig::is_control_plane) {
            return Err(ConfigError::NoControlPlane(self.nodes.len()));
        }
        refuse_everywhere("the API server".to_owned(), self.api_server_address)?;
        for node in &self.nodes {
            for port in &node.extra_port_mappings {
                refuse_everywhere(format!("the mapping of port {}", port.container_port), port.listen_address)?;
            }
            // A runtime would make an empty folder of it.
            if let Some(mount) = node.extra_mounts.iter().find(|mount| !mount.host_path.exists()) {
                return Err(ConfigError::NothingToMount(mount.host_path.display().to_string()));
            }
        }
        Ok(())
    }
}

fn refuse_everywhere(what: String, address: IpAddr) -> Result<(), ConfigError> {
    if address.is_unspecified() { Err(ConfigError::ListensEverywhere { what, address }) } else { Ok(()) }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    kind: &'static str,
    api_version: &'static str,
    name: &'a str,
    nodes: Vec<NodeConfig>,
    networking: Networking,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    feature_gates: &'a BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    containerd_config_patches: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Networking {
    api_server_address: IpAddr,
    #[serde(skip_serializing_if = "is_zero")]
    api_server_port: u16,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(port: &u16) -> bool {
    *port == 0
}
