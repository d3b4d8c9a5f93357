//! Ports that Pods take of their node's own addresses (plug-in `NodePorts`).

use serde_json::Value;

use crate::store::object::{integer, list, text};

/// A port of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostPort {
    port: i64,
    protocol: String,
    /// `0.0.0.0` for every address.
    address: String,
}

impl HostPort {
    /// The ports a Pod takes.
    pub(super) fn of_pod(pod: &Value) -> Vec<Self> {
        // Of init containers only sidecars keep theirs.
        let sidecars = list(pod, "/spec/initContainers").iter().filter(|one| one["restartPolicy"] == "Always");
        let containers = list(pod, "/spec/containers").iter().chain(sidecars);
        containers.flat_map(|container| list(container, "/ports")).filter_map(Self::of_port).collect()
    }

    fn of_port(port: &Value) -> Option<Self> {
        let or = |pointer: &str, default: &str| match text(port, pointer) {
            "" => default.to_owned(),
            given => given.to_owned(),
        };
        Some(Self {
            port: integer(port, "/hostPort").filter(|port| *port > 0)?,
            protocol: or("/protocol", "TCP"),
            address: or("/hostIP", "0.0.0.0"),
        })
    }

    /// Whether both cannot be had.
    pub(super) fn conflicts(&self, other: &Self) -> bool {
        const ALL: &str = "0.0.0.0";
        let meets = self.address == other.address || self.address == ALL || other.address == ALL;
        self.port == other.port && self.protocol == other.protocol && meets
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn port(port: &Value) -> HostPort {
        HostPort::of_port(port).expect("a host port")
    }

    #[test]
    fn every_address_meets_each() {
        let all = port(&json!({"hostPort": 80}));
        let one = port(&json!({"hostPort": 80, "hostIP": "10.0.0.1"}));
        let other = port(&json!({"hostPort": 80, "hostIP": "10.0.0.2"}));
        assert!(all.conflicts(&one) && one.conflicts(&all) && all.conflicts(&all));
        assert!(!one.conflicts(&other));
        assert!(!all.conflicts(&port(&json!({"hostPort": 80, "protocol": "UDP"}))));
        assert!(!all.conflicts(&port(&json!({"hostPort": 81}))));
        assert_eq!(HostPort::of_port(&json!({"containerPort": 80})), None);
    }
}
