//! The network inside the cluster as a Pod sees it: names, addresses, connections, HTTP.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use stagegate_commands::{Fetched, Found, Patience, Reply, Request};

use super::catalogue::Answer;
use super::pod::PodRuntime;
use super::traffic::{Asked, Reached, named_port};
use super::{ADDRESS, Node};
use crate::api::subject_of;
use crate::store::object::{self, integer, list, text};
use crate::store::{Store, Stored};

/// What a connection finds.
pub(crate) enum Dial {
    Connected(Peer),
    /// The address that refused.
    Refused(String),
    /// Packets get no answer: a port that a Service does not have.
    Unanswered,
    NoSuchHost,
}

/// The other end of a connection.
pub(crate) struct Peer {
    pub(crate) pod_uid: String,
    pub(crate) port: u16,
}

/// Resolves and connects on behalf of a Pod.
pub(crate) struct Dialler<'a> {
    pod: &'a PodRuntime,
}

/// What a host name or address leads to.
enum Host {
    Pod(String, String),
    Service(Arc<Value>),
    /// The node itself: ports of Pods on it, and node ports of Services.
    Node,
}

impl<'a> Dialler<'a> {
    pub(crate) fn new(pod: &'a PodRuntime) -> Self {
        Self { pod }
    }

    /// Looks a name up as the cluster's DNS does with the Pod's search list.
    pub(crate) fn resolve(&self, name: &str) -> Option<Found> {
        let node = self.pod.node.upgrade()?;
        let (namespace, service) = self.service(&node, name)?;
        let full_name = format!("{}.{namespace}.svc.cluster.local", object::name(&service));
        let addresses = match text(&service, "/spec/clusterIP") {
            "None" => ready_pods(&node.store, &namespace, object::name(&service))
                .iter()
                .map(|pod| text(&pod.object, "/status/podIP").to_owned())
                .collect(),
            address => vec![address.to_owned()],
        };
        Some(Found { full_name, addresses })
    }

    fn service(&self, node: &Node, name: &str) -> Option<(String, Arc<Value>)> {
        let pod = self.pod.object();
        let parts: Vec<&str> = name.trim_end_matches('.').split('.').collect();
        let (service, namespace) = match parts.as_slice() {
            [service] => (*service, object::namespace(&pod)),
            [service, namespace] | [service, namespace, "svc"] | [service, namespace, "svc", "cluster", "local"] => {
                (*service, *namespace)
            }
            _ => return None,
        };
        let found = node.store.get("services", namespace, service)?;
        // The name of a Service without a cluster IP of its own leads outside of the cluster.
        (text(&found.object, "/spec/type") != "ExternalName").then(|| (namespace.to_owned(), found.object))
    }

    fn host(&self, node: &Node, host: &str) -> Option<Host> {
        if ["localhost", "127.0.0.1", self.pod.ip.as_str()].contains(&host) {
            return Some(Host::Pod(object::uid(&self.pod.object()).to_owned(), host.to_owned()));
        }
        if host.parse::<std::net::Ipv4Addr>().is_err() {
            return self.service(node, host).map(|(_, service)| Host::Service(service));
        }
        if host == ADDRESS {
            return Some(Host::Node);
        }
        let (pods, _) = node.store.list("pods", None);
        if let Some(pod) = pods.iter().find(|pod| text(&pod.object, "/status/podIP") == host) {
            return Some(Host::Pod(object::uid(&pod.object).to_owned(), host.to_owned()));
        }
        let (services, _) = node.store.list("services", None);
        let service = services.into_iter().find(|service| text(&service.object, "/spec/clusterIP") == host);
        service.map(|service| Host::Service(service.object))
    }

    /// Connects to a port.
    pub(crate) fn dial(&self, host: &str, port: u16) -> Dial {
        let Some(node) = self.pod.node.upgrade() else { return Dial::NoSuchHost };
        match self.host(&node, host) {
            None if host.parse::<std::net::Ipv4Addr>().is_ok() => Dial::Unanswered,
            None => Dial::NoSuchHost,
            Some(Host::Pod(pod_uid, address)) => self.arrive(&node, connect(&node, pod_uid, port, address)),
            Some(Host::Service(service)) => self.arrive(&node, through_service(&node, &service, port)),
            Some(Host::Node) => self.arrive(&node, through_node(&node, port)),
        }
    }

    /// What is left of a connection when rules for faults part its two ends.
    fn arrive(&self, node: &Node, dial: Dial) -> Dial {
        let Dial::Connected(peer) = &dial else { return dial };
        let Some(target) = node.pod(&peer.pod_uid).map(|pod| pod.object()) else { return dial };
        let mut subject = subject_of(&target, "pods", &format!("connect {}", peer.port), &self.pod.cause);
        let from = self.pod.object();
        subject.principal = Some(format!("{}/{}", object::namespace(&from), object::name(&from)));
        if node.store.simulation.faults.loses_packets(&subject) { Dial::Unanswered } else { dial }
    }
}

fn connect(node: &Node, pod_uid: String, port: u16, address: String) -> Dial {
    match node.listener(&pod_uid, port) {
        None => Dial::Refused(address),
        Some(_) => Dial::Connected(Peer { pod_uid, port }),
    }
}

