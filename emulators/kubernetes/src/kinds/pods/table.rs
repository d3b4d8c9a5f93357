//! The cells of a Pod's row.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kinds::columns;
use crate::store::object::{self, integer, list, text};

pub(super) fn row(pod: &Value, now: Timestamp) -> Vec<Value> {
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
pub(in crate::kinds) fn status_word(pod: &Value) -> String {
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
    if list(pod, "/status/conditions").iter().any(|one| one["reason"] == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut word);
    }
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
