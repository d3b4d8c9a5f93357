//! What is filled in where a Pod or a template says nothing.

use serde_json::{Value, json};

use super::scheduling;
use crate::store::object::{self, integer, list, list_mut, set_default, text};

/// Defaults of a pod spec, in a Pod or in a template.
pub(in crate::kinds) fn apply_template_defaults(spec: &mut Value) {
    for (field, value) in [
        ("restartPolicy", json!("Always")),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("securityContext", json!({})),
        ("terminationGracePeriodSeconds", json!(30)),
    ] {
        set_default(spec, &[field], value);
    }
    if integer(spec, "/terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        object::set(spec, &["terminationGracePeriodSeconds"], 1);
    }
    // The deprecated field mirrors the current one.
    match (text(spec, "/serviceAccountName").to_owned(), text(spec, "/serviceAccount").to_owned()) {
        (current, _) if !current.is_empty() => object::set(spec, &["serviceAccount"], current),
        (_, old) if !old.is_empty() => object::set(spec, &["serviceAccountName"], old),
        _ => {}
    }
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        for container in list_mut(spec, &[field]) {
            container_defaults(container);
        }
    }
    for volume in list_mut(spec, &["volumes"]) {
        volume_defaults(volume);
    }
}

fn container_defaults(container: &mut Value) {
    let policy = default_policy(text(container, "/image"));
    set_default(container, &["imagePullPolicy"], policy);
    set_default(container, &["resources"], json!({}));
    set_default(container, &["terminationMessagePath"], "/dev/termination-log");
    set_default(container, &["terminationMessagePolicy"], "File");
    for port in list_mut(container, &["ports"]) {
        set_default(port, &["protocol"], "TCP");
    }
    for variable in list_mut(container, &["env"]) {
        if variable.pointer("/valueFrom/fieldRef").is_some() {
            set_default(variable, &["valueFrom", "fieldRef", "apiVersion"], "v1");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container[probe].is_object() {
            probe_defaults(&mut container[probe]);
        }
    }
    for hook in ["postStart", "preStop"] {
        if container.pointer(&format!("/lifecycle/{hook}/httpGet")).is_some() {
            set_default(container, &["lifecycle", hook, "httpGet", "scheme"], "HTTP");
            set_default(container, &["lifecycle", hook, "httpGet", "path"], "/");
        }
    }
}

fn probe_defaults(probe: &mut Value) {
    for (field, value) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        set_default(probe, &[field], value);
    }
    if probe["httpGet"].is_object() {
        set_default(probe, &["httpGet", "path"], "/");
        set_default(probe, &["httpGet", "scheme"], "HTTP");
    }
    if probe["grpc"].is_object() {
        set_default(probe, &["grpc", "service"], "");
    }
}

fn volume_defaults(volume: &mut Value) {
    for source in ["secret", "configMap", "projected", "downwardAPI"] {
        if volume[source].is_object() {
            set_default(volume, &[source, "defaultMode"], 420);
        }
    }
    for item in list_mut(volume, &["downwardAPI", "items"]) {
        if item["fieldRef"].is_object() {
            set_default(item, &["fieldRef", "apiVersion"], "v1");
        }
    }
    if volume["hostPath"].is_object() {
        set_default(volume, &["hostPath", "type"], "");
    }
    if volume.as_object().is_some_and(|map| map.len() == 1) {
        set_default(volume, &["emptyDir"], json!({}));
    }
}

/// The pull policy Kubernetes fills in: `Always` for `latest`, or when there is no tag.
fn default_policy(image: &str) -> &'static str {
    let reference = crate::node::catalogue::Reference::parse(image);
    if reference.digest.is_none() && reference.tag == "latest" { "Always" } else { "IfNotPresent" }
}

/// The pull policy of a container.
pub(crate) fn effective_policy(container: &Value) -> &str {
    match text(container, "/imagePullPolicy") {
        "" => default_policy(text(container, "/image")),
        policy => policy,
    }
}

/// What admission and defaulting add to a Pod, but not to a template.
pub(super) fn apply_pod_defaults(pod: &mut Value) {
    let spec = &mut pod["spec"];
    set_default(spec, &["enableServiceLinks"], true);
    set_default(spec, &["serviceAccountName"], "default");
    let account = text(spec, "/serviceAccountName").to_owned();
    set_default(spec, &["serviceAccount"], account);
    add_tolerations(spec);
    let on_host = spec["hostNetwork"] == true;
    for field in ["initContainers", "containers"] {
        for container in list_mut(spec, &[field]) {
            for port in list_mut(container, &["ports"]).filter(|_| on_host) {
                let number = port["containerPort"].clone();
                set_default(port, &["hostPort"], number);
            }
            let limits = container.pointer("/resources/limits").and_then(Value::as_object).cloned();
            for (resource, amount) in limits.into_iter().flatten() {
                set_default(container, &["resources", "requests", &resource], amount);
            }
        }
    }
    if pod["status"]["phase"].is_null() {
        pod["status"] = json!({"phase": "Pending", "qosClass": quality_of_service(&pod["spec"])});
        scheduling::apply_label_keys(pod);
        if !list(pod, "/spec/schedulingGates").is_empty() {
            pod["status"]["conditions"] = json!([{
                "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                "message": "Scheduling is blocked due to non-empty scheduling gates",
                "lastProbeTime": null, "lastTransitionTime": text(pod, "/metadata/creationTimestamp"),
            }]);
        }
    }
}

fn add_tolerations(spec: &mut Value) {
    let mut tolerations = list(spec, "/tolerations").to_vec();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covered = tolerations.iter().any(|one| {
            let (its_key, effect) = (text(one, "/key"), text(one, "/effect"));
            (its_key == key || its_key.is_empty()) && (effect == "NoExecute" || effect.is_empty())
        });
        if !covered {
            let added = json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
            tolerations.push(added);
        }
    }
    spec["tolerations"] = json!(tolerations);
}

fn quality_of_service(spec: &Value) -> &'static str {
    let containers = list(spec, "/containers");
    let amount = |container: &Value, side: &str, resource: &str| {
        text(container, &format!("/resources/{side}/{resource}")).to_owned()
    };
    let guaranteed = containers.iter().all(|one| {
        ["cpu", "memory"].iter().all(|resource| {
            let limit = amount(one, "limits", resource);
            !limit.is_empty() && limit == amount(one, "requests", resource)
        })
    });
    let any = containers.iter().any(|one| {
        ["limits", "requests"]
            .iter()
            .any(|side| one["resources"][side].as_object().is_some_and(|amounts| !amounts.is_empty()))
    });
    match (guaranteed, any) {
        (true, _) => "Guaranteed",
        (false, true) => "Burstable",
        (false, false) => "BestEffort",
    }
}
