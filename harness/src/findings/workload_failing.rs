//! Pods that a command made and that do not run.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use stagegate_reports::journal::{ChangeVerb, Effect, Finding};

use super::evidence::Evidence;
use super::failed_operation;
use super::observed::{Observed, Placed};
use super::pod_trouble::{self, PodTrouble};

pub(super) const KIND: &str = "workload-failing";

/// States in which a container waits or ends because something is wrong, images apart.
const STATES: [&str; 7] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
    "OOMKilled",
    "Error",
    UNSCHEDULABLE,
];

/// There is no node for the pod.
const UNSCHEDULABLE: &str = "Unschedulable";

/// What made it, its namespace, its name.
type Workload<'a> = (Option<u64>, Option<&'a str>, String);

/// Finds each workload whose pods fail at the end.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut pods: BTreeMap<(Option<&str>, &str), Health<'_>> = BTreeMap::new();
    for effect in &observed.effects {
        let scope = effect.what.scope.as_deref();
        match effect.kind.as_str() {
            "Pod" if effect.verb == ChangeVerb::Deleted || effect.summary.contains("being deleted") => {
                pods.remove(&(scope, effect.name.as_str()));
            }
            "Pod" => pods.entry((scope, &effect.what.name)).or_default().changed(effect),
            "Event" => {
                if let Some(pod) = restarted_in_vain(&effect.what.summary) {
                    pods.entry((scope, pod)).or_default().backs_off();
                }
            }
            _ => {}
        }
    }
    let end = observed.effects.iter().filter_map(|effect| effect.at).max();
    let failing = pods.into_iter().filter_map(|((scope, name), health)| {
        let effect = health.failing(end, || is_kept_up(observed, scope, name))?;
        Some((scope, name, effect))
    });
    let mut workloads: BTreeMap<Workload<'_>, Vec<&Placed<'_, Effect>>> = BTreeMap::new();
    for (scope, name, effect) in failing {
        workloads.entry((effect.command, scope, workload(name))).or_default().push(effect);
    }
    let mut found: Vec<Finding> =
        workloads.into_iter().filter_map(|(key, pods)| finding(evidence, key, &pods)).collect();
    found.sort_by_key(|finding| finding.command);
    found
}

/// How a pod fares.
#[derive(Default)]
struct Health<'a> {
    /// The last that it was told to be because something is wrong, or that tells so.
    wrong: Option<&'a Placed<'a, Effect>>,
    /// What it was told last.
    last: Option<&'a Placed<'a, Effect>>,
    /// It is restarted with pauses.
    in_a_loop: bool,
    ready_since: Option<Timestamp>,
    /// The longest time for which it was ready before it was not.
    longest: SignedDuration,
}

impl<'a> Health<'a> {
    fn changed(&mut self, effect: &'a Placed<'a, Effect>) {
        let is = |word: &str| effect.summary.split(", ").any(|part| part == word);
        let fails = state(&effect.summary).is_some();
        if fails || is("not ready") || is("Completed") {
            if let (Some(since), Some(at)) = (self.ready_since.take(), effect.at) {
                self.longest = self.longest.max(at.duration_since(since));
            }
        } else if is("ready") {
            self.ready_since = effect.at;
            if effect.at.is_none() {
                *self = Self::default();
            }
        }
        if pod_trouble::is_scheduled(&effect.summary) {
            self.wrong = self.wrong.filter(|wrong| state(&wrong.summary) != Some(UNSCHEDULABLE));
        }
        self.in_a_loop |= effect.summary.contains("CrashLoopBackOff");
        if fails {
            self.wrong = Some(effect);
        }
        self.last = Some(effect);
    }

    fn backs_off(&mut self) {
        self.in_a_loop = true;
    }

    /// What tells that it fails at the end: something is wrong, and it has not been ready since for as long as it ever was
    /// between two failures. One that ends by itself is well, unless somebody sees to it that it runs.
    fn failing(&self, end: Option<Timestamp>, is_kept_up: impl Fn() -> bool) -> Option<&'a Placed<'a, Effect>> {
        let last = self.last?;
        if let Some((since, end)) = self.ready_since.zip(end)
            && (!self.in_a_loop || end.duration_since(since) >= self.longest)
        {
            return None;
        }
        let completed = last.summary.split(", ").any(|part| part == "Completed");
        if completed && !(self.in_a_loop && is_kept_up()) {
            return None;
        }
        self.wrong.or(self.in_a_loop.then_some(last))
    }
}

/// The pod of which an event tells that its container fails time and again.
fn restarted_in_vain(event: &str) -> Option<&str> {
    let (pod, message) = event.strip_prefix("Warning BackOff Pod/")?.split_once(": ")?;
    message.starts_with("Back-off restarting failed container").then_some(pod)
}

/// Whether a controller runs the pod anew when it ends.
fn is_kept_up(observed: &Observed<'_>, scope: Option<&str>, pod: &str) -> bool {
    observed.effects.iter().any(|effect| {
        matches!(effect.kind.as_str(), "ReplicaSet" | "StatefulSet" | "DaemonSet")
            && effect.what.scope.as_deref() == scope
            && pod.strip_prefix(effect.name.as_str()).is_some_and(|rest| rest.starts_with('-'))
    })
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
    // Between two of its runs a container in a loop is told to be something else.
    let state = state(&last.summary).unwrap_or("CrashLoopBackOff");
    let scope = scope.unwrap_or_default();
    let message = if state == UNSCHEDULABLE {
        format!("a pod of `{workload}` in namespace `{scope}` does not run: no node takes it")
    } else {
        format!("`{workload}` in namespace `{scope}` does not run: its pod is in {state}")
    };
    // A worker's manifest is made by an earlier command.
    let made_by = observed.commands.iter().rfind(|other| {
        other.number() != command.number()
            && other.began < last.index
            && other.words().starts_with(&["worker", "install", &workload])
            && !other.has_flag("--include-secret")
    });
    let mut finding =
        evidence.finding(KIND, made_by.filter(|_| state == "CreateContainerConfigError").unwrap_or(command), message);
    if state == UNSCHEDULABLE {
        // What the pod is told to be is what the scheduler said of it.
        finding.output = None;
        finding.cause = pod_trouble::refusal(&last.summary).map(str::to_owned);
        finding.help = Some(pod_trouble::SCHEDULING_HELP.to_owned());
        return Some(finding);
    }
    finding.output = Some(last.summary.clone());
    let of_pod = observed.effects.iter().rev().filter(|effect| {
        effect.kind == "Event" && effect.scope.as_deref() == Some(scope) && effect.summary.contains(&last.name)
    });
    let told = PodTrouble::of(of_pod.map(|event| event.what.summary.as_str()));
    finding.cause = told.as_ref().map(|told| told.said().to_owned());
    finding.help = Some(match (state, told) {
        ("CreateContainerConfigError", _) => {
            "make the Secret or ConfigMap that the pod names before the pod; for a worker, install it with `--include-secret`".to_owned()
        }
        (_, Some(PodTrouble::Probe(_))) => pod_trouble::PROBE_HELP.to_owned(),
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
