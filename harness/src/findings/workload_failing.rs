//! Pods that a command made and that do not run.

use std::collections::BTreeMap;

use stagegate_reports::journal::{ChangeVerb, Effect, Finding};

use super::evidence::Evidence;
use super::failed_operation;
use super::observed::Placed;

pub(super) const KIND: &str = "workload-failing";

/// States in which a container waits or ends because something is wrong, images apart.
const STATES: [&str; 6] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
    "OOMKilled",
    "Error",
];

/// What made it, its namespace, its name.
type Workload<'a> = (Option<u64>, Option<&'a str>, String);

/// Finds each workload whose pods fail at the end.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut pods: BTreeMap<(Option<&str>, &str), &Placed<'_, Effect>> = BTreeMap::new();
    for effect in observed.effects.iter().filter(|effect| effect.kind == "Pod") {
        let pod = (effect.scope.as_deref(), effect.name.as_str());
        let recovered = effect.verb == ChangeVerb::Deleted
            || effect.summary.contains("being deleted")
            || effect.summary.split(", ").any(|part| part == "ready" || part == "Completed");
        if recovered {
            pods.remove(&pod);
        } else if state(&effect.summary).is_some() {
            pods.insert(pod, effect);
        }
    }
    let mut workloads: BTreeMap<Workload<'_>, Vec<&Placed<'_, Effect>>> = BTreeMap::new();
    for ((scope, name), effect) in pods {
        workloads.entry((effect.command, scope, workload(name))).or_default().push(effect);
    }
    let mut found: Vec<Finding> =
        workloads.into_iter().filter_map(|(key, pods)| finding(evidence, key, &pods)).collect();
    found.sort_by_key(|finding| finding.command);
    found
}

fn finding(
    evidence: &Evidence<'_>,
    (command, scope, workload): Workload<'_>,
    pods: &[&Placed<'_, Effect>],
) -> Option<Finding> {
    let observed = &evidence.observed;
    let command = observed.command(command?)?;
    // Told already, by the command itself or by the operation that failed.
    let told = command.failed() || !failed_operation::failed(command).is_empty();
    let last = pods.iter().max_by_key(|effect| effect.index).filter(|_| !told)?;
    let state = state(&last.summary)?;
    let scope = scope.unwrap_or_default();
    let message = format!("`{workload}` in namespace `{scope}` does not run: its pod is in {state}");
    // A worker's manifest is made by an earlier command.
    let made_by = observed.commands.iter().rfind(|other| {
        other.number() != command.number()
            && other.began < last.index
            && other.words().starts_with(&["worker", "install", &workload])
            && !other.has_flag("--include-secret")
    });
    let mut finding =
        evidence.finding(KIND, made_by.filter(|_| state == "CreateContainerConfigError").unwrap_or(command), message);
    finding.output = Some(last.summary.clone());
    let event = observed.effects.iter().rev().find(|effect| {
        effect.kind == "Event"
            && effect.scope.as_deref() == Some(scope)
            && effect.summary.starts_with("Warning")
            && effect.summary.contains(&last.name)
    });
    finding.cause = event.map(|event| event.summary.trim_start_matches("Warning ").to_owned());
    finding.help = Some(match state {
        "CreateContainerConfigError" => {
            "make the Secret or ConfigMap that the pod names before the pod; for a worker, install it with `--include-secret`".to_owned()
        }
        _ => "see `kubectl describe pod` and `kubectl logs --previous`; wait until the workload is available before going on".to_owned(),
    });
    Some(finding)
}

fn state(summary: &str) -> Option<&'static str> {
    summary.split(", ").find_map(|part| STATES.into_iter().find(|state| part.starts_with(state)))
}

/// The Deployment or the like that a pod's name leads to: without the parts that controllers add.
fn workload(pod: &str) -> String {
    let parts: Vec<&str> = pod.split('-').collect();
    let kept = if parts.len() > 2 { &parts[..parts.len() - 2] } else { &parts[..] };
    kept.join("-")
}