/// A port of the node: a Pod's `hostPort`, or the `nodePort` of a Service.
fn through_node(node: &Node, port: u16) -> Dial {
    let (pods, _) = node.store.list("pods", None);
    for pod in pods.iter().filter(|pod| !text(&pod.object, "/status/podIP").is_empty()) {
        let ports = list(&pod.object, "/spec/containers").iter().flat_map(|one| list(one, "/ports"));
        let found = ports.filter(|one| integer(one, "/hostPort") == Some(i64::from(port)));
        if let Some(inner) = found.filter_map(|one| integer(one, "/containerPort")).find_map(|one| one.try_into().ok())
        {
            return connect(node, object::uid(&pod.object).to_owned(), inner, ADDRESS.to_owned());
        }
    }
    for service in node.store.list("services", None).0 {
        let ports = list(&service.object, "/spec/ports").iter();
        let mut found = ports.filter(|one| integer(one, "/nodePort") == Some(i64::from(port)));
        if let Some(inner) = found.find_map(|one| integer(one, "/port")).and_then(|one| one.try_into().ok()) {
            return through_service(node, &service.object, inner);
        }
    }
    Dial::Refused(ADDRESS.to_owned())
}

/// What kube-proxy does: one of the ready Pods behind the Service's port; a Service without any
/// refuses, and a port that it does not have leads nowhere.
fn through_service(node: &Node, service: &Value, port: u16) -> Dial {
    let (namespace, name) = (object::namespace(service), object::name(service));
    let headless = text(service, "/spec/clusterIP") == "None";
    let pods = ready_pods(&node.store, namespace, name);
    let number = node.store.simulation.seed.number("kube-proxy", 0..=1_000_000);
    let chosen = usize::try_from(number).unwrap_or(0).checked_rem(pods.len()).and_then(|at| pods.get(at));
    if headless {
        return match chosen {
            None => Dial::NoSuchHost,
            Some(pod) => {
                let address = text(&pod.object, "/status/podIP").to_owned();
                connect(node, object::uid(&pod.object).to_owned(), port, address)
            }
        };
    }
    let address = text(service, "/spec/clusterIP").to_owned();
    let Some(entry) = list(service, "/spec/ports").iter().find(|one| integer(one, "/port") == Some(i64::from(port)))
    else {
        return Dial::Unanswered;
    };
    let Some(pod) = chosen else { return Dial::Refused(address) };
    match target_port(&pod.object, &entry["targetPort"]) {
        Some(port) => connect(node, object::uid(&pod.object).to_owned(), port, address),
        None => Dial::Refused(address),
    }
}

/// The port of a Pod that a Service's `targetPort` names.
pub(crate) fn target_port(pod: &Value, target: &Value) -> Option<u16> {
    list(pod, "/spec/containers").iter().find_map(|container| named_port(container, target))
}

/// The Pods that are ready behind a Service, from its Endpoints.
pub(crate) fn ready_pods(store: &Store, namespace: &str, service: &str) -> Vec<Stored> {
    let Some(endpoints) = store.get("endpoints", namespace, service) else { return Vec::new() };
    list(&endpoints.object, "/subsets")
        .iter()
        .flat_map(|subset| list(subset, "/addresses"))
        .filter_map(|address| store.get("pods", namespace, text(address, "/targetRef/name")))
        .collect()
}

/// How long the kernel tries to connect (`tcp_syn_retries` of 6).
const CONNECT_LIMIT: Duration = Duration::from_secs(134);

/// GET from inside a Pod.
pub(crate) async fn fetch(pod: &Arc<PodRuntime>, request: &Request, patience: Patience) -> Fetched {
    let url = &request.url;
    let Some(clock) = pod.node.upgrade().map(|node| node.clock()) else { return Fetched::TimedOut };
    let peer = match Dialler::new(pod).dial(&url.host, url.port) {
        Dial::NoSuchHost => return Fetched::NoSuchHost,
        Dial::Refused(address) => return Fetched::Refused(address),
        Dial::Unanswered => {
            let wait = patience.connect.min(patience.whole).min(CONNECT_LIMIT);
            clock.sleep(wait).await;
            return Fetched::Unanswered(wait);
        }
        Dial::Connected(_) if url.https => return Fetched::NoTls,
        Dial::Connected(peer) => peer,
    };
    let reached = pod.node.upgrade().map(|node| {
        let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = header.map_or(&*url.host, |(_, value)| value.trim());
        node.reach(&peer.pod_uid, peer.port, Asked::of(host, &url.path))
    });
    match reached {
        Some(Reached::Http(answer)) if answer.delay > patience.whole => {
            clock.sleep(patience.whole).await;
            Fetched::TimedOut
        }
        Some(Reached::Http(answer)) => {
            clock.sleep(answer.delay).await;
            Fetched::Answer(reply(answer))
        }
        Some(Reached::NotHttp) => Fetched::NotHttp,
        Some(Reached::Refused) | None => Fetched::Refused(url.host.clone()),
    }
}

fn reply(answer: Answer) -> Reply {
    let length = answer.body.len().to_string();
    Reply {
        status: answer.status,
        headers: vec![("content-type".to_owned(), answer.content_type), ("content-length".to_owned(), length)],
        body: answer.body,
    }
}
