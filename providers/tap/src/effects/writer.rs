//! Who wrote a change that came through no tap: what the object itself says of it, else whose business it is.

use serde_json::Value;
use stagegate_simulation::{Actor, Verb};

use super::object::{self, list, text};

/// The manager under which the bridge worker applies.
const WORKER: &str = "confighub";

/// What ends an object without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its namespace is being emptied.
    Namespace,
    /// Its kind's definition goes.
    Definition,
    /// Its owner has no more use for it.
    Owner,
    /// Its owner is gone, or goes.
    Garbage,
    /// Nothing but itself is known to be behind it.
    Own,
}

/// What made an object what it is now, where no request through the tap did.
pub(super) fn of((kind, verb): (&str, Verb), old: Option<&Value>, new: &Value, end: Option<End>) -> Actor {
    let controller = |name: &str| Actor::Controller { name: name.to_owned() };
    match end {
        Some(End::Namespace) => return controller("namespace-controller"),
        Some(End::Definition) => return controller("crd-finalizer"),
        Some(End::Garbage) => return controller("garbage-collector-controller"),
        Some(End::Owner) if owner_controller(new) != MANAGER => return controller(owner_controller(new)),
        Some(End::Owner | End::Own) | None => {}
    }
    let manager = if verb == Verb::Deleted { None } else { newest_manager(old, new) };
    match manager {
        Some(name) if name.starts_with("kubectl") => Actor::Client { user_agent: name.to_owned() },
        Some(WORKER) => Actor::Worker { operation: None },
        Some(name) if !is_shared(name) => controller(name),
        _ => controller(responsible(kind, verb, old, new)),
    }
}

/// Whether no manager stands in the object: who applies nothing but a name, such as a bare namespace's, manages no field.
pub(super) fn is_unsigned(object: &Value) -> bool {
    list(object, "/metadata/managedFields").is_empty()
}

/// The manager whose entry in `managedFields` is new or has changed.
fn newest_manager<'a>(old: Option<&Value>, new: &'a Value) -> Option<&'a str> {
    let before = old.map_or(&[][..], |old| list(old, "/metadata/managedFields"));
    let changed = list(new, "/metadata/managedFields").iter().filter(|entry| !before.contains(entry));
    changed.max_by_key(|entry| text(entry, "/time")).and_then(|entry| entry["manager"].as_str())
}

/// The program that most controllers are in.
pub(super) const MANAGER: &str = "kube-controller-manager";

/// Whether many controllers write under this name.
fn is_shared(manager: &str) -> bool {
    [MANAGER, "kube-apiserver"].contains(&manager)
}

/// The controller whose business such a change is, by its name in event sources.
fn responsible(kind: &str, verb: Verb, old: Option<&Value>, new: &Value) -> &'static str {
    let node = |pod: &Value| text(pod, "/spec/nodeName").to_owned();
    match (kind, verb) {
        // Nobody else binds a Pod, or says that there is no node for it.
        ("Pod", Verb::Updated) if node(new).is_empty() || old.is_some_and(|old| node(old) != node(new)) => {
            "default-scheduler"
        }
        ("Pod", Verb::Updated) if old.is_some_and(|old| is_as_observed(old, new)) => owner_controller(new),
        ("Pod", Verb::Updated | Verb::Deleted) => "kubelet",
        ("Namespace", _) => "namespace-controller",
        ("Deployment", _) => "deployment-controller",
        ("ReplicaSet", Verb::Updated) if generation(old) == generation(Some(new)) => "replicaset-controller",
        ("StatefulSet", _) => "statefulset-controller",
        ("DaemonSet", _) => "daemonset-controller",
        ("Job", Verb::Updated) => "job-controller",
        ("CronJob", _) => "cronjob-controller",
        ("HorizontalPodAutoscaler", _) => "horizontal-pod-autoscaler",
        ("Endpoints", _) => "endpoint-controller",
        ("EndpointSlice", _) => "endpointslice-controller",
        ("ServiceAccount", Verb::Created) => "serviceaccount-controller",
        ("ConfigMap", Verb::Created) if object::name(new) == "kube-root-ca.crt" => {
            "root-ca-certificate-publisher-controller"
        }
        ("PersistentVolumeClaim" | "PersistentVolume", _) => "persistentvolume-controller",
        ("PodDisruptionBudget", _) => "disruption-controller",
        ("ResourceQuota", _) => "resourcequota-controller",
        ("Node", _) => "node-controller",
        ("CustomResourceDefinition", _) => "customresource-controller",
        _ => owner_controller(new),
    }
}

/// Whether a Pod is as it was to its kubelet, which also says when it is down.
fn is_as_observed(old: &Value, new: &Value) -> bool {
    let differs = |pointer: &str| old.pointer(pointer) != new.pointer(pointer);
    !["/status", "/metadata/deletionGracePeriodSeconds"].into_iter().any(differs)
}

fn generation(object: Option<&Value>) -> Option<i64> {
    object?.pointer("/metadata/generation")?.as_i64()
}

/// Who makes and ends what has the owner that this object has.
fn owner_controller(object: &Value) -> &'static str {
    let owners = list(object, "/metadata/ownerReferences");
    let kind = owners.iter().find(|owner| owner["controller"] == true).map_or("", |owner| text(owner, "/kind"));
    match kind {
        "Deployment" => "deployment-controller",
        "ReplicaSet" => "replicaset-controller",
        "StatefulSet" => "statefulset-controller",
        "DaemonSet" => "daemonset-controller",
        "Job" => "job-controller",
        "CronJob" => "cronjob-controller",
        _ => MANAGER,
    }
}

/// The component that recorded an Event.
pub(super) fn of_event(event: &Value) -> Actor {
    let component = [text(event, "/source/component"), text(event, "/reportingComponent")];
    let name = component.into_iter().find(|name| !name.is_empty()).unwrap_or("unknown");
    Actor::Controller { name: name.to_owned() }
}
