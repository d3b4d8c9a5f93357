//! The one queue of all controllers.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::{
    Context, Outcome, api_service, cluster_role_aggregation, cron_job, custom_resource, daemon_set, deployment,
    disruption, endpoints, flow_schema, garbage, horizontal_pod_autoscaler, ingress, job, namespace, node_lifecycle,
    replica_set, resource_quota, scheduler, service_account, stateful_set, token_secret, volume,
};
use crate::store::Key;

/// Who looks at an object. The scheduler has a queue of its own and is called without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Controller {
    ApiService,
    CustomResource,
    ClusterRoleAggregation,
    Namespace,
    ServiceAccount,
    TokenSecret,
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
    Job,
    ReplicaSet,
    ResourceQuota,
    Scheduler,
    Endpoints,
    FlowSchema,
    Disruption,
    HorizontalPodAutoscaler,
    Ingress,
    Node,
    Claim,
    Volume,
    Garbage,
}

type Item = (Controller, Key);

/// What is to be looked at, now and later.
#[derive(Default)]
pub(super) struct Work {
    queue: VecDeque<Item>,
    /// What is in the queue.
    queued: HashSet<Item>,
    later: BTreeMap<Timestamp, Vec<Item>>,
    failures: HashMap<Item, u32>,
}

/// The longest pause after failures.
const RETRY_LIMIT: Duration = Duration::from_secs(300);

impl Work {
    pub(super) fn add(&mut self, controller: Controller, key: Key) {
        let item = (controller, key);
        if self.queued.insert(item.clone()) {
            self.queue.push_back(item);
        }
    }

    /// What failed in a namespace is looked at again at once.
    pub(super) fn add_failed_in(&mut self, namespace: &str) {
        let failed: Vec<_> = self.failures.keys().filter(|(_, key)| key.namespace == namespace).cloned().collect();
        for (controller, key) in failed {
            self.add(controller, key);
        }
    }

    /// When something is to be looked at next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.later.keys().next().copied()
    }

    pub(super) fn take_due(&mut self, now: Timestamp) {
        while let Some(entry) = self.later.first_entry() {
            if *entry.key() > now {
                break;
            }
            for (controller, key) in entry.remove() {
                self.add(controller, key);
            }
        }
    }

    /// Works off what is in the queue. The events that this causes are noted afterwards.
    pub(super) fn drain(&mut self, context: &Context) {
        while let Some(item) = self.queue.pop_front() {
            self.queued.remove(&item);
            let pause = match look(context, &item) {
                Outcome::Done => {
                    self.failures.remove(&item);
                    continue;
                }
                Outcome::After(pause) => pause,
                Outcome::Retry => {
                    let failures = self.failures.entry(item.clone()).or_default();
                    *failures += 1;
                    (Duration::from_secs(1) * 2_u32.saturating_pow(*failures - 1)).min(RETRY_LIMIT)
                }
            };
            let due = self.later.entry(context.now() + pause).or_default();
            if !due.contains(&item) {
                due.push(item);
            }
        }
    }
}

fn look(context: &Context, (controller, key): &Item) -> Outcome {
    let outcome = match controller {
        Controller::ApiService => api_service::reconcile(context, key),
        Controller::CustomResource => custom_resource::reconcile(context, key),
        Controller::ClusterRoleAggregation => cluster_role_aggregation::reconcile(context, key),
        Controller::Namespace => namespace::reconcile(context, key),
        Controller::ServiceAccount => service_account::reconcile(context, key),
        Controller::TokenSecret => token_secret::reconcile(context, key),
        Controller::Deployment => deployment::reconcile(context, key),
        Controller::StatefulSet => stateful_set::reconcile(context, key),
        Controller::DaemonSet => daemon_set::reconcile(context, key),
        Controller::CronJob => cron_job::reconcile(context, key),
        Controller::Job => job::reconcile(context, key),
        Controller::ReplicaSet => replica_set::reconcile(context, key),
        Controller::ResourceQuota => resource_quota::reconcile(context, key),
        Controller::Scheduler => Ok(scheduler::reconcile(context)),
        Controller::Endpoints => endpoints::reconcile(context, key),
        Controller::HorizontalPodAutoscaler => horizontal_pod_autoscaler::reconcile(context, key),
        Controller::Ingress => ingress::reconcile(context, key),
        Controller::FlowSchema => flow_schema::reconcile(context, key),
        Controller::Disruption => disruption::reconcile(context, key),
        Controller::Node => node_lifecycle::reconcile(context, key),
        Controller::Claim => volume::reconcile_claim(context, key),
        Controller::Volume => volume::reconcile_volume(context, key),
        Controller::Garbage => garbage::reconcile(context, key),
    };
    outcome.unwrap_or_else(|error| {
        tracing::debug!(%error, ?controller, ?key, "a controller failed");
        Outcome::Retry
    })
}
