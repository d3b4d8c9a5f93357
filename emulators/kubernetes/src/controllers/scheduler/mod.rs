//! The scheduler: gives each Pod a node, makes room for the important ones, or says why there is none.
//!
//! Each Pod has its turn by priority. What is known of nodes follows the store's events, and what the
//! scheduler itself decides at once, so that the next Pod finds the node fuller.

mod affinity;
mod failure;
mod filter;
mod nodes;
mod ports;
mod preemption;
mod queue;
mod requests;
mod score;
mod spread;
mod turn;

use std::sync::Arc;

use serde_json::Value;

use super::{Context, Outcome};
use crate::store::object::{self, list, text};
use crate::store::{Event, EventKind};
use filter::Plugin;
use nodes::{Nodes, PodInfo, priority, takes_place};
use queue::Queue;

const NAME: &str = "default-scheduler";

/// What the scheduler knows.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    nodes: Nodes,
    queue: Queue,
}

/// Takes note of an event; true when there are Pods whose turn it is because of it.
pub(super) fn note(context: &Context, event: &Event) -> bool {
    let mut scheduler = context.scheduler();
    match &*event.key.resource {
        "pods" => scheduler.note_pod(event),
        "nodes" => scheduler.note_node(event),
        "persistentvolumeclaims" | "persistentvolumes" | "storageclasses.storage.k8s.io" => {
            scheduler.queue.wake(&[Plugin::Volume])
        }
        "namespaces" => scheduler.queue.wake(&[Plugin::Affinity]),
        _ => false,
    }
}

/// Gives every Pod its turn that is to have one.
pub(super) fn reconcile(context: &Context) -> Outcome {
    let scheduler = &mut *context.scheduler();
    let mut failed = Vec::new();
    while let Some(key) = scheduler.queue.next() {
        if let Err(error) = turn::take(context, scheduler, &key) {
            tracing::debug!(%error, pod = %key.name, "not scheduled");
            failed.push(key);
        }
    }
    let outcome = if failed.is_empty() { Outcome::Done } else { Outcome::Retry };
    for key in failed {
        let priority = context.store.at(&key).map_or(0, |pod| priority(&pod.object));
        scheduler.queue.activate(&key, priority);
    }
    outcome
}

/// Whether the scheduler is to find a node for the Pod.
fn is_waiting(pod: &Value) -> bool {
    text(pod, "/spec/nodeName").is_empty()
        && !object::is_terminating(pod)
        && text(pod, "/spec/schedulerName") == NAME
        && list(pod, "/spec/schedulingGates").is_empty()
}

fn labels(object: &Value) -> &Value {
    &object["metadata"]["labels"]
}

/// What Pods may ask of a node.
fn offer(node: &Value) -> [&Value; 3] {
    [&node["spec"], labels(node), &node["status"]["allocatable"]]
}

impl Scheduler {
    fn note_pod(&mut self, event: &Event) -> bool {
        const BY_PODS: [Plugin; 4] = [Plugin::Ports, Plugin::Resources, Plugin::Spread, Plugin::Affinity];
        const BY_NEIGHBOURS: [Plugin; 2] = [Plugin::Spread, Plugin::Affinity];
        let (key, pod) = (&event.key, &event.object);
        let changed = |part: fn(&Value) -> &Value| event.old.as_deref().is_none_or(|old| part(old) != part(pod));
        if event.kind != EventKind::Deleted && takes_place(pod) {
            let news = !self.nodes.has(key) || changed(labels);
            self.nodes.place(&Arc::new(PodInfo::new(pod)));
            self.queue.forget(key);
            return news && self.queue.wake(&BY_NEIGHBOURS);
        }
        if event.kind == EventKind::Deleted || !text(pod, "/spec/nodeName").is_empty() {
            let left = self.nodes.has(key);
            self.nodes.take_away(key);
            self.queue.forget(key);
            return left && self.queue.wake(&BY_PODS);
        }
        if self.nodes.has(key) {
            // It has a node by now; this event is from before.
            return false;
        }
        if !is_waiting(pod) {
            self.queue.forget(key);
            return false;
        }
        if changed(|pod| &pod["status"]["nominatedNodeName"]) {
            self.queue.nominate(&Arc::new(PodInfo::new(pod)), text(pod, "/status/nominatedNodeName"));
        }
        let news = changed(labels) || changed(|pod| &pod["spec"]);
        if news {
            self.queue.activate(key, priority(pod));
        }
        news
    }

    fn note_node(&mut self, event: &Event) -> bool {
        if event.kind == EventKind::Deleted {
            self.nodes.unset(&event.key.name);
            return false;
        }
        self.nodes.set(&event.object);
        let news = event.old.as_deref().map(offer) != Some(offer(&event.object));
        news && self.queue.wake(&Plugin::ALL)
    }
}
