//! Affinity and anti-affinity between Pods (plug-in `InterPodAffinity`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::filter::{Obstacle, Plugin};
use super::nodes::{NodeInfo, Nodes, PodInfo};
use crate::kinds::selector_matches;
use crate::store::Store;
use crate::store::object::{self, integer, list, text};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// What the affinity that a Pod there requires counts when nodes are compared (`hardPodAffinityWeight`).
const REQUIRED_WEIGHT: i64 = 1;

/// Pods that a selector fits in some namespaces, and the label of nodes that says what is one place.
#[derive(Debug)]
pub(super) struct Term {
    selector: Value,
    topology: String,
    namespaces: Vec<String>,
    namespace_selector: Value,
}

impl Term {
    fn of(pod: &Value, term: &Value) -> Self {
        let mut namespaces: Vec<_> =
            list(term, "/namespaces").iter().filter_map(|one| one.as_str().map(str::to_owned)).collect();
        if namespaces.is_empty() && term["namespaceSelector"].is_null() {
            namespaces.push(object::namespace(pod).to_owned());
        }
        Self {
            selector: term["labelSelector"].clone(),
            topology: text(term, "/topologyKey").to_owned(),
            namespaces,
            namespace_selector: term["namespaceSelector"].clone(),
        }
    }

    fn matches(&self, pod: &Value, store: &Store) -> bool {
        let namespace = object::namespace(pod);
        let labelled = || {
            // Without a selector of namespaces none need be looked up.
            let found = (!self.namespace_selector.is_null()).then(|| store.get("namespaces", "", namespace)).flatten();
            found.is_some_and(|found| selector_matches(&self.namespace_selector, &found.object["metadata"]["labels"]))
        };
        selector_matches(&self.selector, &pod["metadata"]["labels"])
            && (self.namespaces.iter().any(|one| one == namespace) || labelled())
    }
}

/// What a Pod says about Pods near it.
#[derive(Debug)]
pub(super) struct Terms {
    required: Vec<Term>,
    forbidden: Vec<Term>,
    /// With their weights; those to be avoided have negative ones.
    preferred: Vec<(i64, Term)>,
}

impl Terms {
    pub(super) fn of(pod: &Value) -> Self {
        let at = |side: &str, strength: &str| list(pod, &format!("/spec/affinity/{side}/{strength}"));
        let required = |side: &str| at(side, REQUIRED).iter().map(|term| Term::of(pod, term)).collect();
        let preferred = |side: &str, sign: i64| {
            let weighted = at(side, PREFERRED).iter();
            weighted
                .map(move |one| (sign * integer(one, "/weight").unwrap_or(0), Term::of(pod, &one["podAffinityTerm"])))
        };
        Self {
            required: required("podAffinity"),
            forbidden: required("podAntiAffinity"),
            preferred: preferred("podAffinity", 1).chain(preferred("podAntiAffinity", -1)).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.required.is_empty() && self.forbidden.is_empty() && self.preferred.is_empty()
    }

    fn require(&self, pod: &Value, store: &Store) -> bool {
        !self.required.is_empty() && self.required.iter().all(|term| term.matches(pod, store))
    }
}

/// By key and value of a topology, how many Pods there match.
type Tally = BTreeMap<(String, String), i64>;

fn count(tally: &mut Tally, node: &NodeInfo, topology: &str, by: i64) {
    let Some(value) = node.label(topology) else { return };
    let place = (topology.to_owned(), value.to_owned());
    let sum = tally.get(&place).copied().unwrap_or(0) + by;
    if sum == 0 {
        tally.remove(&place);
    } else {
        tally.insert(place, sum);
    }
}

fn counted(tally: &Tally, node: &NodeInfo, topology: &str) -> i64 {
    let place = node.label(topology).map(|value| (topology.to_owned(), value.to_owned()));
    place.and_then(|place| tally.get(&place)).copied().unwrap_or(0)
}

/// Where the Pods are that matter for one that is to be scheduled.
#[derive(Debug, Clone, Default)]
pub(super) struct Neighbours {
    /// Pods that do not want it near them.
    objecting: Tally,
    /// Pods that it requires near it.
    required: Tally,
    /// Pods that it does not want near it.
    forbidden: Tally,
}

impl Neighbours {
    pub(super) fn of(pod: &PodInfo, nodes: &Nodes, store: &Store) -> Self {
        let mut neighbours = Self::default();
        let looks = !pod.terms.required.is_empty() || !pod.terms.forbidden.is_empty();
        for node in nodes.iter() {
            let others = if looks { &node.pods } else { &node.choosy };
            for other in others.values() {
                neighbours.count(pod, other, node, store, 1);
            }
        }
        neighbours
    }

