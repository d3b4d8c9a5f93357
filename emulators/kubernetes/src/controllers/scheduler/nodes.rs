//! What the scheduler knows of nodes and the Pods on them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::affinity::Terms;
use super::ports::HostPort;
use super::requests::Amounts;
use crate::controllers::pod_control::key_of;
use crate::store::Key;
use crate::store::object::{self, integer, text};

/// A Pod, with what is read of it again and again.
#[derive(Debug)]
pub(super) struct PodInfo {
    pub(super) key: Key,
    pub(super) object: Arc<Value>,
    pub(super) priority: i64,
    pub(super) requested: Amounts,
    pub(super) compared: Amounts,
    pub(super) ports: Vec<HostPort>,
    pub(super) terms: Terms,
}

impl PodInfo {
    pub(super) fn new(object: &Arc<Value>) -> Self {
        Self {
            key: key_of(object),
            object: Arc::clone(object),
            priority: priority(object),
            requested: Amounts::requested(object),
            compared: Amounts::compared(object),
            ports: HostPort::of_pod(object),
            terms: Terms::of(object),
        }
    }
}

/// A Pod's priority.
pub(super) fn priority(pod: &Value) -> i64 {
    integer(pod, "/spec/priority").unwrap_or(0)
}

/// Whether a Pod takes up its node: it is bound and has not ended.
pub(super) fn takes_place(pod: &Value) -> bool {
    !text(pod, "/spec/nodeName").is_empty() && !["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
}

/// A node and the Pods on it.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeInfo {
    /// Nothing while only Pods name it.
    pub(super) object: Arc<Value>,
    pub(super) pods: BTreeMap<Key, Arc<PodInfo>>,
    /// Those of them that say something about other Pods.
    pub(super) choosy: BTreeMap<Key, Arc<PodInfo>>,
    pub(super) allocatable: Amounts,
    pub(super) requested: Amounts,
    pub(super) compared: Amounts,
}

impl NodeInfo {
    pub(super) fn name(&self) -> &str {
        object::name(&self.object)
    }

    /// The value of a label.
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.object["metadata"]["labels"].get(key).and_then(Value::as_str)
    }

    pub(super) fn add(&mut self, pod: &Arc<PodInfo>) {
        if let Some(old) = self.pods.insert(pod.key.clone(), Arc::clone(pod)) {
            self.count(&old, -1);
        }
        if pod.terms.is_empty() {
            self.choosy.remove(&pod.key);
        } else {
            self.choosy.insert(pod.key.clone(), Arc::clone(pod));
        }
        self.count(pod, 1);
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Arc<PodInfo>> {
        let pod = self.pods.remove(key)?;
        self.choosy.remove(key);
        self.count(&pod, -1);
        Some(pod)
    }

    fn count(&mut self, pod: &PodInfo, times: i64) {
        self.requested.add(&pod.requested, times);
        self.compared.add(&pod.compared, times);
    }
}

/// All nodes, by name.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    all: BTreeMap<String, NodeInfo>,
    places: HashMap<Key, String>,
}

impl Nodes {
    /// The nodes there are.
    pub(super) fn iter(&self) -> impl Iterator<Item = &NodeInfo> {
        self.all.values().filter(|node| !node.object.is_null())
    }

    pub(super) fn get(&self, name: &str) -> Option<&NodeInfo> {
        self.all.get(name).filter(|node| !node.object.is_null())
    }

    pub(super) fn has(&self, pod: &Key) -> bool {
        self.places.contains_key(pod)
    }

    /// Puts a Pod on the node it names.
    pub(super) fn place(&mut self, pod: &Arc<PodInfo>) {
        let name = text(&pod.object, "/spec/nodeName").to_owned();
        self.all.entry(name.clone()).or_default().add(pod);
        self.places.insert(pod.key.clone(), name);
    }

    pub(super) fn take_away(&mut self, key: &Key) {
        let Some(name) = self.places.remove(key) else { return };
        if let Some(node) = self.all.get_mut(&name) {
            node.remove(key);
            if node.object.is_null() && node.pods.is_empty() {
                self.all.remove(&name);
            }
        }
    }

    /// A node is there, or has changed.
    pub(super) fn set(&mut self, object: &Arc<Value>) {
        let node = self.all.entry(object::name(object).to_owned()).or_default();
        node.object = Arc::clone(object);
        node.allocatable = Amounts::allocatable(object);
    }

    /// A node is there no more.
    pub(super) fn unset(&mut self, name: &str) {
        if let Some(node) = self.all.get_mut(name) {
            node.object = Arc::default();
            if node.pods.is_empty() {
                self.all.remove(name);
            }
        }
    }
}
