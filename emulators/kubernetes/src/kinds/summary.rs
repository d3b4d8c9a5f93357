//! One line for people about a change of an object.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::pods;
use crate::store::object::{self, integer, list, text};

/// What is different now, such as `replicas 1 → 3` or `ImagePullBackOff: …`. Never shows a Secret's values.
pub(crate) fn summary(kind: &str, old: Option<&Value>, new: &Value) -> String {
    let mut parts = Vec::new();
    if old.is_some_and(|old| !object::is_terminating(old)) && object::is_terminating(new) {
        parts.push("being deleted".to_owned());
    }
    match kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" => workload(old, new, &mut parts),
        "DaemonSet" => daemon_set(old, new, &mut parts),
        "Pod" => pod(old, new, &mut parts),
        "Event" => return event(new),
        "Service" => ports(new, &mut parts),
        "Namespace" => changed(old, new, "/status/phase", "", &mut parts),
        "Endpoints" | "EndpointSlice" => endpoints(new, &mut parts),
        "Secret" | "ConfigMap" => keys(new, &mut parts),
        "Job" => changed(old, new, "/status/succeeded", "succeeded", &mut parts),
        _ => {}
    }
    if parts.is_empty() && old.is_some() {
        parts.extend(old.map(|old| changed_fields(old, new)));
    }
    parts.join(", ")
}

/// The values of a Secret that are long enough to be secrets, plain and as stored.
pub(crate) fn secret_values(secret: &Value) -> Vec<String> {
    let stored = secret["data"].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
    let mut values = Vec::new();
    for encoded in stored {
        let Ok(bytes) = STANDARD.decode(encoded) else { continue };
        if bytes.len() >= 8 {
            values.push(encoded.to_owned());
            values.extend(String::from_utf8(bytes));
        }
    }
    values
}

fn workload(old: Option<&Value>, new: &Value, parts: &mut Vec<String>) {
    changed(old, new, "/spec/replicas", "replicas", parts);
    images(old, new, "/spec/template/spec/containers", parts);
    let wanted = integer(new, "/spec/replicas").unwrap_or(0);
    let ready = |object: &Value| integer(object, "/status/readyReplicas").unwrap_or(0);
    if old.is_none_or(|old| ready(old) != ready(new)) {
        parts.push(format!("{}/{wanted} ready", ready(new)));
    }
    failing_condition(old, new, parts);
}

fn daemon_set(old: Option<&Value>, new: &Value, parts: &mut Vec<String>) {
    images(old, new, "/spec/template/spec/containers", parts);
    let shown = |object: &Value| {
        let number = |field: &str| integer(object, &format!("/status/{field}")).unwrap_or(0);
        format!("{}/{} ready", number("numberReady"), number("desiredNumberScheduled"))
    };
    if old.is_none_or(|old| shown(old) != shown(new)) {
        parts.push(shown(new));
    }
}

/// A condition that newly says that something went wrong.
fn failing_condition(old: Option<&Value>, new: &Value, parts: &mut Vec<String>) {
    for condition in list(new, "/status/conditions") {
        let bad = condition["reason"] == "ProgressDeadlineExceeded" || condition["type"] == "ReplicaFailure";
        let known = old.is_some_and(|old| {
            list(old, "/status/conditions")
                .iter()
                .any(|one| one["type"] == condition["type"] && one["reason"] == condition["reason"])
        });
        if bad && !known {
            parts.push(format!("{}: {}", text(condition, "/reason"), text(condition, "/message")));
        }
    }
}