    /// Another Pod comes to the node (`by` 1) or leaves it (-1).
    pub(super) fn count(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, store: &Store, by: i64) {
        for term in other.terms.forbidden.iter().filter(|term| term.matches(&pod.object, store)) {
            count(&mut self.objecting, node, &term.topology, by);
        }
        if pod.terms.require(&other.object, store) {
            for term in &pod.terms.required {
                count(&mut self.required, node, &term.topology, by);
            }
        }
        for term in pod.terms.forbidden.iter().filter(|term| term.matches(&other.object, store)) {
            count(&mut self.forbidden, node, &term.topology, by);
        }
    }

    /// Why the Pod's neighbours keep it off the node.
    pub(super) fn obstacle(&self, pod: &PodInfo, node: &NodeInfo, store: &Store) -> Option<Obstacle> {
        if !self.has_required(pod, node, store) {
            return Some(Obstacle::unresolvable(Plugin::Affinity, "node(s) didn't match pod affinity rules"));
        }
        if pod.terms.forbidden.iter().any(|term| counted(&self.forbidden, node, &term.topology) > 0) {
            return Some(Obstacle::new(Plugin::Affinity, "node(s) didn't match pod anti-affinity rules"));
        }
        let objected = self.objecting.keys().any(|(key, value)| node.label(key) == Some(value.as_str()));
        objected.then(|| Obstacle::new(Plugin::Affinity, "node(s) didn't satisfy existing pods anti-affinity rules"))
    }

    fn has_required(&self, pod: &PodInfo, node: &NodeInfo, store: &Store) -> bool {
        let terms = &pod.terms.required;
        if terms.iter().any(|term| node.label(&term.topology).is_none()) {
            return false;
        }
        // The first Pod of a group that wants to be near itself may go anywhere.
        terms.iter().all(|term| counted(&self.required, node, &term.topology) > 0)
            || (self.required.is_empty() && pod.terms.require(&pod.object, store))
    }
}

/// What nodes are worth to a Pod by its neighbours there, from 0 to 100; nothing when it is all the same.
pub(super) fn scores(pod: &PodInfo, nodes: &Nodes, feasible: &[&NodeInfo], store: &Store) -> Option<Vec<i64>> {
    let mut worth = Tally::new();
    for node in nodes.iter() {
        let others = if pod.terms.preferred.is_empty() { &node.choosy } else { &node.pods };
        for other in others.values() {
            for (weight, term) in pod.terms.preferred.iter().filter(|(_, term)| term.matches(&other.object, store)) {
                count(&mut worth, node, &term.topology, *weight);
            }
            for term in other.terms.required.iter().filter(|term| term.matches(&pod.object, store)) {
                count(&mut worth, node, &term.topology, REQUIRED_WEIGHT);
            }
            for (weight, term) in other.terms.preferred.iter().filter(|(_, term)| term.matches(&pod.object, store)) {
                count(&mut worth, node, &term.topology, *weight);
            }
        }
    }
    if worth.is_empty() {
        return None;
    }
    let sum = |node: &&NodeInfo| {
        let here = worth.iter().filter(|((key, value), _)| node.label(key) == Some(value.as_str()));
        here.map(|(_, weight)| weight).sum::<i64>()
    };
    let raw: Vec<i64> = feasible.iter().map(sum).collect();
    let (least, most) = (raw.iter().min().copied()?, raw.iter().max().copied()?);
    Some(raw.into_iter().map(|one| if most > least { 100 * (one - least) / (most - least) } else { 0 }).collect())
}
