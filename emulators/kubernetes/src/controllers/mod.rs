//! The controllers: what makes the objects that follow from others.
//!
//! One task works for all of them: it takes the store's events in order, notes which objects each
//! controller must look at, and lets it look. So the same changes in the same order always have the
//! same consequences.

mod adoption;
mod api_service;
mod bootstrap;
mod cluster_role_aggregation;
mod context;
mod cron_job;
mod cron_schedule;
mod custom_resource;
mod daemon_set;
mod deployment;
mod deployment_scaling;
mod deployment_sets;
mod disruption;
mod endpoint_slices;
mod endpoints;
mod flow_schema;
mod garbage;
mod horizontal_pod_autoscaler;
mod ingress;
mod job;
mod job_indexes;
mod job_pods;
mod job_policies;
mod namespace;
mod node_lifecycle;
mod notes;
mod placement;
mod pod_control;
mod provisioner;
mod replica_set;
mod resource_metrics;
mod resource_quota;
mod revisions;
mod rollout;
mod scheduler;
mod server_defaults;
mod service_account;
mod stateful_pod;
mod stateful_set;
mod token_secret;
mod volume;
mod volume_binding;
mod work;

#[cfg(feature = "fuzzing")]
pub(crate) use cron_schedule::Schedule;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stagegate_simulation::Receiver;
use tokio_util::sync::CancellationToken;

use crate::api::access::Access;
use crate::certificates::Authority;
use crate::kinds::Registry;
use crate::node::Node;
use crate::store::{Event, Store};
use context::Context;
use work::Work;

/// A controller's answer after it has looked at an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Look again after this time.
    After(Duration),
    /// Something failed: look again after a growing pause.
    Retry,
}

/// Makes the objects every cluster has, and starts the controllers.
pub(crate) fn start(
    store: &Store,
    registry: &Registry,
    node: &Arc<Node>,
    access: &Access,
    authority: &Authority,
    stop: CancellationToken,
) {
    let context = Context {
        store: store.clone(),
        registry: registry.clone(),
        recorder: node.recorder(),
        root_certificate: authority.pem(),
        tokens: access.tokens.clone(),
        node: Arc::clone(node),
        recommended: Mutex::default(),
        scheduler: Mutex::default(),
        published: Mutex::default(),
    };
    bootstrap::create(&context, node);
    let Ok(events) = store.watch(None, None, Some(0)) else { return };
    tokio::spawn(run(context, events, stop));
}

async fn run(context: Context, mut events: Receiver<Arc<Event>>, stop: CancellationToken) {
    let clock = context.store.simulation.clock.clone();
    let mut work = Work::default();
    loop {
        work.drain(&context);
        let next = work.next_due();
        let timer = async {
            match next {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            event = events.recv() => match event {
                Some(event) => notes::note(&context, &event, &mut work),
                None => return,
            },
            () = timer => work.take_due(clock.now()),
        }
        while let Some(event) = events.try_recv() {
            notes::note(&context, &event, &mut work);
        }
    }
}
