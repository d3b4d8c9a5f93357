//! Traffic to Pods and Services, answered as the catalogue declares.

use std::sync::Arc;

use serde_json::Value;

use super::catalogue::{Answer, Listener};
use super::container::ContainerRuntime;
use super::{Node, ingress};
use crate::store::object::{integer, list, text};

/// What is asked of an HTTP server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The Host header; empty when nobody knows.
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    /// How many proxies passed the request on.
    pub(crate) hops: u8,
}

impl<'a> Asked<'a> {
    /// GET of a path from a client.
    pub(crate) fn of(host: &'a str, path: &'a str) -> Self {
        Self { host, path, hops: 0 }
    }
}

/// What a TCP connection to a port of a Pod finds.
pub(crate) enum Reached {
    /// Nothing listens there.
    Refused,
    /// Something that does not speak HTTP.
    NotHttp,
    /// An HTTP server's answer.
    Http(Answer),
}

impl Listener {
    /// The answer to GET of `path`; its query does not matter.
    pub fn answer(&self, path: &str) -> Answer {
        let path = path.split('?').next().unwrap_or_default();
        let matches = |answer: &&Answer| match answer.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => answer.path == path,
        };
        self.answers.iter().find(matches).cloned().unwrap_or_else(|| Answer {
            path: path.to_owned(),
            status: 404,
            content_type: "application/json".to_owned(),
            body: format!("{{\"status\":404,\"error\":\"Not Found\",\"path\":{path:?}}}"),
            delay: std::time::Duration::ZERO,
        })
    }
}

impl Node {
    /// Connects to a port of a Pod and asks for something.
    pub(crate) fn reach(&self, pod_uid: &str, port: u16, asked: Asked<'_>) -> Reached {
        match self.listener(pod_uid, port) {
            None => Reached::Refused,
            Some(listener) if listener.tcp => Reached::NotHttp,
            Some(Listener { ingress: Some(controller), .. }) => {
                Reached::Http(ingress::answer(self, &controller, asked))
            }
            Some(listener) => Reached::Http(listener.answer(asked.path)),
        }
    }

    /// What listens on a port of a Pod.
    pub(super) fn listener(&self, pod_uid: &str, port: u16) -> Option<Listener> {
        self.pod(pod_uid).and_then(|pod| find(pod.containers(), port))
    }

    /// The address of a Pod, empty when it does not run here.
    pub(crate) fn address(&self, pod_uid: &str) -> String {
        self.pod(pod_uid).map_or_else(String::new, |pod| pod.ip.clone())
    }
}

fn find(containers: &[Arc<ContainerRuntime>], port: u16) -> Option<Listener> {
    containers.iter().find_map(|one| one.listener(port))
}

/// A port given as a number or as the name of a port of `container`.
pub(crate) fn named_port(container: &Value, port: &Value) -> Option<u16> {
    if let Some(number) = port.as_i64() {
        return u16::try_from(number).ok();
    }
    let name = port.as_str()?;
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    let ports = list(container, "/ports");
    let found = ports.iter().find(|one| text(one, "/name") == name)?;
    integer(found, "/containerPort").and_then(|number| u16::try_from(number).ok())
}