fn pod(old: Option<&Value>, new: &Value, parts: &mut Vec<String>) {
    images(old, new, "/spec/containers", parts);
    if old.is_some_and(|old| text(old, "/spec/nodeName") != text(new, "/spec/nodeName")) {
        parts.push(format!("scheduled to {}", text(new, "/spec/nodeName")));
    }
    if let Some(message) = unschedulable(new).filter(|_| old.and_then(unschedulable) != unschedulable(new)) {
        parts.push(format!("Unschedulable: {message}"));
    }
    let ready = |pod: &Value| {
        list(pod, "/status/conditions").iter().any(|one| one["type"] == "Ready" && one["status"] == "True")
    };
    let word = pods::status_word(new);
    let was_ready = old.is_some_and(ready);
    if old.is_none_or(|old| pods::status_word(old) != word) && word != "Terminating" {
        let waiting = list(new, "/status/containerStatuses")
            .iter()
            .map(|one| text(one, "/state/waiting/message"))
            .find(|message| !message.is_empty());
        parts.push(waiting.map_or_else(|| word.clone(), |message| format!("{word}: {message}")));
    }
    match (was_ready, ready(new)) {
        (false, true) => parts.push("ready".to_owned()),
        (true, false) if !object::is_terminating(new) => parts.push("not ready".to_owned()),
        _ => {}
    }
}

/// Why the scheduler found no node for a Pod.
fn unschedulable(pod: &Value) -> Option<&str> {
    let refusal =
        |one: &&Value| one["type"] == "PodScheduled" && one["status"] == "False" && one["reason"] == "Unschedulable";
    list(pod, "/status/conditions").iter().find(refusal).map(|one| text(one, "/message"))
}

fn event(new: &Value) -> String {
    let count = integer(new, "/count").unwrap_or(1);
    let times = if count > 1 { format!(" (x{count})") } else { String::new() };
    let target = format!("{}/{}", text(new, "/involvedObject/kind"), text(new, "/involvedObject/name"));
    format!("{} {} {target}: {}{times}", text(new, "/type"), text(new, "/reason"), text(new, "/message"))
}

fn ports(new: &Value, parts: &mut Vec<String>) {
    for port in list(new, "/spec/ports") {
        let target = match &port["targetPort"] {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        };
        parts.push(format!("port {} → {target}", integer(port, "/port").unwrap_or(0)));
    }
}

fn endpoints(new: &Value, parts: &mut Vec<String>) {
    let ready = list(new, "/endpoints").iter().filter(|one| one["conditions"]["ready"] == true).count()
        + list(new, "/subsets").iter().map(|subset| list(subset, "/addresses").len()).sum::<usize>();
    parts.push(format!("{ready} ready"));
}

fn keys(new: &Value, parts: &mut Vec<String>) {
    let keys: Vec<_> = new["data"].as_object().into_iter().flat_map(|data| data.keys().map(String::as_str)).collect();
    if !keys.is_empty() {
        parts.push(format!("keys {}", keys.join(", ")));
    }
}

fn images(old: Option<&Value>, new: &Value, pointer: &str, parts: &mut Vec<String>) {
    for container in list(new, pointer) {
        let image = text(container, "/image");
        let before = old.map(|old| {
            let same = list(old, pointer).iter().find(|one| one["name"] == container["name"]);
            same.map_or("", |one| text(one, "/image"))
        });
        match before {
            None => parts.push(format!("image {image}")),
            Some(before) if before != image => parts.push(format!("image {before} → {image}")),
            Some(_) => {}
        }
    }
}

fn changed(old: Option<&Value>, new: &Value, pointer: &str, label: &str, parts: &mut Vec<String>) {
    let show = |object: &Value| match object.pointer(pointer) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let label = if label.is_empty() { String::new() } else { format!("{label} ") };
    match (old.map(show), show(new)) {
        (None | Some(None), Some(now)) => parts.push(format!("{label}{now}")),
        (Some(Some(before)), Some(now)) if before != now => parts.push(format!("{label}{before} → {now}")),
        _ => {}
    }
}

/// The top-level parts that differ, bookkeeping left out.
fn changed_fields(old: &Value, new: &Value) -> String {
    let mut names = Vec::new();
    for (field, value) in new.as_object().into_iter().flatten() {
        if field == "metadata" {
            for (part, value) in value.as_object().into_iter().flatten() {
                let bookkeeping = ["resourceVersion", "managedFields", "generation"].contains(&part.as_str());
                if !bookkeeping && old["metadata"][part] != *value {
                    names.push(part.clone());
                }
            }
        } else if old[field] != *value {
            names.push(field.clone());
        }
    }
    if names.is_empty() { "no visible change".to_owned() } else { format!("{} changed", names.join(", ")) }
}
