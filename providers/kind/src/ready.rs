//! Waiting until a cluster does its work.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::error::Error;
use crate::kubeconfig;
use crate::node::{Node, NodeCommand};

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// The longest for one look; the API server may take long to refuse while it starts.
const ONE_LOOK: Duration = Duration::from_secs(20);
const CONNECTING: Duration = Duration::from_secs(2);

/// Says in three lines how far the cluster is. The node has kubectl and an administrator's kubeconfig.
const LOOK: &str = r#"
ask() { kubectl --kubeconfig=/etc/kubernetes/admin.conf --request-timeout=5s "$@" 2>/dev/null; }
echo "api $(ask get --raw=/readyz)"
echo "dns $(ask -n kube-system get deployment coredns -o 'jsonpath={.status.conditions[?(@.type=="Available")].status}')"
echo "account $(ask -n default get serviceaccount default -o name)"
"#;

/// What a cluster lacks to be ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of the things that a cluster needs, in no combination")]
pub struct Missing {
    /// The API server does not say that it is ready.
    pub api_server: bool,
    /// The API server cannot be reached from this machine at the address in the kubeconfig.
    pub route_to_api_server: bool,
    /// CoreDNS is not Available, so names of Services are not found.
    pub core_dns: bool,
    /// There is no ServiceAccount `default` in namespace `default`, so no Pod can be made there.
    pub default_service_account: bool,
}

impl Missing {
    /// What is missing, in words.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            (self.api_server, "the API server is not ready"),
            (self.route_to_api_server, "the API server cannot be reached from this machine"),
            (self.core_dns, "CoreDNS is not available"),
            (self.default_service_account, "there is no ServiceAccount `default` in namespace `default`"),
        ];
        all.into_iter().filter_map(|(missing, name)| missing.then_some(name)).collect()
    }

    pub(crate) fn join(self) -> String {
        self.names().join(", ")
    }

    fn nothing(self) -> bool {
        self.names().is_empty()
    }

    fn read(answer: &str, route_to_api_server: bool) -> Self {
        let lacks = |line: &str| !answer.lines().any(|said| said.trim_end() == line);
        Self {
            api_server: lacks("api ok"),
            route_to_api_server,
            core_dns: lacks("dns True"),
            default_service_account: lacks("account serviceaccount/default"),
        }
    }
}

impl Cluster {
    /// Waits until the API server answers, here and in the cluster, CoreDNS is Available and the ServiceAccount `default` is
    /// there; at most `limit`, then it says which of them are missing.
    pub fn wait_ready(&self, limit: Duration) -> Result<(), Error> {
        let node = self.control_plane()?;
        let path = self.kubeconfig_path();
        let text = std::fs::read_to_string(path).map_err(Error::file("cannot read", path))?;
        self.wait_ready_at(&node, kubeconfig::server(&text), limit)
    }

    /// The same where the node to ask and the API server's address on this machine are known.
    pub(crate) fn wait_ready_at(&self, node: &Node, server: Option<SocketAddr>, limit: Duration) -> Result<(), Error> {
        let since = Instant::now();
        loop {
            let missing = self.missing(node, server)?;
            if missing.nothing() {
                return Ok(());
            }
            if since.elapsed() + BETWEEN_LOOKS > limit {
                return Err(Error::NotReady { name: self.name().clone(), within: limit, missing });
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    fn missing(&self, node: &Node, server: Option<SocketAddr>) -> Result<Missing, Error> {
        let look = NodeCommand::new(["sh", "-c", LOOK]).limit(ONE_LOOK);
        let answer = match self.exec(node, &look) {
            Ok(output) => output.text(),
            Err(Error::Overran { .. }) => String::new(),
            Err(error) => return Err(error),
        };
        let reached = server.is_none_or(|server| TcpStream::connect_timeout(&server, CONNECTING).is_ok());
        Ok(Missing::read(&answer, !reached))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert!(Missing::read("api ok\ndns True\naccount serviceaccount/default\n", false).nothing());
        let missing = Missing::read("api ok\ndns False\naccount \n", true);
        assert_eq!(
            missing.join(),
            "the API server cannot be reached from this machine, CoreDNS is not available, \
             there is no ServiceAccount `default` in namespace `default`"
        );
        assert!(Missing::read("", false).api_server);
    }
}
