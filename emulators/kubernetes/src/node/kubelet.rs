//! The kubelet: one worker for each Pod bound to the node.

use std::sync::Arc;
use std::time::Duration;

use stagegate_simulation::{Busy, Origin, Receiver};

use super::pod::{Message, PodRuntime};
use super::{NAME, Node, conditions};
use crate::api::subject_of;
use crate::store::object::{self, text};
use crate::store::{Event, EventKind};

/// Starts watching Pods.
pub(super) fn start(node: &Arc<Node>) {
    // Nothing of the history is wanted, so it cannot be too short.
    let Ok(events) = node.store.watch(Some("pods"), None, None) else { return };
    tokio::spawn(watch(Arc::clone(node), events));
    tokio::spawn(report(Arc::clone(node)));
}

/// How long the node controller waits for a kubelet (`--node-monitor-grace-period` of 1.34).
const GRACE: Duration = Duration::from_secs(50);

/// Lets the Node object tell whether the kubelet is heard of, as rules for faults have it.
async fn report(node: Arc<Node>) {
    let simulation = node.store.simulation.clone();
    let nothing = Origin::controller("kubelet", None);
    let subject = subject_of(&node.object(), "nodes", "report", &nothing);
    let silence = async {
        loop {
            simulation.faults.silenced(&subject).await;
            node.note_silence(true);
            let unknown = async {
                simulation.clock.sleep(GRACE).await;
                conditions::set_unknown(&node, &nothing);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                () = simulation.faults.spoke_again(&subject) => {}
                () = unknown => {}
            }
            node.note_silence(false);
            conditions::set_ready(&node, &nothing);
        }
    };
    tokio::select! {
        biased;
        () = node.stop.cancelled() => {}
        () = silence => {}
    }
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
