//! The Pods that wait for a node, and what makes them worth another try.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::filter::Plugin;
use super::nodes::PodInfo;
use crate::store::Key;

/// The order of turns: the highest priority first, then who came first.
type Turn = (Reverse<i64>, u64, Key);

/// Pods that have no node yet.
#[derive(Debug, Default)]
pub(super) struct Queue {
    active: BTreeSet<Turn>,
    turns: HashMap<Key, Turn>,
    /// Those that found none, by what kept them off; nothing known means that anything may help.
    waiting: BTreeMap<Key, Waiting>,
    /// Those for which others make room, with the node.
    nominated: BTreeMap<Key, (String, Arc<PodInfo>)>,
    /// The number of each Pod here, which it keeps for as long as it has no node.
    numbers: HashMap<Key, u64>,
    arrivals: u64,
}

#[derive(Debug)]
struct Waiting {
    priority: i64,
    kept_off_by: BTreeSet<Plugin>,
}

impl Queue {
    /// The Pod gets a turn, or another one.
    pub(super) fn activate(&mut self, key: &Key, priority: i64) {
        self.waiting.remove(key);
        if !self.turns.contains_key(key) {
            let arrivals = &mut self.arrivals;
            let number = *self.numbers.entry(key.clone()).or_insert_with(|| {
                *arrivals += 1;
                *arrivals
            });
            let turn = (Reverse(priority), number, key.clone());
            self.active.insert(turn.clone());
            self.turns.insert(key.clone(), turn);
        }
    }

    pub(super) fn next(&mut self) -> Option<Key> {
        let (_, _, key) = self.active.pop_first()?;
        self.turns.remove(&key);
        Some(key)
    }

    /// The Pod waits until something changes that may help.
    pub(super) fn wait(&mut self, pod: &PodInfo, kept_off_by: BTreeSet<Plugin>) {
        self.waiting.insert(pod.key.clone(), Waiting { priority: pod.priority, kept_off_by });
    }

    /// The Pod needs no node any more.
    pub(super) fn forget(&mut self, key: &Key) {
        self.waiting.remove(key);
        self.nominated.remove(key);
        self.numbers.remove(key);
        if let Some(turn) = self.turns.remove(key) {
            self.active.remove(&turn);
        }
    }

    /// Gives those another turn that one of these plug-ins kept off; true when there are any.
    pub(super) fn wake(&mut self, plugins: &[Plugin]) -> bool {
        let helps = |waiting: &Waiting| {
            waiting.kept_off_by.is_empty() || plugins.iter().any(|one| waiting.kept_off_by.contains(one))
        };
        let woken: Vec<(Key, i64)> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| helps(waiting))
            .map(|(key, waiting)| (key.clone(), waiting.priority))
            .collect();
        for (key, priority) in &woken {
            self.activate(key, *priority);
        }
        !woken.is_empty()
    }

    /// A node is made free for the Pod; no node is, when the name is empty.
    pub(super) fn nominate(&mut self, pod: &Arc<PodInfo>, node: &str) {
        if node.is_empty() {
            self.nominated.remove(&pod.key);
        } else {
            self.nominated.insert(pod.key.clone(), (node.to_owned(), Arc::clone(pod)));
        }
    }

    /// The Pods that are at least as important and are to come to a node.
    pub(super) fn expected_on(&self, node: &str, pod: &PodInfo) -> Vec<Arc<PodInfo>> {
        let others = self
            .nominated
            .values()
            .filter(|(name, other)| name == node && other.key != pod.key && other.priority >= pod.priority);
        others.map(|(_, other)| Arc::clone(other)).collect()
    }

    /// The Pods that are less important and were to come to a node.
    pub(super) fn outranked_on(&self, node: &str, pod: &PodInfo) -> Vec<Arc<PodInfo>> {
        let others = self.nominated.values().filter(|(name, other)| name == node && other.priority < pod.priority);
        others.map(|(_, other)| Arc::clone(other)).collect()
    }
}
