//! What is wrong with a Pod or a template (`k8s.io/kubernetes/pkg/apis/core/validation`).

use serde_json::Value;

use super::scheduling;
use crate::api::status::FieldError;
use crate::kinds::{containers, names};
use crate::store::object::{self, list, list_mut, map_at, text};

/// The restart policies that there are.
pub(in crate::kinds) const POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];

/// The sources that volumes here are likely to have, in the order in which they are looked at.
const VOLUME_SOURCES: [&str; 9] =
    ["emptyDir", "hostPath", "secret", "nfs", "persistentVolumeClaim", "configMap", "projected", "csi", "ephemeral"];

/// Errors of a Pod.
pub(super) fn validate(pod: &Value, errors: &mut Vec<FieldError>) {
    validate_spec(&pod["spec"], "spec", errors);
    // A Pod cannot be bound before its gates are gone.
    if !text(pod, "/spec/nodeName").is_empty() && !list(pod, "/spec/schedulingGates").is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        errors.push(FieldError::forbidden("spec.nodeName", detail));
    }
}

/// Errors of a pod spec whose path is `at`.
pub(in crate::kinds) fn validate_spec(spec: &Value, at: &str, errors: &mut Vec<FieldError>) {
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
    scheduling::validate_affinity(spec, at, errors);
    scheduling::validate_gates(spec, at, errors);
    scheduling::validate_spread(spec, at, errors);
}

pub(super) fn validate_container(container: &Value, at: &str, volumes: &[&str], errors: &mut Vec<FieldError>) {
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

/// Of a running Pod only a few fields may change.
pub(super) fn validate_update(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    scheduling::validate_gates_update(new, old, errors);
    let gated = !list(old, "/spec/schedulingGates").is_empty();
    let fixed = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for field in ["activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "nodeName"] {
            object::remove(&mut spec, &[field]);
        }
        object::remove(&mut spec, &["schedulingGates"]);
        // What it asks of nodes may still become stricter.
        if gated {
            object::remove(&mut spec, &["nodeSelector"]);
            object::remove(&mut spec, &["affinity", "nodeAffinity"]);
            if spec["affinity"] == serde_json::json!({}) {
                object::remove(&mut spec, &["affinity"]);
            }
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
