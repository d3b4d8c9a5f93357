//! The controllers: what makes the objects that follow from others.
//!
//! One task works for all of them: it takes the store's events in order, notes which objects each
//! controller must look at, and lets it look. So the same changes in the same order always have the
//! same consequences.

mod adoption;
mod bootstrap;
mod cluster_role_aggregation;
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
mod garbage;
mod horizontal_pod_autoscaler;
mod job;
mod job_indexes;
mod job_pods;
mod job_policies;
mod namespace;
mod node_lifecycle;
mod placement;
mod pod_control;
mod provisioner;
mod replica_set;
mod resource_metrics;
mod resource_quota;
mod revisions;
mod rollout;
mod scheduler;
mod service_account;
mod stateful_pod;
mod stateful_set;
mod token_secret;
mod volume;
mod volume_binding;

#[cfg(feature = "fuzzing")]
pub(crate) use cron_schedule::Schedule;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use stagegate_kubernetes_schema::{canonical, schemas};
use stagegate_simulation::{Origin, Receiver};
use tokio_util::sync::CancellationToken;

use crate::access::Tokens;
use crate::access::tokens::is_token_secret;
use crate::api::access::Access;
use crate::api::delete::{self, Options};
use crate::api::managed_fields::record_update;
use crate::api::status::ApiError;
use crate::api::write;
use crate::certificates::Authority;
use crate::kinds::{Kind, Registry};
use crate::node::Node;
use crate::node::events::{Recorder, Source};
use crate::store::object::{self, list, text};
use crate::store::{Event, EventKind, Key, Store, Stored, Writer};

/// What controllers work with.
struct Context {
    store: Store,
    registry: Registry,
    recorder: Recorder,
    /// The cluster's CA, PEM.
    root_certificate: String,
    tokens: Tokens,
    node: Arc<Node>,
    /// What was recommended to each autoscaler of late.
    recommended: Mutex<Recommendations>,
}

/// When which count was recommended, by autoscaler.
type Recommendations = HashMap<Key, Vec<(Timestamp, i64)>>;

/// A controller's answer after it has looked at an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Look again after this time.
    After(Duration),
    /// Something failed: look again after a growing pause.
    Retry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Controller {
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
    Disruption,
    HorizontalPodAutoscaler,
    Node,
    Claim,
    Volume,
    Garbage,
}

type Item = (Controller, Key);

impl Context {
    fn now(&self) -> Timestamp {
        self.store.simulation.clock.now()
    }

    fn recommendations(&self) -> MutexGuard<'_, Recommendations> {
        self.recommended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kind(&self, resource: &str) -> Result<Arc<Kind>, ApiError> {
        self.registry.by_resource(resource).ok_or_else(ApiError::no_such_path)
    }

    /// Makes an object, through defaulting, admission and validation.
    fn create(&self, who: &str, resource: &str, object: Value, cause: &Origin) -> Result<Arc<Value>, ApiError> {
        let kind = self.kind(resource)?;
        let prepared = write::prepare(&self.store, &kind, object)?;
        write::store_new(&self.store, &kind, prepared, &Writer::controller(who, cause))
    }

