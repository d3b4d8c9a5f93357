//! Topology spread constraints (plug-in `PodTopologySpread`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::filter::{Obstacle, Plugin};
use super::nodes::{NodeInfo, Nodes, PodInfo};
use crate::controllers::placement;
use crate::kinds::selector_matches;
use crate::store::Store;
use crate::store::object::{self, controller_of, integer, list, text};

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// One constraint of a Pod.
#[derive(Debug, Clone)]
struct Constraint {
    topology: String,
    max_skew: i64,
    min_domains: usize,
    /// All of them must fit a Pod that is counted.
    selectors: Vec<Value>,
    /// Nodes that the Pod's node affinity rules out are not counted.
    by_affinity: bool,
    /// Nor those whose taints it does not tolerate.
    by_taints: bool,
}

impl Constraint {
    fn of(pod: &Value, constraint: &Value) -> Self {
        let mut selectors = vec![constraint["labelSelector"].clone()];
        let labels = &pod["metadata"]["labels"];
        let keys = list(constraint, "/matchLabelKeys").iter().filter_map(Value::as_str);
        let same: Map<String, Value> =
            keys.filter_map(|key| Some((key.to_owned(), labels.get(key)?.clone()))).collect();
        if !same.is_empty() {
            selectors.push(json!({"matchLabels": same}));
        }
        Self {
            topology: text(constraint, "/topologyKey").to_owned(),
            max_skew: integer(constraint, "/maxSkew").unwrap_or(1),
            min_domains: integer(constraint, "/minDomains").and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
            selectors,
            by_affinity: text(constraint, "/nodeAffinityPolicy") != "Ignore",
            by_taints: text(constraint, "/nodeTaintsPolicy") == "Honor",
        }
    }

    fn fits(&self, pod: &Value) -> bool {
        self.selectors.iter().all(|selector| selector_matches(selector, &pod["metadata"]["labels"]))
    }

    /// Whether a Pod on a node counts for one that is to be scheduled; a selector of everything counts none.
    fn counts(&self, pod: &Value, other: &Value) -> bool {
        let nothing = |part: &Value| part.as_object().is_none_or(Map::is_empty);
        let of_everything = |one: &Value| one.as_object().is_some_and(|one| one.values().all(nothing));
        !self.selectors.iter().all(of_everything)
            && !object::is_terminating(other)
            && object::namespace(other) == object::namespace(pod)
            && self.fits(other)
    }

    fn includes(&self, pod: &Value, node: &Value) -> bool {
        (!self.by_affinity || placement::affinity_allows(pod, node))
            && !(self.by_taints && placement::keeps_off(node, pod))
    }

    fn count_on(&self, pod: &Value, node: &NodeInfo) -> i64 {
        let counted = node.pods.values().filter(|other| self.counts(pod, &other.object)).count();
        i64::try_from(counted).unwrap_or(i64::MAX)
    }
}

fn constraints(pod: &Value, action: &str) -> Vec<Constraint> {
    let all = list(pod, "/spec/topologySpreadConstraints").iter();
    all.filter(|one| text(one, "/whenUnsatisfiable") == action).map(|one| Constraint::of(pod, one)).collect()
}

fn has_all(node: &NodeInfo, constraints: &[Constraint]) -> bool {
    constraints.iter().all(|one| node.label(&one.topology).is_some())
}

/// How many Pods count in each domain, by constraint that must hold (`DoNotSchedule`).
#[derive(Debug, Clone)]
pub(super) struct Domains {
    constraints: Vec<Constraint>,
    counts: Vec<BTreeMap<String, i64>>,
}

impl Domains {
    pub(super) fn of(pod: &PodInfo, nodes: &Nodes) -> Self {
        let constraints = constraints(&pod.object, "DoNotSchedule");
        let mut counts = vec![BTreeMap::new(); constraints.len()];
        for node in nodes.iter().filter(|node| has_all(node, &constraints)) {
            for (constraint, counts) in constraints.iter().zip(&mut counts) {
                if let Some(value) = node.label(&constraint.topology)
                    && constraint.includes(&pod.object, &node.object)
                {
                    *counts.entry(value.to_owned()).or_default() += constraint.count_on(&pod.object, node);
                }
            }
        }
        Self { constraints, counts }
    }

    /// Another Pod comes to the node (`by` 1) or leaves it (-1).
    pub(super) fn count(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, by: i64) {
        if object::namespace(&other.object) != object::namespace(&pod.object) || !has_all(node, &self.constraints) {
            return;
        }
        for (constraint, counts) in self.constraints.iter().zip(&mut self.counts) {
            if let Some(value) = node.label(&constraint.topology)
                && constraint.fits(&other.object)
                && constraint.includes(&pod.object, &node.object)
            {
                *counts.entry(value.to_owned()).or_default() += by;
            }
        }
    }

