//! Pods and pod templates: defaults, validation, columns.

use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_kubernetes_schema::{NANO, Quantity};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use super::{containers, names};
use crate::api::status::FieldError;
use crate::store::object::{self, integer, list, list_mut, map_at, set_default, text};

/// Rules of Pod.
pub(super) const POD: Rules = Rules {
    defaults: |pod| {
        apply_template_defaults(&mut pod["spec"]);
        apply_pod_defaults(pod);
    },
    validate: |pod, errors| validate_spec(&pod["spec"], "spec", errors),
    validate_update,
    columns: &[
        NAME,
        Column::text("Ready"),
        Column::text("Status"),
        Column::text("Restarts"),
        AGE,
        Column::wide("IP"),
        Column::wide("Node"),
        Column::wide("Nominated Node"),
        Column::wide("Readiness Gates"),
    ],
    row,
};

/// Defaults of a pod spec, in a Pod or in a template.
pub(super) fn apply_template_defaults(spec: &mut Value) {
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
    for field in ["initContainers", "containers"] {
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
pub(crate) fn apply_pod_defaults(pod: &mut Value) {
    let spec = &mut pod["spec"];
    set_default(spec, &["enableServiceLinks"], true);
    set_default(spec, &["preemptionPolicy"], "PreemptLowerPriority");
    set_default(spec, &["priority"], 0);
    set_default(spec, &["serviceAccountName"], "default");
    let account = text(spec, "/serviceAccountName").to_owned();
    set_default(spec, &["serviceAccount"], account);
    add_tolerations(spec);
    for field in ["initContainers", "containers"] {
        for container in list_mut(spec, &[field]) {
            let limits = container.pointer("/resources/limits").and_then(Value::as_object).cloned();
            for (resource, amount) in limits.into_iter().flatten() {
                set_default(container, &["resources", "requests", &resource], amount);
            }
        }
    }
    if pod["status"]["phase"].is_null() {
        pod["status"] = json!({"phase": "Pending", "qosClass": quality_of_service(&pod["spec"])});
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

/// The restart policies that there are.
pub(super) const POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];

/// The sources that volumes here are likely to have, in the order in which they are looked at.
const VOLUME_SOURCES: [&str; 9] =
    ["emptyDir", "hostPath", "secret", "nfs", "persistentVolumeClaim", "configMap", "projected", "csi", "ephemeral"];

/// Errors of a pod spec whose path is `at`.
pub(super) fn validate_spec(spec: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let volumes: Vec<&str> = list(spec, "/volumes").iter().map(|volume| text(volume, "/name")).collect();
    for (index, name) in volumes.iter().enumerate() {
        if volumes[..index].contains(name) {
            errors.push(FieldError::duplicate(format!("{at}.volumes[{index}].name"), *name));
        }
    }
    if list(spec, "/containers").is_empty() {
        errors.push(FieldError::required(format!("{at}.containers"), ""));
    }
    let mut seen = Vec::new();
    for field in ["containers", "initContainers"] {
        for (index, container) in list(spec, &format!("/{field}")).iter().enumerate() {
            let at = format!("{at}.{field}[{index}]");
            let name = text(container, "/name");
            validate_container(container, &at, &volumes, errors);
            if seen.contains(&name) {
                errors.push(FieldError::duplicate(format!("{at}.name"), name));
            }
            seen.push(name);
        }
    }
    for (index, volume) in list(spec, "/volumes").iter().enumerate() {
        let sources = VOLUME_SOURCES.into_iter().filter(|source| volume[source].is_object());
        for more in sources.skip(1) {
            let field = format!("{at}.volumes[{index}].{more}");
            errors.push(FieldError::forbidden(field, "may not specify more than 1 volume type"));
        }
    }
    let policy = text(spec, "/dnsPolicy");
    let supported = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    if !policy.is_empty() && !supported.contains(&policy) {
        errors.push(FieldError::not_supported(format!("{at}.dnsPolicy"), policy, &supported));
    }
    let policy = text(spec, "/restartPolicy");
    if !["Always", "OnFailure", "Never", ""].contains(&policy) {
        let field = format!("{at}.restartPolicy");
        errors.push(FieldError::not_supported(field, policy, &["Always", "OnFailure", "Never"]));
    }
}

fn validate_container(container: &Value, at: &str, volumes: &[&str], errors: &mut Vec<FieldError>) {
    let name = text(container, "/name");
    if name.is_empty() {
        errors.push(FieldError::required(format!("{at}.name"), ""));
    } else if let Some(detail) = names::label_errors(name) {
        errors.push(FieldError::invalid(format!("{at}.name"), name, &detail));
    }
    let image = text(container, "/image");
    if image.is_empty() {
        errors.push(FieldError::required(format!("{at}.image"), ""));
    } else if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid(format!("{at}.image"), image, detail));
    }
    let policy = text(container, "/imagePullPolicy");
    if !["Always", "IfNotPresent", "Never", ""].contains(&policy) {
        let field = format!("{at}.imagePullPolicy");
        errors.push(FieldError::not_supported(field, policy, &["Always", "IfNotPresent", "Never"]));
    }
    for (index, mount) in list(container, "/volumeMounts").iter().enumerate() {
        let volume = text(mount, "/name");
        if !volumes.contains(&volume) {
            errors.push(FieldError::not_found(format!("{at}.volumeMounts[{index}].name"), volume));
        }
    }
    containers::validate(container, at, errors);
}

/// A resource quantity (`128Mi`, `100m`, `1`) in its base unit.
#[expect(clippy::cast_precision_loss, reason = "what is measured and compared with it is as rough")]
pub(crate) fn quantity(amount: &Value) -> Option<f64> {
    Quantity::parse(amount).map(|quantity| quantity.nanos() as f64 / NANO as f64)
}

/// Of a running Pod only a few fields may change.
fn validate_update(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let fixed = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for field in ["activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "nodeName"] {
            object::remove(&mut spec, &[field]);
        }
        for field in ["initContainers", "containers"] {
            for container in list_mut(&mut spec, &[field]) {
                map_at(container, &[]).remove("image");
            }
        }
        spec
    };
    if fixed(new) != fixed(old) {
        let detail = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        errors.push(FieldError::forbidden("spec", detail));
    }
}