    /// Changes an object; unchanged content is not written.
    fn update(
        &self,
        who: &str,
        key: &Key,
        cause: &Origin,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, ApiError> {
        let kind = self.kind(&key.resource)?;
        self.store.update(&kind, key, &Writer::controller(who, cause), |old| {
            let mut new = old.clone();
            change(&mut new);
            canonical(&mut new, &schemas().root(&kind.schema));
            // Objects that controllers alone write are not tracked: nobody applies over them.
            if new != *old && !list(old, "/metadata/managedFields").is_empty() && &*kind.resource != "pods" {
                record_update(&kind, old, &mut new, "kube-controller-manager", "status", self.now());
            }
            // The only change of a Pod's spec here is its binding, which is not counted.
            if &*kind.resource != "pods" && kind.counts_change(old, &new) {
                let generation = object::integer(old, "/metadata/generation").unwrap_or(0) + 1;
                object::set(&mut new, &["metadata", "generation"], generation);
            }
            Ok((new != *old).then_some(new))
        })
    }

    /// Deletes an object in the background; one that is gone already is fine.
    fn delete(&self, who: &str, key: &Key, cause: &Origin) -> Result<(), ApiError> {
        self.delete_as(who, key, cause, &Options::background())
    }

    fn delete_as(&self, who: &str, key: &Key, cause: &Origin, options: &Options) -> Result<(), ApiError> {
        let kind = self.kind(&key.resource)?;
        match delete::delete(&self.store, &kind, key, options, &Writer::controller(who, cause)) {
            Err(error) if error.code != 404 => Err(error),
            _ => Ok(()),
        }
    }

    fn event(&self, who: &'static str, about: &Stored, level: &'static str, reason: &str, message: &str) {
        self.recorder.record(Source::controller(who), (&about.object, ""), level, reason, message, &about.cause);
    }

    /// The objects of a resource that `owner` controls.
    fn controlled(&self, owner: &Value, resource: &str) -> Vec<(Key, Stored)> {
        let mut all = self.store.owned_by(object::uid(owner));
        all.retain(|(key, stored)| &*key.resource == resource && object::is_controlled_by(&stored.object, owner));
        all
    }
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
        let next = work.later.keys().next().copied();
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
                Some(event) => note(&context, &event, &mut work),
                None => return,
            },
            () = timer => work.take_due(clock.now()),
        }
        while let Some(event) = events.try_recv() {
            note(&context, &event, &mut work);
        }
    }
}

/// What is to be looked at, now and later.
#[derive(Default)]
struct Work {
    queue: VecDeque<Item>,
    later: BTreeMap<Timestamp, Vec<Item>>,
    failures: HashMap<Item, u32>,
}

/// The longest pause after failures.
const RETRY_LIMIT: Duration = Duration::from_secs(300);

impl Work {
    fn add(&mut self, controller: Controller, key: Key) {
        let item = (controller, key);
        if !self.queue.contains(&item) {
            self.queue.push_back(item);
        }
    }

    fn take_due(&mut self, now: Timestamp) {
        while let Some(entry) = self.later.first_entry() {
            if *entry.key() > now {
                break;
            }
            for (controller, key) in entry.remove() {
                self.add(controller, key);
            }
        }
    }

