//! What a node is made of.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::Serialize;

use crate::node::NodeRole;

/// What a node is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeConfig {
    role: NodeRole,
    /// Its image; the cluster's when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Its labels in Kubernetes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Ports of this machine that lead into the node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_port_mappings: Vec<PortMapping>,
    /// Files and folders of this machine in the node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_mounts: Vec<Mount>,
}

impl NodeConfig {
    /// A node with an API server, etcd, scheduler and controllers.
    pub fn control_plane() -> Self {
        Self::of_role(NodeRole::ControlPlane)
    }

    /// A node that only runs pods.
    pub fn worker() -> Self {
        Self::of_role(NodeRole::Worker)
    }

    fn of_role(role: NodeRole) -> Self {
        Self { role, image: None, labels: BTreeMap::new(), extra_port_mappings: Vec::new(), extra_mounts: Vec::new() }
    }

    pub(crate) fn is_control_plane(&self) -> bool {
        self.role == NodeRole::ControlPlane
    }

    /// With a port of this machine that leads into the node.
    #[must_use]
    pub fn port(mut self, mapping: PortMapping) -> Self {
        self.extra_port_mappings.push(mapping);
        self
    }

    /// With a file or folder of this machine in the node.
    #[must_use]
    pub fn mount(mut self, mount: Mount) -> Self {
        self.extra_mounts.push(mount);
        self
    }
}

/// A port of this machine that leads into a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMapping {
    /// The port in the node: a NodePort, or a Pod's hostPort.
    pub container_port: u16,
    /// The port on this machine; 0 lets kind choose a free one.
    pub host_port: u16,
    /// The address on this machine.
    pub listen_address: IpAddr,
    /// What is spoken on it.
    pub protocol: Protocol,
}

impl PortMapping {
    /// TCP from `host_port` on loopback to `container_port` in the node.
    pub fn tcp(host_port: u16, container_port: u16) -> Self {
        Self { container_port, host_port, listen_address: Ipv4Addr::LOCALHOST.into(), protocol: Protocol::Tcp }
    }
}

/// What is spoken on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A file or folder of this machine in a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// Where it is on this machine.
    pub host_path: PathBuf,
    /// Where the node sees it.
    pub container_path: PathBuf,
    /// Whether the node may only read it.
    pub read_only: bool,
}

impl Mount {
    /// `host_path` as `container_path`, to read only.
    pub fn read_only(host_path: impl Into<PathBuf>, container_path: impl Into<PathBuf>) -> Self {
        Self { host_path: host_path.into(), container_path: container_path.into(), read_only: true }
    }
}
