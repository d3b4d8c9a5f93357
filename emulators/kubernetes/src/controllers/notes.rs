//! Who must look at what because of an event.

use serde_json::Value;

use super::work::{Controller, Work};
use super::{
    Context, adoption, api_service, cluster_role_aggregation, custom_resource, endpoints, flow_schema, garbage,
    ingress, resource_quota, scheduler, service_account, token_secret,
};
use crate::access::tokens::is_token_secret;
use crate::store::object::{self, list, text};
use crate::store::{Event, EventKind, Key, Stored};

/// Notes who must look at what because of an event.
pub(super) fn note(context: &Context, event: &Event, work: &mut Work) {
    note_kind(context, event, work);
    if scheduler::note(context, event) {
        work.add(Controller::Scheduler, Key::new("pods", "", ""));
    }
    custom_resource::note_instance(context, event, work);
    for quota in resource_quota::concerned(context, event) {
        work.add(Controller::ResourceQuota, quota);
    }
    note_garbage(context, event, work);
}

/// Who looks at objects of the event's kind.
fn note_kind(context: &Context, event: &Event, work: &mut Work) {
    let key = &event.key;
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
            work.add_failed_in(&key.namespace);
        }
        "secrets" if is_token_secret(&event.object) => work.add(Controller::TokenSecret, key.clone()),
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
        "replicationcontrollers" => work.add(Controller::ReplicaSet, key.clone()),
        "services" => {
            work.add(Controller::Endpoints, key.clone());
            note_ingresses(context, work);
            api_service::note_service(context, &key.namespace, &key.name, work);
        }
        "endpointslices.discovery.k8s.io" => {
            let service = text(&event.object, "/metadata/labels/kubernetes.io~1service-name");
            api_service::note_service(context, &key.namespace, service, work);
        }
        api_service::API_SERVICES => work.add(Controller::ApiService, key.clone()),
        flow_schema::FLOW_SCHEMAS => work.add(Controller::FlowSchema, key.clone()),
        flow_schema::PRIORITY_LEVELS => flow_schema::note_level(context, &key.name, work),
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
        ingress::INGRESSES => work.add(Controller::Ingress, key.clone()),
        "ingressclasses.networking.k8s.io" => note_ingresses(context, work),
        "poddisruptionbudgets.policy" => work.add(Controller::Disruption, key.clone()),
        "configmaps" if key.name == service_account::ROOT_CERTIFICATE => {
            work.add(Controller::ServiceAccount, Key::new("namespaces", "", &key.namespace));
        }
        "nodes" => note_node(context, event, work),
        "persistentvolumes" => note_volume(context, event, work),
        "persistentvolumeclaims" => work.add(Controller::Claim, key.clone()),
        "pods" => note_pod(context, event, work),
        "clusterroles.rbac.authorization.k8s.io" => {
            for role in cluster_role_aggregation::aggregated(context) {
                work.add(Controller::ClusterRoleAggregation, role);
            }
        }
        "customresourcedefinitions.apiextensions.k8s.io" => work.add(Controller::CustomResource, key.clone()),
        _ => {}
    }
}

/// What goes with the object, and what waits for it to go.
fn note_garbage(context: &Context, event: &Event, work: &mut Work) {
    let (key, object) = (&event.key, &*event.object);
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
    note_ingress_controller(context, &event.object, work);
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

/// A Pod of an ingress controller serves Ingresses, or does so no more.
fn note_ingress_controller(context: &Context, pod: &Value, work: &mut Work) {
    let (ingresses, _) = context.store.list(ingress::INGRESSES, None);
    if !ingresses.is_empty() && !ingress::controllers_of(context, pod).is_empty() {
        add_ingresses(&ingresses, work);
    }
}

/// What serves Ingresses, or publishes them, has changed.
fn note_ingresses(context: &Context, work: &mut Work) {
    add_ingresses(&context.store.list(ingress::INGRESSES, None).0, work);
}

fn add_ingresses(ingresses: &[Stored], work: &mut Work) {
    for ingress in ingresses {
        let key = Key::new(ingress::INGRESSES, object::namespace(&ingress.object), object::name(&ingress.object));
        work.add(Controller::Ingress, key);
    }
}

/// The controller of a kind of workload.
pub(super) fn controller_of_kind(kind: &str) -> Option<Controller> {
    Some(match kind {
        "Deployment" => Controller::Deployment,
        "ReplicaSet" | "ReplicationController" => Controller::ReplicaSet,
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