    /// Works off one item. The events it causes are noted before the next one.
    fn drain(&mut self, context: &Context) {
        while let Some(item) = self.queue.pop_front() {
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
        Controller::Scheduler => scheduler::reconcile(context, key),
        Controller::Endpoints => endpoints::reconcile(context, key),
        Controller::HorizontalPodAutoscaler => horizontal_pod_autoscaler::reconcile(context, key),
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

/// Notes who must look at what because of an event.
fn note(context: &Context, event: &Event, work: &mut Work) {
    let key = &event.key;
    let object = &*event.object;
    match &*key.resource {
        "namespaces" => {
            work.add(Controller::Namespace, key.clone());
            work.add(Controller::ServiceAccount, key.clone());
        }
        "serviceaccounts" => {
            work.add(Controller::ServiceAccount, Key::new("namespaces", "", &key.namespace));
            for secret in token_secret::in_namespace(context, &key.namespace) {
                work.add(Controller::TokenSecret, secret);
            }
            // What could not be created for want of this account can be now.
            let waiting: Vec<_> =
                work.failures.keys().filter(|(_, one)| one.namespace == key.namespace).cloned().collect();
            for (controller, key) in waiting {
                work.add(controller, key);
            }
        }
        "secrets" if is_token_secret(object) => work.add(Controller::TokenSecret, key.clone()),
        "deployments.apps" => {
            work.add(Controller::Deployment, key.clone());
            for budget in context.store.list("poddisruptionbudgets.policy", Some(&key.namespace)).0 {
                let name = object::name(&budget.object);
                work.add(Controller::Disruption, Key::new("poddisruptionbudgets.policy", &key.namespace, name));
            }
        }
        "statefulsets.apps" => work.add(Controller::StatefulSet, key.clone()),
        "daemonsets.apps" => work.add(Controller::DaemonSet, key.clone()),
        "cronjobs.batch" => work.add(Controller::CronJob, key.clone()),
        "jobs.batch" => {
            work.add(Controller::Job, key.clone());
            note_owners(context, event, work);
        }
        "replicasets.apps" => {
            work.add(Controller::ReplicaSet, key.clone());
            note_owners(context, event, work);
        }
        "services" => work.add(Controller::Endpoints, key.clone()),
        // Endpoints written by hand have no Service, and are left alone.
        "endpoints" => {
            let service = Key::new("services", &key.namespace, &key.name);
            if context.store.at(&service).is_some() {
                work.add(Controller::Endpoints, service);
            }
        }
        "horizontalpodautoscalers.autoscaling" if event.kind == EventKind::Added => {
            work.add(Controller::HorizontalPodAutoscaler, key.clone());
        }
        "poddisruptionbudgets.policy" => work.add(Controller::Disruption, key.clone()),
        "configmaps" if key.name == service_account::ROOT_CERTIFICATE => {
            work.add(Controller::ServiceAccount, Key::new("namespaces", "", &key.namespace));
        }
        "nodes" | "persistentvolumeclaims" | "persistentvolumes" => {
            match &*key.resource {
                "nodes" => note_node(context, event, work),
                "persistentvolumes" => note_volume(context, event, work),
                _ => work.add(Controller::Claim, key.clone()),
            }
            let (pods, _) = context.store.list("pods", None);
            for pod in pods.iter().filter(|pod| text(&pod.object, "/spec/nodeName").is_empty()) {
                let key = Key::new("pods", object::namespace(&pod.object), object::name(&pod.object));
                work.add(Controller::Scheduler, key);
            }
        }
        "pods" => note_pod(context, event, work),
        "clusterroles.rbac.authorization.k8s.io" => {
            for role in cluster_role_aggregation::aggregated(context) {
                work.add(Controller::ClusterRoleAggregation, role);
            }
        }
        "customresourcedefinitions.apiextensions.k8s.io" => work.add(Controller::CustomResource, key.clone()),
        _ => {}
    }
    custom_resource::note_instance(context, event, work);
    for quota in resource_quota::concerned(context, event) {
        work.add(Controller::ResourceQuota, quota);
    }
    let owns = !list(object, "/metadata/ownerReferences").is_empty();
    let ending = object::is_terminating(object);
    if event.kind == EventKind::Deleted {
        garbage::note_dependents(context, event, work);
        if context
            .store
            .get("namespaces", "", &key.namespace)
            .is_some_and(|found| object::is_terminating(&found.object))
        {
            work.add(Controller::Namespace, Key::new("namespaces", "", &key.namespace));
        }
        for owner in list(object, "/metadata/ownerReferences") {
            work_on_owner(context, key, owner, work);
        }
    } else if ending || (owns && event.kind == EventKind::Added) {
        work.add(Controller::Garbage, key.clone());
    }
}

/// An owner that waits for its dependents to go looks again.
fn work_on_owner(context: &Context, key: &Key, owner: &Value, work: &mut Work) {
    let Some(kind) = context.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind")) else { return };
    let namespace = if kind.namespaced { key.namespace.as_str() } else { "" };
    let owner = Key::new(&kind.resource, namespace, text(owner, "/name"));
    if context.store.at(&owner).is_some_and(|found| object::is_terminating(&found.object)) {
        work.add(Controller::Garbage, owner);
    }
}

/// Claims that wait may find a new volume, and the claim of a volume may be gone.
fn note_volume(context: &Context, event: &Event, work: &mut Work) {
    work.add(Controller::Volume, event.key.clone());
    if event.kind == EventKind::Deleted {
        return;
    }
    for claim in context.store.list("persistentvolumeclaims", None).0 {
        if text(&claim.object, "/status/phase") == "Pending" {
            let key = Key::new("persistentvolumeclaims", object::namespace(&claim.object), object::name(&claim.object));
            work.add(Controller::Claim, key);
        }
    }
}

/// The claims of a Pod may be used by nobody any more, and its node may not want it.
fn note_pod_surroundings(event: &Event, work: &mut Work) {
    let pod = &*event.object;
    for volume in list(pod, "/spec/volumes") {
        let claim = text(volume, "/persistentVolumeClaim/claimName");
        if !claim.is_empty() {
            work.add(Controller::Claim, Key::new("persistentvolumeclaims", object::namespace(pod), claim));
        }
    }
    let bound = |pod: &Value| text(pod, "/spec/nodeName").to_owned();
    let moved = event.old.as_deref().map(bound).unwrap_or_default() != bound(pod);
    if moved && event.kind != EventKind::Deleted {
        work.add(Controller::Node, Key::new("nodes", "", &bound(pod)));
    }
}

/// What makes a node another place for Pods is seen by the DaemonSets.
fn note_node(context: &Context, event: &Event, work: &mut Work) {
    work.add(Controller::Node, event.key.clone());
    let place = |node: &Value| (node["spec"].clone(), node["metadata"]["labels"].clone());
    if event.kind == EventKind::Modified && event.old.as_deref().map(place) == Some(place(&event.object)) {
        return;
    }
    for set in context.store.list("daemonsets.apps", None).0 {
        let key = Key::new("daemonsets.apps", object::namespace(&set.object), object::name(&set.object));
        work.add(Controller::DaemonSet, key);
    }
}

fn note_pod(context: &Context, event: &Event, work: &mut Work) {
    let key = &event.key;
    note_owners(context, event, work);
    note_pod_surroundings(event, work);
    if event.kind != EventKind::Deleted && text(&event.object, "/spec/nodeName").is_empty() {
        work.add(Controller::Scheduler, key.clone());
    }
    for budget in context.store.list("poddisruptionbudgets.policy", Some(&key.namespace)).0 {
        let selector = &budget.object["spec"]["selector"];
        let covers = |pod: &Value| crate::kinds::selector_matches(selector, &pod["metadata"]["labels"]);
        if covers(&event.object) || event.old.as_deref().is_some_and(covers) {
            let name = object::name(&budget.object);
            work.add(Controller::Disruption, Key::new("poddisruptionbudgets.policy", &key.namespace, name));
        }
    }
    let (services, _) = context.store.list("services", Some(&key.namespace));
    for service in services {
        let selects = |pod: &Value| endpoints::selects(&service.object, pod);
        if selects(&event.object) || event.old.as_deref().is_some_and(selects) {
            work.add(Controller::Endpoints, Key::new("services", &key.namespace, object::name(&service.object)));
        }
    }
}

/// The controller of a kind of workload.
fn controller_of_kind(kind: &str) -> Option<Controller> {
    Some(match kind {
        "Deployment" => Controller::Deployment,
        "ReplicaSet" => Controller::ReplicaSet,
        "StatefulSet" => Controller::StatefulSet,
        "DaemonSet" => Controller::DaemonSet,
        "CronJob" => Controller::CronJob,
        "Job" => Controller::Job,
        _ => return None,
    })
}

/// The workload that controls an object, or that controlled it, looks at it; for one without a
/// controller those that may adopt it.
fn note_owners(context: &Context, event: &Event, work: &mut Work) {
    note_owner(context, &event.object, &event.key, work);
    if let Some(old) = &event.old {
        note_owner(context, old, &event.key, work);
    }
    if object::controller_of(&event.object).is_none() && event.kind != EventKind::Deleted {
        adoption::note_orphan(context, &event.object, &event.key.resource, work);
    }
}

fn note_owner(context: &Context, object: &Value, key: &Key, work: &mut Work) {
    let Some(owner) = object::controller_of(object) else { return };
    let Some(controller) = controller_of_kind(text(owner, "/kind")) else { return };
    let Some(kind) = context.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind")) else { return };
    work.add(controller, Key::new(&kind.resource, &key.namespace, text(owner, "/name")));
}
