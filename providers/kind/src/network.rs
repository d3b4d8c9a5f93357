//! The network that kind puts nodes on, and the way from a node to this machine.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::error::Error;
use crate::kind::{Kind, succeeded};
use crate::node::{Node, NodeCommand};
use crate::runtime::Runtime;

/// The network that kind uses unless a variable of its own says otherwise.
const NETWORK: &str = "kind";
/// The longest that connecting may take before the way counts as closed, in seconds.
const CONNECTING: u8 = 5;

/// Whether a connection can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// It was made.
    Open,
    /// It was not.
    Closed {
        /// What the node said about it.
        said: String,
    },
}

/// Connects to `$0` port `$1` for at most `$2` seconds, by what the node has. 97: by nothing.
const CONNECT: &str = r#"
if command -v bash >/dev/null; then
  exec timeout "$2" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$0" "$1"
elif command -v curl >/dev/null; then
  case $0 in *:*) host="[$0]" ;; *) host=$0 ;; esac
  curl --silent --show-error --noproxy '*' --connect-timeout "$2" --max-time "$2" --output /dev/null "telnet://$host:$1" </dev/null
  status=$?
  # It connected, and then waited for what never came.
  [ "$status" = 28 ] && [ "$(curl --version 2>/dev/null | wc -l)" -gt 0 ] && exit 28
  exit "$status"
fi
exit 97
"#;

impl Kind {
    /// The addresses of this machine on the network of the nodes, IPv4 first: what listens on one of them can be reached from
    /// nodes and pods, and from no other network. The network is there once a cluster has been made.
    pub fn gateways(&self) -> Result<Vec<IpAddr>, Error> {
        let network = self.network();
        let call = self.ask_runtime()?.arguments(["network", "inspect", &network]);
        let text = succeeded(&call)?.text();
        let found = gateways(self.runtime(), &text)
            .map_err(|error| Error::Answer { command: call.line(), reason: error.to_string() })?;
        // In a virtual machine or another network namespace the gateway is not ours.
        let ours: Vec<IpAddr> =
            found.iter().copied().filter(|address| TcpListener::bind((*address, 0)).is_ok()).collect();
        if ours.is_empty() { Err(Error::NoGateway { network, found }) } else { Ok(ours) }
    }

    fn network(&self) -> String {
        let variable = self.runtime().network_variable().and_then(|variable| std::env::var(variable).ok());
        variable.filter(|name| !name.is_empty()).unwrap_or_else(|| NETWORK.to_owned())
    }
}

impl Cluster {
    /// Tries whether a TCP connection from inside a node to `address` can be made. It is closed again without a word.
    pub fn route_from_node(&self, node: &Node, address: SocketAddr) -> Result<Route, Error> {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let words = ["sh", "-c", CONNECT, &host, &port, &CONNECTING.to_string()];
        let limit = Duration::from_secs(u64::from(CONNECTING) * 4);
        let output = self.exec(node, &NodeCommand::new(words).limit(limit))?;
        match output.status {
            Some(0) => Ok(Route::Open),
            Some(97) => Err(Error::NoProbe { node: node.name.clone() }),
            Some(124) => Ok(Route::Closed { said: format!("no answer within {CONNECTING} s") }),
            _ => Ok(Route::Closed { said: output.said() }),
        }
    }
}

/// The gateways in what `network inspect` printed, IPv4 first.
fn gateways(runtime: Runtime, json: &str) -> Result<Vec<IpAddr>, serde_json::Error> {
    let networks: Value = serde_json::from_str(json)?;
    let (list, key) = match runtime {
        Runtime::Docker | Runtime::Nerdctl => ("/0/IPAM/Config", "Gateway"),
        Runtime::Podman => ("/0/subnets", "gateway"),
    };
    let subnets = networks.pointer(list).and_then(Value::as_array).into_iter().flatten();
    let mut found: Vec<IpAddr> = subnets.filter_map(|subnet| subnet.get(key)?.as_str()?.parse().ok()).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_of_docker_and_podman_are_read_ipv4_first() {
        let docker = r#"[{"Name": "kind", "IPAM": {"Driver": "default", "Config": [
            {"Subnet": "fc00:f853:ccd:e793::/64", "Gateway": "fc00:f853:ccd:e793::1"},
            {"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}}]"#;
        let podman = r#"[{"name": "kind", "subnets": [{"subnet": "10.89.0.0/24", "gateway": "10.89.0.1"}]}]"#;
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        assert_eq!(gateways(Runtime::Docker, docker).unwrap(), addresses(&["172.18.0.1", "fc00:f853:ccd:e793::1"]));
        assert_eq!(gateways(Runtime::Podman, podman).unwrap(), addresses(&["10.89.0.1"]));
        assert_eq!(gateways(Runtime::Docker, "[]").unwrap(), addresses(&[]));
        assert!(gateways(Runtime::Docker, "no network").is_err());
    }
}
