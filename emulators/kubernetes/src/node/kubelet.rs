//! The kubelet: one worker for each Pod bound to the node.

use std::sync::Arc;

use stagegate_simulation::{Busy, Receiver};

use super::pod::{Message, PodRuntime};
use super::{NAME, Node};
use crate::store::object::{self, text};
use crate::store::{Event, EventKind};

/// Starts watching Pods.
pub(super) fn start(node: &Arc<Node>) {
    // Nothing of the history is wanted, so it cannot be too short.
    let Ok(events) = node.store.watch(Some("pods"), None, None) else { return };
    tokio::spawn(watch(Arc::clone(node), events));
}

async fn watch(node: Arc<Node>, mut events: Receiver<Arc<Event>>) {
    loop {
        let event = tokio::select! {
            biased;
            () = node.stop.cancelled() => break,
            event = events.recv() => event,
        };
        let Some(event) = event else { break };
        handle(&node, &event);
    }
    for (_, runtime) in node.pods().drain() {
        runtime.send(Message::Removed);
    }
}

/// Whether a Pod is bound to a Node that there is.
fn is_here(node: &Node, name: &str) -> bool {
    name == NAME || (!name.is_empty() && node.store.get("nodes", "", name).is_some())
}

fn handle(node: &Arc<Node>, event: &Event) {
    let uid = object::uid(&event.object);
    let known = node.pod(uid);
    match (event.kind, known) {
        (EventKind::Deleted, Some(runtime)) => {
            runtime.send(Message::Removed);
            node.pods().remove(uid);
        }
        (EventKind::Deleted, None) => {}
        (_, Some(runtime)) => runtime.send(Message::Changed(Arc::clone(&event.object))),
        (_, None) if is_here(node, text(&event.object, "/spec/nodeName")) => {
            let (runtime, messages) = PodRuntime::new(node, &event.object, &event.cause);
            node.pods().insert(uid.to_owned(), Arc::clone(&runtime));
            // Held until the worker has begun, so that a jumping clock does not pass it by.
            let starting: Busy = node.store.simulation.clock.busy();
            tokio::spawn(super::pod::run(runtime, messages, starting));
        }
        (_, None) => {}
    }
}
