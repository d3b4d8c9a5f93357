//! The Pods of a Job: making them, counting those that finished, giving them up.
//!
//! A Pod carries a finalizer until it is counted, so that none is missed (`pkg/controller/job`).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::job::NAME;
use super::job_policies::{Action, action};
use super::pod_control::{self, deletion_rank, is_active, is_ready};
use super::{Context, Outcome, job_indexes};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

const FINALIZER: &str = "batch.kubernetes.io/job-tracking";
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
const FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";

/// What came of the Pods so far, those that are gone too.
pub(super) struct Tally {
    pub(super) active: usize,
    pub(super) succeeded: i64,
    pub(super) failed: i64,
    pub(super) completed_indexes: BTreeSet<i64>,
    pub(super) failed_indexes: BTreeSet<i64>,
}

impl Tally {
    fn of(job: &Value) -> Self {
        let number = |field: &str| integer(job, &format!("/status/{field}")).unwrap_or(0);
        Self {
            active: 0,
            succeeded: number("succeeded"),
            failed: number("failed"),
            completed_indexes: job_indexes::parse(text(job, "/status/completedIndexes")),
            failed_indexes: job_indexes::parse(text(job, "/status/failedIndexes")),
        }
    }

    /// Writes the counts into a status.
    pub(super) fn write(&self, job: &Value, status: &mut Value) {
        for (field, count) in [("succeeded", self.succeeded), ("failed", self.failed)] {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        if !self.completed_indexes.is_empty() {
            status["completedIndexes"] = json!(job_indexes::format(&self.completed_indexes));
        }
        if !job["spec"]["backoffLimitPerIndex"].is_null() {
            status["failedIndexes"] = json!(job_indexes::format(&self.failed_indexes));
        }
    }
}

/// How many Pods there are in which state.
pub(super) struct State {
    pub(super) active: usize,
    pub(super) ready: usize,
    pub(super) terminating: usize,
}

pub(super) fn state(context: &Context, pods: &[(Key, Stored)]) -> State {
    let now: Vec<_> = pods.iter().filter_map(|(key, _)| context.store.at(key)).collect();
    let count = |test: &dyn Fn(&Value) -> bool| now.iter().filter(|pod| test(&pod.object)).count();
    State {
        active: count(&is_active),
        ready: count(&|pod| is_active(pod) && is_ready(pod)),
        terminating: count(&|pod| object::is_terminating(pod) && !is_finished(pod)),
    }
}

fn is_finished(pod: &Value) -> bool {
    ["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
}

fn is_tracked(pod: &Value) -> bool {
    list(pod, "/metadata/finalizers").iter().any(|one| one == FINALIZER)
}

fn is_indexed(job: &Value) -> bool {
    text(job, "/spec/completionMode") == "Indexed"
}

fn index_of(pod: &Value) -> Option<i64> {
    pod["metadata"]["annotations"].get(INDEX)?.as_str()?.parse().ok()
}

fn failures_of(pod: &Value) -> i64 {
    let noted = pod["metadata"]["annotations"].get(FAILURES).and_then(Value::as_str);
    noted.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Whether a Pod counts as failed: one that is deleted while it runs does, unless only failed Pods
/// are replaced.
fn has_failed(job: &Value, pod: &Value) -> bool {
    match text(pod, "/status/phase") {
        "Failed" => true,
        "Succeeded" => false,
        _ => object::is_terminating(pod) && text(job, "/spec/podReplacementPolicy") != "Failed",
    }
}

/// Counts the Pods that finished since, and lets them go.
pub(super) fn count(context: &Context, job: &Stored, pods: &[(Key, Stored)]) -> Result<Tally, ApiError> {
    count_into(context, job, pods, Tally::of(&job.object))
}

/// The same on top of what was counted already.
pub(super) fn count_into(
    context: &Context,
    job: &Stored,
    pods: &[(Key, Stored)],
    mut tally: Tally,
) -> Result<Tally, ApiError> {
    let object = &job.object;
    for (key, pod) in pods.iter().filter(|(_, pod)| is_tracked(&pod.object)) {
        let index = index_of(&pod.object).filter(|_| is_indexed(object));
        if text(&pod.object, "/status/phase") == "Succeeded" {
            match index {
                // Of two Pods with one index only one counts.
                Some(index) if tally.completed_indexes.insert(index) => tally.succeeded += 1,
                Some(_) => {}
                None => tally.succeeded += 1,
            }
        } else if has_failed(object, &pod.object) {
            let (action, _) = action(object, &pod.object);
            if action != Action::Ignore {
                tally.failed += 1;
                let limit = integer(object, "/spec/backoffLimitPerIndex");
                let over = limit.is_some_and(|limit| failures_of(&pod.object) >= limit);
                if let (Some(index), true) = (index, over || action == Action::FailIndex) {
                    tally.failed_indexes.insert(index);
                }
            }
        } else {
            continue;
        }
        untrack(context, job, key)?;
    }
    tally.active = pods.iter().filter(|(_, pod)| is_active(&pod.object)).count();
    Ok(tally)
}

/// Lets the finished Pods of a Job go that counts no more.
pub(super) fn track(context: &Context, job: &Stored) -> Result<(), ApiError> {
    for (key, pod) in context.controlled(&job.object, "pods") {
        let over = is_finished(&pod.object) || object::is_terminating(&pod.object);
        if is_tracked(&pod.object) && over {
            untrack(context, job, &key)?;
        }
    }
    Ok(())
}

/// Lets Pods go whose Job is not there any more.
pub(super) fn let_go(context: &Context, namespace: &str) -> Result<(), ApiError> {
    for pod in context.store.list("pods", Some(namespace)).0 {
        let owned = object::controller_of(&pod.object)
            .is_some_and(|owner| context.store.get("jobs.batch", namespace, text(owner, "/name")).is_some());
        if is_tracked(&pod.object) && !owned {
            untrack(context, &pod, &pod_control::key_of(&pod.object))?;
        }
    }
    Ok(())
}

fn untrack(context: &Context, because: &Stored, key: &Key) -> Result<(), ApiError> {
    let written = context.update(NAME, key, &because.cause, |pod| {
        let kept: Vec<_> = list(pod, "/metadata/finalizers").iter().filter(|one| *one != FINALIZER).cloned().collect();
        if kept.is_empty() {
            object::remove(pod, &["metadata", "finalizers"]);
        } else {
            object::set(pod, &["metadata", "finalizers"], kept);
        }
    });
    match written {
        Err(error) if error.code != 404 => Err(error),
        _ => Ok(()),
    }
}

/// Deletes up to `most` Pods that run, those that do least first, without counting them as failed.
pub(super) fn give_up(context: &Context, job: &Stored, pods: &[(Key, Stored)], most: usize) -> Result<usize, ApiError> {
    let mut active: Vec<_> = pods.iter().filter(|(_, pod)| is_active(&pod.object)).collect();
    active.sort_by_key(|(_, pod)| deletion_rank(&pod.object));
    let mut given_up = 0;
    for (key, pod) in active.into_iter().take(most) {
        untrack(context, job, key)?;
        pod_control::delete(context, NAME, job, &pod.object)?;
        given_up += 1;
    }
    Ok(given_up)
}

/// Makes the Pods that are missing, or gives up those that are too many.
pub(super) fn manage(
    context: &Context,
    job: &Stored,
    pods: &[(Key, Stored)],
    tally: &Tally,
) -> Result<Outcome, ApiError> {
    let object = &*job.object;
    let parallelism = usize::try_from(integer(object, "/spec/parallelism").unwrap_or(1)).unwrap_or(0);
    let wanted = match integer(object, "/spec/completions") {
        None if tally.succeeded > 0 => tally.active,
        None => parallelism,
        Some(completions) => usize::try_from(completions - tally.succeeded).unwrap_or(0).min(parallelism),
    };
    if tally.active > wanted {
        give_up(context, job, pods, tally.active - wanted)?;
        return Ok(Outcome::Done);
    }
    let replaces = text(object, "/spec/podReplacementPolicy") == "Failed";
    let ending = pods.iter().filter(|(_, pod)| object::is_terminating(&pod.object) && !is_finished(&pod.object));
    let taken = tally.active + if replaces { ending.count() } else { 0 };
    if taken >= wanted {
        return Ok(Outcome::Done);
    }
    let pause = back_off(context, object, pods);
    if !pause.is_zero() {
        return Ok(Outcome::After(pause));
    }
    if is_indexed(object) {
        for index in free_indexes(object, pods, tally).take(wanted - taken) {
            make(context, job, Some(index), pods)?;
        }
    } else {
        for _ in taken..wanted {
            make(context, job, None, pods)?;
        }
    }
    Ok(Outcome::Done)
}

/// The indexes that no Pod works on and that are not done.
fn free_indexes<'a>(job: &Value, pods: &'a [(Key, Stored)], tally: &'a Tally) -> impl Iterator<Item = i64> + use<'a> {
    let completions = integer(job, "/spec/completions").unwrap_or(0);
    (0..completions).filter(move |index| {
        let busy = pods.iter().any(|(_, pod)| is_active(&pod.object) && index_of(&pod.object) == Some(*index));
        !busy && !tally.completed_indexes.contains(index) && !tally.failed_indexes.contains(index)
    })
}

/// How long until the next Pod after failures: 10 s, doubled with each, at most 10 minutes.
fn back_off(context: &Context, job: &Value, pods: &[(Key, Stored)]) -> Duration {
    let failed: Vec<_> = pods
        .iter()
        .map(|(_, pod)| &*pod.object)
        .filter(|pod| text(pod, "/status/phase") == "Failed" && action(job, pod).0 != Action::Ignore)
        .collect();
    let Some(doublings) = failed.len().checked_sub(1) else { return Duration::ZERO };
    let finished = |pod: &Value| {
        let ends = list(pod, "/status/containerStatuses").iter();
        ends.filter_map(|one| parse_time(text(one, "/state/terminated/finishedAt")))
            .max()
            .or_else(|| parse_time(text(pod, "/metadata/creationTimestamp")))
    };
    let Some(last) = failed.into_iter().filter_map(finished).max() else { return Duration::ZERO };
    let pause = Duration::from_secs(10 << doublings.min(6)).min(Duration::from_secs(600));
    pause.saturating_sub(Duration::try_from(context.now().duration_since(last)).unwrap_or_default())
}

fn make(context: &Context, job: &Stored, index: Option<i64>, pods: &[(Key, Stored)]) -> Result<(), ApiError> {
    let object = &*job.object;
    let prefix = match index {
        Some(index) => format!("{}-{index}-", object::name(object)),
        None => format!("{}-", object::name(object)),
    };
    let mut pod = pod_control::from_template(object, &object["spec"]["template"], ("generateName", &prefix));
    object::set(&mut pod, &["metadata", "finalizers"], json!([FINALIZER]));
    if let Some(index) = index {
        add_index(object, &mut pod, index, pods);
    }
    pod_control::create(context, NAME, job, pod)?;
    Ok(())
}

fn add_index(job: &Value, pod: &mut Value, index: i64, pods: &[(Key, Stored)]) {
    object::set(pod, &["metadata", "annotations", INDEX], index.to_string());
    object::set(pod, &["metadata", "labels", INDEX], index.to_string());
    object::set(pod, &["spec", "hostname"], format!("{}-{index}", object::name(job)));
    if !job["spec"]["backoffLimitPerIndex"].is_null() {
        let failed = pods.iter().filter(|(_, one)| index_of(&one.object) == Some(index));
        let before = failed.map(|(_, one)| failures_of(&one.object) + 1).max().unwrap_or(0);
        object::set(pod, &["metadata", "annotations", FAILURES], before.to_string());
    }
    let path = format!("metadata.labels['{INDEX}']");
    let variable = json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"fieldPath": path}}});
    for field in ["initContainers", "containers"] {
        for container in object::list_mut(pod, &["spec", field]) {
            let mut variables = list(container, "/env").to_vec();
            if variables.iter().all(|one| one["name"] != "JOB_COMPLETION_INDEX") {
                variables.push(variable.clone());
            }
            object::set(container, &["env"], variables);
        }
    }
}
