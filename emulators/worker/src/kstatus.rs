//! Whether an object has reached the state its manifest asks for, by the rules of kstatus
//! (sigs.k8s.io/cli-utils, package kstatus/status), which the worker's wait uses.

use serde_json::Value;

/// An object's state. `Display` gives the words the worker puts into its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It is as its manifest asks.
    Current,
    /// It is on its way there.
    InProgress,
    /// It will not get there by itself.
    Failed,
    /// It is being deleted.
    Terminating,
    /// It does not exist.
    NotFound,
    /// It could not be looked at.
    Unknown,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// The status of a live object, as the API server gives it.
pub fn status(object: &Value) -> Status {
    if let Some(status) = generic(object) {
        return status;
    }
    let group =
        object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    match (group, object["kind"].as_str().unwrap_or_default()) {
        ("", "Pod") => pod(object),
        ("", "Service") => service(object),
        ("", "PersistentVolumeClaim") => current_if(object["status"]["phase"] == "Bound"),
        ("", "ConfigMap" | "Secret") | ("batch", "CronJob") | ("policy", "PodDisruptionBudget") => Status::Current,
        ("apps", "Deployment") => deployment(object),
        ("apps", "ReplicaSet") => replica_set(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("batch", "Job") => job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => custom_resource_definition(object),
        _ => condition(object, "Ready").map_or(Status::Current, |ready| current_if(ready == "True")),
    }
}

fn current_if(there: bool) -> Status {
    if there { Status::Current } else { Status::InProgress }
}

fn generic(object: &Value) -> Option<Status> {
    let metadata = &object["metadata"];
    if metadata["deletionTimestamp"].is_string() {
        return Some(Status::Terminating);
    }
    if let (Some(wanted), Some(seen)) =
        (metadata["generation"].as_i64(), object["status"]["observedGeneration"].as_i64())
        && wanted != seen
    {
        return Some(Status::InProgress);
    }
    match (condition(object, "Reconciling"), condition(object, "Stalled")) {
        (Some("True"), _) => Some(Status::InProgress),
        (_, Some("True")) => Some(Status::Failed),
        _ => None,
    }
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object["status"]["conditions"].as_array().into_iter().flatten()
}

fn find_condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    conditions(object).find(|condition| condition["type"] == kind)
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    find_condition(object, kind)?["status"].as_str()
}

fn is_true(object: &Value, kind: &str) -> bool {
    condition(object, kind) == Some("True")
}

/// A number of `status`, zero when absent.
fn count(object: &Value, field: &str) -> i64 {
    object["status"][field].as_i64().unwrap_or(0)
}

/// `spec.replicas`, one when absent.
fn replicas(object: &Value) -> i64 {
    object["spec"]["replicas"].as_i64().unwrap_or(1)
}

fn deployment(object: &Value) -> Status {
    let deadline = object["spec"]["progressDeadlineSeconds"].as_i64();
    let progressing = find_condition(object, "Progressing");
    if progressing.is_some_and(|condition| condition["reason"] == "ProgressDeadlineExceeded") {
        return Status::Failed;
    }
    // Without a deadline (the largest 32-bit number stands for none) the condition may be missing.
    let progressed = deadline.is_none_or(|deadline| deadline == i64::from(i32::MAX))
        || progressing
            .is_some_and(|condition| condition["status"] == "True" && condition["reason"] == "NewReplicaSetAvailable");
    let wanted = replicas(object);
    let (updated, total) = (count(object, "updatedReplicas"), count(object, "replicas"));
    let (available, ready) = (count(object, "availableReplicas"), count(object, "readyReplicas"));
    let rolled_out = count(object, "replicas") >= wanted
        && updated >= wanted
        && total <= updated
        && available >= updated
        && ready >= wanted;
    current_if(rolled_out && progressed && is_true(object, "Available"))
}

fn replica_set(object: &Value) -> Status {
    if is_true(object, "ReplicaFailure") {
        return Status::InProgress;
    }
    let wanted = replicas(object);
    let (labelled, total) = (count(object, "fullyLabeledReplicas"), count(object, "replicas"));
    let (available, ready) = (count(object, "availableReplicas"), count(object, "readyReplicas"));
    current_if(labelled >= wanted && available >= wanted && ready >= wanted && total <= wanted)
}

fn stateful_set(object: &Value) -> Status {
    if object["spec"]["updateStrategy"]["type"] == "OnDelete" {
        return Status::Current;
    }
    let wanted = replicas(object);
    let (ready, total) = (count(object, "readyReplicas"), count(object, "replicas"));
    let (current, updated) = (count(object, "currentReplicas"), count(object, "updatedReplicas"));
    if total < wanted || ready < wanted || total > wanted {
        return Status::InProgress;
    }
    if let Some(partition) = object["spec"]["updateStrategy"]["rollingUpdate"]["partition"].as_i64()
        && partition > 0
    {
        return current_if(updated >= wanted - partition);
    }
    let one_revision = object["status"]["currentRevision"] == object["status"]["updateRevision"];
    current_if(current >= wanted && one_revision)
}

fn daemon_set(object: &Value) -> Status {
    if object["status"]["observedGeneration"].is_null() {
        return Status::InProgress;
    }
    let wanted = count(object, "desiredNumberScheduled");
    let reached = ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"];
    current_if(reached.iter().all(|field| count(object, field) >= wanted))
}

fn job(object: &Value) -> Status {
    for condition in conditions(object).filter(|condition| condition["status"] == "True") {
        match condition["type"].as_str() {
            Some("Complete") => return Status::Current,
            Some("Failed") => return Status::Failed,
            Some("Suspended") => return Status::InProgress,
            _ => {}
        }
    }
    // Started is enough: a job may run for hours.
    current_if(object["status"]["startTime"].is_string())
}

fn service(object: &Value) -> Status {
    let is_load_balancer = object["spec"]["type"] == "LoadBalancer";
    let without_ip = object["spec"]["clusterIP"].as_str().is_none_or(str::is_empty);
    current_if(!(is_load_balancer && without_ip))
}

/// kstatus calls a pod that cannot be scheduled failed once it is 15 s old; that needs a clock and shows in
/// no more than a message, so it stays in progress here.
fn pod(object: &Value) -> Status {
    match object["status"]["phase"].as_str() {
        Some("Succeeded") => Status::Current,
        Some("Failed") => Status::Failed,
        Some("Running") if is_true(object, "Ready") => Status::Current,
        Some("Running") if is_crash_looping(object) => Status::Failed,
        _ => Status::InProgress,
    }
}

fn is_crash_looping(object: &Value) -> bool {
    let statuses = object["status"]["containerStatuses"].as_array();
    statuses.into_iter().flatten().any(|container| container["state"]["waiting"]["reason"] == "CrashLoopBackOff")
}

fn custom_resource_definition(object: &Value) -> Status {
    if condition(object, "NamesAccepted") == Some("False") {
        return Status::Failed;
    }
    match find_condition(object, "Established") {
        Some(established) if established["status"] == "True" => Status::Current,
        Some(established) if established["reason"] != "Installing" => Status::Failed,
        _ => Status::InProgress,
    }
}
