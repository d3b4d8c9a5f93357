//! When a Job ends: its `podFailurePolicy`, its `successPolicy`, and enough completions.
//!
//! The words are those of `pkg/controller/job` of Kubernetes 1.34.

use std::collections::BTreeSet;

use serde_json::Value;

use super::job_indexes;
use super::job_pods::Tally;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

type Verdict = (&'static str, String);

/// What a rule of `podFailurePolicy` makes of a failed Pod.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Action {
    FailJob,
    FailIndex,
    Ignore,
    Count,
}

/// The action for a failed Pod, and why.
pub(super) fn action(job: &Value, pod: &Value) -> (Action, String) {
    for (index, rule) in list(job, "/spec/podFailurePolicy/rules").iter().enumerate() {
        let word = text(rule, "/action");
        let Some(why) = by_exit_code(rule, pod).or_else(|| by_condition(rule, pod)) else { continue };
        let action = match word {
            "FailJob" => Action::FailJob,
            "FailIndex" => Action::FailIndex,
            "Ignore" => Action::Ignore,
            _ => Action::Count,
        };
        return (action, format!("{why} matching {word} rule at index {index}"));
    }
    (Action::Count, String::new())
}

fn by_exit_code(rule: &Value, pod: &Value) -> Option<String> {
    let wanted = rule.get("onExitCodes").filter(|wanted| !wanted.is_null())?;
    let values = list(wanted, "/values");
    let statuses = list(pod, "/status/initContainerStatuses").iter().chain(list(pod, "/status/containerStatuses"));
    for status in statuses {
        let only = text(wanted, "/containerName");
        let Some(code) = integer(status, "/state/terminated/exitCode").filter(|code| *code != 0) else { continue };
        let listed = values.iter().any(|value| value.as_i64() == Some(code));
        if (only.is_empty() || text(status, "/name") == only) && listed == (text(wanted, "/operator") == "In") {
            let (name, namespace, pod) = (text(status, "/name"), object::namespace(pod), object::name(pod));
            return Some(format!("Container {name} for pod {namespace}/{pod} failed with exit code {code}"));
        }
    }
    None
}

fn by_condition(rule: &Value, pod: &Value) -> Option<String> {
    let (namespace, name) = (object::namespace(pod), object::name(pod));
    list(rule, "/onPodConditions").iter().find_map(|wanted| {
        let of = text(wanted, "/type");
        let status = if text(wanted, "/status").is_empty() { "True" } else { text(wanted, "/status") };
        let found = list(pod, "/status/conditions").iter().any(|one| one["type"] == of && one["status"] == status);
        found.then(|| format!("Pod {namespace}/{name} has condition {of}"))
    })
}

/// The rule that fails the Job because of one of its Pods.
pub(super) fn failing_pod(job: &Value, pods: &[(Key, Stored)]) -> Option<Verdict> {
    pods.iter().filter(|(_, pod)| text(&pod.object, "/status/phase") == "Failed").find_map(|(_, pod)| {
        match action(job, &pod.object) {
            (Action::FailJob, why) => Some(("PodFailurePolicy", why)),
            _ => None,
        }
    })
}

/// Whether the indexes that failed make the Job fail.
pub(super) fn failed_indexes(job: &Value, tally: &Tally) -> Option<Verdict> {
    if job["spec"]["backoffLimitPerIndex"].is_null() {
        return None;
    }
    let failed = i64::try_from(tally.failed_indexes.len()).unwrap_or(i64::MAX);
    if integer(job, "/spec/maxFailedIndexes").is_some_and(|limit| failed > limit) {
        let message = "Job has exceeded the specified maximal number of failed indexes".to_owned();
        return Some(("MaxFailedIndexesExceeded", message));
    }
    let done = i64::try_from(tally.completed_indexes.len()).unwrap_or(i64::MAX).saturating_add(failed);
    let all = done >= integer(job, "/spec/completions").unwrap_or(0);
    (failed > 0 && all).then(|| ("FailedIndexes", "Job has failed indexes".to_owned()))
}

/// Whether the Job has succeeded.
pub(super) fn success(job: &Value, tally: &Tally) -> Option<Verdict> {
    for (index, rule) in list(job, "/spec/successPolicy/rules").iter().enumerate() {
        let wanted = rule["succeededIndexes"].as_str().map(job_indexes::parse);
        let counted: BTreeSet<i64> = match &wanted {
            Some(wanted) => tally.completed_indexes.intersection(wanted).copied().collect(),
            None => tally.completed_indexes.clone(),
        };
        let enough = match (integer(rule, "/succeededCount"), &wanted) {
            (Some(count), _) => i64::try_from(counted.len()).unwrap_or(i64::MAX) >= count,
            (None, Some(wanted)) => counted.len() == wanted.len(),
            (None, None) => false,
        };
        if enough {
            return Some(("SuccessPolicy", format!("Matched rules at index {index}")));
        }
    }
    let complete = match integer(job, "/spec/completions") {
        Some(wanted) => tally.succeeded >= wanted && tally.active == 0,
        None => tally.succeeded > 0 && tally.active == 0,
    };
    complete.then(|| ("CompletionsReached", "Reached expected number of succeeded pods".to_owned()))
}
