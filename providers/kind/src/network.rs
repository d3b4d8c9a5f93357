//! The network that kind puts nodes on, and the way from a node to this machine.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
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
if command -v bash >/dev/null && command -v timeout >/dev/null; then
  exec timeout "$2" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$0" "$1"
fi
command -v curl >/dev/null || exit 97
case $0 in *:*) host="[$0]" ;; *) host=$0 ;; esac
# It goes on after it connected until the other side ends or time is up, so its status does not tell.
connected=$(curl -sS --noproxy '*' -m "$2" -w '%{time_connect}' -o /dev/null "telnet://$host:$1" </dev/null)
case $connected in *[1-9]*) exit 0 ;; *) exit 1 ;; esac
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

    /// The name of the network that kind puts nodes on.
    pub fn network(&self) -> String {
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
    let (list, gateway, subnet) = match runtime {
        Runtime::Docker | Runtime::Nerdctl => ("/0/IPAM/Config", "Gateway", "Subnet"),
        Runtime::Podman => ("/0/subnets", "gateway", "subnet"),
    };
    let subnets = networks.pointer(list).and_then(Value::as_array).into_iter().flatten();
    let mut found: Vec<IpAddr> = subnets
        .filter_map(|config| match config.get(gateway) {
            Some(gateway) => gateway.as_str()?.parse().ok(),
            // Docker before 27 does not name that of IPv6.
            None => first_address(config.get(subnet)?.as_str()?),
        })
        .collect();
    found.sort_by_key(IpAddr::is_ipv6);
    Ok(found)
}

/// The first address after the network's own of a subnet of IPv6 such as `fc00:f853:ccd:e793::/64`.
fn first_address(subnet: &str) -> Option<IpAddr> {
    let network: Ipv6Addr = subnet.split_once('/')?.0.parse().ok()?;
    Some(Ipv6Addr::from_bits(network.to_bits().checked_add(1)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the script here with a PATH that has only these programs.
    fn connect(programs: &[&str], address: SocketAddr) -> Option<i32> {
        let path = std::env::var_os("PATH").unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in programs {
            let program = crate::runtime::executable(name, &path).unwrap();
            std::os::unix::fs::symlink(program, folder.path().join(name)).unwrap();
        }
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", CONNECT, &host, &port, "2"]).env("PATH", folder.path());
        command.status().unwrap().code()
    }

    #[test]
    fn a_route_is_tried_by_whatever_there_is() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        for programs in [&["bash", "timeout"][..], &["curl"]] {
            assert_eq!(connect(programs, open), Some(0), "{programs:?}");
        }
        drop(listener);
        for programs in [&["bash", "timeout"][..], &["curl"]] {
            assert_eq!(connect(programs, open), Some(1), "{programs:?}");
        }
        assert_eq!(connect(&[], open), Some(97));
    }

    #[test]
    fn gateways_of_docker_and_podman_are_read_ipv4_first() {
        let docker = r#"[{"Name": "kind", "IPAM": {"Driver": "default", "Config": [
            {"Subnet": "fc00:f853:ccd:e793::/64"},
            {"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}}]"#;
        let podman = r#"[{"name": "kind", "subnets": [{"subnet": "10.89.0.0/24", "gateway": "10.89.0.1"}]}]"#;
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        assert_eq!(gateways(Runtime::Docker, docker).unwrap(), addresses(&["172.18.0.1", "fc00:f853:ccd:e793::1"]));
        assert_eq!(gateways(Runtime::Podman, podman).unwrap(), addresses(&["10.89.0.1"]));
        assert_eq!(gateways(Runtime::Docker, "[]").unwrap(), addresses(&[]));
        assert!(gateways(Runtime::Docker, "no network").is_err());
    }
}