    /// Why the Pod would be spread too unevenly with one more on the node.
    pub(super) fn obstacle(&self, pod: &PodInfo, node: &NodeInfo) -> Option<Obstacle> {
        for (constraint, counts) in self.constraints.iter().zip(&self.counts) {
            let Some(value) = node.label(&constraint.topology) else {
                let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
                return Some(Obstacle::unresolvable(Plugin::Spread, reason));
            };
            let fewest = counts.values().min().copied().unwrap_or(i64::from(i32::MAX));
            let fewest = if counts.len() < constraint.min_domains { 0 } else { fewest };
            let here = counts.get(value).copied().unwrap_or(0) + i64::from(constraint.fits(&pod.object));
            if here - fewest > constraint.max_skew {
                return Some(Obstacle::new(Plugin::Spread, "node(s) didn't match pod topology spread constraints"));
            }
        }
        None
    }
}

/// What nodes are worth to a Pod that is better spread evenly, from 0 to 100; nothing when it is all the same.
pub(super) fn scores(pod: &PodInfo, nodes: &Nodes, feasible: &[&NodeInfo], store: &Store) -> Option<Vec<i64>> {
    let own = !list(&pod.object, "/spec/topologySpreadConstraints").is_empty();
    let constraints = if own { constraints(&pod.object, "ScheduleAnyway") } else { defaults(&pod.object, store) };
    if constraints.is_empty() {
        return None;
    }
    // A Pod's own constraints pass over nodes that lack a label, those of the cluster do not.
    let counted = |node: &NodeInfo| !own || has_all(node, &constraints);
    let mut raw = vec![0.0; feasible.len()];
    for constraint in &constraints {
        add_scores(pod, constraint, nodes, feasible, counted, &mut raw);
    }
    #[expect(clippy::cast_possible_truncation, reason = "counts of Pods are small")]
    let raw: Vec<i64> = raw.into_iter().map(|score: f64| score.round() as i64).collect();
    let kept = || feasible.iter().zip(&raw).filter(|(node, _)| counted(node)).map(|(_, score)| *score);
    let (least, most) = (kept().min().unwrap_or(0), kept().max().unwrap_or(0));
    let normalised = |(node, score): (&&NodeInfo, i64)| match most {
        _ if !counted(node) => 0,
        0 => 100,
        _ => 100 * (most + least - score) / most,
    };
    Some(feasible.iter().zip(raw.iter().copied()).map(normalised).collect())
}

/// Adds what one constraint makes of the nodes: the fuller their domain, the more; domains weigh by how many there are.
#[expect(clippy::cast_precision_loss, reason = "counts of Pods and nodes are small")]
fn add_scores(
    pod: &PodInfo,
    constraint: &Constraint,
    nodes: &Nodes,
    feasible: &[&NodeInfo],
    counted: impl Fn(&NodeInfo) -> bool,
    raw: &mut [f64],
) {
    let of_hosts = constraint.topology == HOST;
    let candidates = || feasible.iter().filter(|node| counted(node));
    let mut domains: BTreeMap<&str, i64> = BTreeMap::new();
    for node in candidates() {
        domains.entry(node.label(&constraint.topology).unwrap_or_default()).or_default();
    }
    let size = if of_hosts { candidates().count() } else { domains.len() };
    for node in nodes.iter().filter(|node| !of_hosts && counted(node)) {
        let domain = domains.get_mut(node.label(&constraint.topology).unwrap_or_default());
        if let Some(count) = domain.filter(|_| constraint.includes(&pod.object, &node.object)) {
            *count += constraint.count_on(&pod.object, node);
        }
    }
    let weight = ((size + 2) as f64).ln();
    for (node, score) in feasible.iter().zip(raw) {
        let Some(value) = node.label(&constraint.topology).filter(|_| counted(node)) else { continue };
        let count =
            if of_hosts { constraint.count_on(&pod.object, node) } else { domains.get(value).copied().unwrap_or(0) };
        *score += count as f64 * weight + (constraint.max_skew - 1) as f64;
    }
}

/// What a Pod without constraints is spread by: hosts and zones, among the Pods of its Services and its controller.
fn defaults(pod: &Value, store: &Store) -> Vec<Constraint> {
    let mut selectors = Vec::new();
    for service in store.list("services", Some(object::namespace(pod))).0 {
        let selector = &service.object["spec"]["selector"];
        let given = selector.as_object().is_some_and(|labels| !labels.is_empty());
        if given && crate::controllers::endpoints::selects(&service.object, pod) {
            selectors.push(json!({"matchLabels": selector}));
        }
    }
    if let Some(owner) = controller_of(pod) {
        let resource = match text(owner, "/kind") {
            "ReplicaSet" => "replicasets.apps",
            "StatefulSet" => "statefulsets.apps",
            _ => "",
        };
        let found = store.get(resource, object::namespace(pod), text(owner, "/name"));
        selectors.extend(found.map(|owner| owner.object["spec"]["selector"].clone()));
    }
    if selectors.is_empty() {
        return Vec::new();
    }
    let of = |topology: &str, max_skew| Constraint {
        topology: topology.to_owned(),
        max_skew,
        min_domains: 1,
        selectors: selectors.clone(),
        by_affinity: true,
        by_taints: false,
    };
    vec![of(HOST, 3), of(ZONE, 5)]
}
