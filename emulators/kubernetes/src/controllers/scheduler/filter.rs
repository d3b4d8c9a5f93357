//! Which nodes a Pod can run on, and why not on the others.
//!
//! Plug-ins, their order and their words are those of `pkg/scheduler/framework/plugins` of Kubernetes 1.34.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::affinity::Neighbours;
use super::nodes::{NodeInfo, Nodes, PodInfo};
use super::spread::Domains;
use crate::controllers::node_lifecycle::UNSCHEDULABLE;
use crate::controllers::{Context, placement, volume_binding};
use crate::store::object::{list, text};
use crate::store::{Key, Stored};

/// What keeps a Pod off a node; says which changes may help it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plugin {
    /// Taints, labels, being cordoned.
    Node,
    Ports,
    Resources,
    Volume,
    Spread,
    Affinity,
}

impl Plugin {
    pub(super) const ALL: [Self; 6] =
        [Self::Node, Self::Ports, Self::Resources, Self::Volume, Self::Spread, Self::Affinity];
}

/// Why a Pod cannot run on a node.
#[derive(Debug, Clone)]
pub(super) struct Obstacle {
    pub(super) plugin: Plugin,
    pub(super) reasons: Vec<String>,
    /// Other Pods are in the way, so that it may help when some go.
    pub(super) is_pods: bool,
}

impl Obstacle {
    pub(super) fn new(plugin: Plugin, reason: &str) -> Self {
        Self { plugin, reasons: vec![reason.to_owned()], is_pods: true }
    }

    pub(super) fn unresolvable(plugin: Plugin, reason: &str) -> Self {
        Self { is_pods: false, ..Self::new(plugin, reason) }
    }
}

/// One Pod's turn to be scheduled.
#[derive(Clone)]
pub(super) struct Cycle<'a> {
    pub(super) context: &'a Context,
    pub(super) pod: Arc<PodInfo>,
    /// No node can have the volumes of its claims.
    volumes: Option<Obstacle>,
    neighbours: Neighbours,
    domains: Domains,
}

impl<'a> Cycle<'a> {
    pub(super) fn new(context: &'a Context, pod: &Arc<PodInfo>, claims: &[(Key, Stored)], nodes: &Nodes) -> Self {
        Self {
            context,
            pod: Arc::clone(pod),
            volumes: volumes(context, claims),
            neighbours: Neighbours::of(pod, nodes, &context.store),
            domains: Domains::of(pod, nodes),
        }
    }

    /// Imagines another Pod on the node.
    pub(super) fn add(&mut self, node: &mut NodeInfo, other: &Arc<PodInfo>) {
        node.add(other);
        self.neighbours.count(&self.pod, other, node, &self.context.store, 1);
        self.domains.count(&self.pod, other, node, 1);
    }

    /// Imagines the node without one of its Pods.
    pub(super) fn remove(&mut self, node: &mut NodeInfo, other: &Arc<PodInfo>) {
        node.remove(&other.key);
        self.neighbours.count(&self.pod, other, node, &self.context.store, -1);
        self.domains.count(&self.pod, other, node, -1);
    }

    /// Why the Pod cannot run on the node.
    pub(super) fn obstacle(&self, node: &NodeInfo) -> Option<Obstacle> {
        let pod = &self.pod;
        wishes(&pod.object, &node.object)
            .or_else(|| ports(pod, node))
            .or_else(|| resources(pod, node))
            .or_else(|| self.volumes.clone())
            .or_else(|| self.domains.obstacle(pod, node))
            .or_else(|| self.neighbours.obstacle(pod, node, &self.context.store))
    }

    /// The same with the Pods on it that are to come there first.
    pub(super) fn obstacle_beside(&self, node: &NodeInfo, expected: &[Arc<PodInfo>]) -> Option<Obstacle> {
        if !expected.is_empty() {
            let (mut cycle, mut fuller) = (self.clone(), node.clone());
            for other in expected {
                cycle.add(&mut fuller, other);
            }
            if let Some(obstacle) = cycle.obstacle(&fuller) {
                return Some(obstacle);
            }
        }
        // Those that are expected may be what the Pod requires near it, and are not there yet.
        self.obstacle(node)
    }
}

/// `NodeUnschedulable`, `TaintToleration` and `NodeAffinity`.
fn wishes(pod: &Value, node: &Value) -> Option<Obstacle> {
    let cordoned = || json!({"key": UNSCHEDULABLE, "effect": "NoSchedule"});
    if node["spec"]["unschedulable"] == true && placement::repels(&cordoned(), pod) {
        return Some(Obstacle::unresolvable(Plugin::Node, "node(s) were unschedulable"));
    }
    if placement::keeps_off(node, pod) {
        return Some(Obstacle::unresolvable(Plugin::Node, "node(s) had untolerated taint(s)"));
    }
    (!placement::affinity_allows(pod, node))
        .then(|| Obstacle::unresolvable(Plugin::Node, "node(s) didn't match Pod's node affinity/selector"))
}

/// `NodePorts`.
fn ports(pod: &PodInfo, node: &NodeInfo) -> Option<Obstacle> {
    let taken = || node.pods.values().flat_map(|other| &other.ports);
    let conflict = pod.ports.iter().any(|wanted| taken().any(|one| wanted.conflicts(one)));
    conflict.then(|| Obstacle::new(Plugin::Ports, "node(s) didn't have free ports for the requested pod ports"))
}

/// `NodeResourcesFit`.
fn resources(pod: &PodInfo, node: &NodeInfo) -> Option<Obstacle> {
    let mut reasons = Vec::new();
    let mut is_pods = true;
    if i128::try_from(node.pods.len()).unwrap_or(i128::MAX) >= node.allocatable.get("pods") {
        reasons.push("Too many pods".to_owned());
    }
    for (resource, wanted) in pod.requested.wanted() {
        let (all, used) = (node.allocatable.get(resource), node.requested.get(resource));
        if wanted > all - used {
            reasons.push(format!("Insufficient {resource}"));
            is_pods &= wanted <= all;
        }
    }
    (!reasons.is_empty()).then_some(Obstacle { plugin: Plugin::Resources, reasons, is_pods })
}

/// `VolumeBinding`.
fn volumes(context: &Context, claims: &[(Key, Stored)]) -> Option<Obstacle> {
    volume_binding::obstacle(context, claims).map(|reason| Obstacle::unresolvable(Plugin::Volume, &reason))
}

/// The nodes that a Pod's node affinity names, as a DaemonSet's Pods do; nothing when it names none.
///
/// Others are not looked at one by one (`PreFilterResult` of the plug-in `NodeAffinity`).
pub(super) fn named_nodes(pod: &Value) -> Option<BTreeSet<&str>> {
    let terms = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let mut all = BTreeSet::new();
    for term in list(pod, terms) {
        let by_name = |one: &&Value| text(one, "/key") == "metadata.name" && text(one, "/operator") == "In";
        let names = |one: &'_ Value| -> BTreeSet<String> {
            list(one, "/values").iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let fields: Vec<&Value> = list(term, "/matchFields").iter().filter(by_name).collect();
        let (first, rest) = fields.split_first()?;
        let rest: Vec<BTreeSet<String>> = rest.iter().map(|one| names(one)).collect();
        let first = list(first, "/values").iter().filter_map(Value::as_str);
        all.extend(first.filter(|name| rest.iter().all(|others| others.contains(*name))));
    }
    (!list(pod, terms).is_empty()).then_some(all)
}