fn row(pod: &Value, now: Timestamp) -> Vec<Value> {
    let or_none = |pointer: &str| columns::or_none(pod, pointer);
    let (ready, reason, restarts) = state(pod, now);
    vec![
        columns::name(pod),
        json!(ready),
        json!(reason),
        json!(restarts),
        columns::age(pod, now),
        or_none("/status/podIP"),
        or_none("/spec/nodeName"),
        or_none("/status/nominatedNodeName"),
        json!(readiness_gates(pod)),
    ]
}

/// The Ready, Status and Restarts cells.
fn state(pod: &Value, now: Timestamp) -> (String, String, String) {
    let statuses = list(pod, "/status/containerStatuses");
    let sidecars = list(pod, "/spec/initContainers").iter().filter(|one| is_sidecar(one)).count();
    let total = list(pod, "/spec/containers").len() + sidecars;
    let running = |one: &&Value| one["ready"] == true && one["state"]["running"].is_object();
    let init = list(pod, "/status/initContainerStatuses");
    let ready = statuses.iter().chain(init).filter(running).count();
    // Until it is initialized, a Pod's restarts are those of its init containers.
    let counted = if initializing(pod).is_some() { init } else { statuses };
    let restarts: i64 = counted.iter().filter_map(|one| integer(one, "/restartCount")).sum();
    let last = counted.iter().map(|one| text(one, "/lastState/terminated/finishedAt")).max().unwrap_or_default();
    let restarts = match restarts {
        0 => "0".to_owned(),
        some if last.is_empty() => some.to_string(),
        some => format!("{some} ({} ago)", columns::since(last, now)),
    };
    (format!("{ready}/{total}"), status_word(pod), restarts)
}

fn readiness_gates(pod: &Value) -> String {
    let gates = list(pod, "/spec/readinessGates");
    let holds = |gate: &&Value| {
        let conditions = list(pod, "/status/conditions");
        conditions.iter().any(|one| one["type"] == gate["conditionType"] && one["status"] == "True")
    };
    if gates.is_empty() {
        "<none>".to_owned()
    } else {
        format!("{}/{}", gates.iter().filter(holds).count(), gates.len())
    }
}

/// The word in the STATUS column of `kubectl get pods`.
pub(super) fn status_word(pod: &Value) -> String {
    let phase = text(pod, "/status/phase");
    let terminal = ["Succeeded", "Failed"].contains(&phase);
    if object::is_terminating(pod) && !terminal {
        return "Terminating".to_owned();
    }
    if let Some(reason) = initializing(pod) {
        return reason;
    }
    let statuses = list(pod, "/status/containerStatuses");
    let mut word = match text(pod, "/status/reason") {
        "" => phase.to_owned(),
        reason => reason.to_owned(),
    };
    for status in statuses.iter().rev() {
        let (waiting, terminated) = (text(status, "/state/waiting/reason"), &status["state"]["terminated"]);
        if !waiting.is_empty() {
            waiting.clone_into(&mut word);
        } else if terminated.is_object() {
            word = match text(terminated, "/reason") {
                "" => format!("ExitCode:{}", integer(terminated, "/exitCode").unwrap_or(0)),
                reason => reason.to_owned(),
            };
        }
    }
    let running = statuses.iter().any(|one| one["ready"] == true && one["state"]["running"].is_object());
    if word == "Completed" && running { "Running".to_owned() } else { word }
}

fn is_sidecar(container: &Value) -> bool {
    container["restartPolicy"] == "Always"
}

fn initializing(pod: &Value) -> Option<String> {
    let statuses = list(pod, "/status/initContainerStatuses");
    let containers = list(pod, "/spec/initContainers");
    let total = containers.len();
    for (index, status) in statuses.iter().enumerate() {
        let terminated = &status["state"]["terminated"];
        let waiting = text(status, "/state/waiting/reason");
        let sidecar = containers.iter().any(|one| one["name"] == status["name"] && is_sidecar(one));
        if integer(terminated, "/exitCode") == Some(0) || (sidecar && status["started"] == true) {
            continue;
        }
        return Some(if terminated.is_object() {
            format!("Init:{}", text(terminated, "/reason"))
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            format!("Init:{waiting}")
        } else {
            format!("Init:{index}/{total}")
        });
    }
    None
}
