//! Jobs: Pods that run until enough of them have succeeded.
//!
//! Order and words are those of `pkg/controller/job` of Kubernetes 1.34.

use std::time::Duration;

use serde_json::{Value, json};

use super::adoption::{self, sooner};
use super::job_pods::{self, Tally};
use super::pod_control::{cause, is_active, set_condition};
use super::{Context, Outcome, job_policies};
use crate::api::delete::Options;
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

pub(super) const NAME: &str = "job-controller";

/// Counts finished Pods, makes those that are missing, or completes or fails the Job.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(job) = context.store.at(key) else {
        job_pods::let_go(context, &key.namespace)?;
        return Ok(Outcome::Done);
    };
    if let Some(ended) = end_of(&job.object) {
        job_pods::track(context, &job)?;
        return expire(context, key, &job, ended);
    }
    if object::is_terminating(&job.object) {
        job_pods::track(context, &job)?;
        return Ok(Outcome::Done);
    }
    let started = start(context, key, &job)?;
    let job = context.store.at(key).unwrap_or(job);
    let pods = adoption::claim(context, NAME, &job, "pods")?;
    // What ends the Job is found before the Pods are counted: their failures are looked at once.
    let verdict = job_policies::failing_pod(&job.object, &pods);
    let tally = job_pods::count(context, &job, &pods)?;
    let end = verdict.map(End::Failed).or_else(|| end(context, &job.object, &tally));
    let worked = match &end {
        Some(End::Failed(_)) => stop(context, &job, &pods),
        Some(End::Complete(_)) => job_pods::give_up(context, &job, &pods, usize::MAX).map(|_| Outcome::Done),
        None if job.object["spec"]["suspend"] == true => {
            job_pods::give_up(context, &job, &pods, usize::MAX).map(|_| Outcome::Done)
        }
        None => job_pods::manage(context, &job, &pods, &tally),
    };
    // A Pod given up for the end of the Job counts as failed, one given up to suspend it does not.
    let job = context.store.at(key).unwrap_or(job);
    let pods = adoption::claim(context, NAME, &job, "pods")?;
    let tally = if end.is_some() { job_pods::count_into(context, &job, &pods, tally)? } else { tally };
    write_status(context, key, &job, (&pods, &tally), end.as_ref())?;
    Ok(sooner(worked.unwrap_or(Outcome::Retry), started))
}

/// How a Job ends.
enum End {
    Failed((&'static str, String)),
    Complete((&'static str, String)),
}

fn end(context: &Context, job: &Value, tally: &Tally) -> Option<End> {
    if let Some(target) = condition(job, "FailureTarget") {
        return Some(End::Failed((reason_of(text(target, "/reason")), text(target, "/message").to_owned())));
    }
    let limit = integer(job, "/spec/backoffLimit").unwrap_or(6);
    if tally.failed > limit {
        let message = "Job has reached the specified backoff limit".to_owned();
        return Some(End::Failed(("BackoffLimitExceeded", message)));
    }
    if until_deadline(context, job).is_some_and(|left| left.is_zero()) {
        let message = "Job was active longer than specified deadline".to_owned();
        return Some(End::Failed(("DeadlineExceeded", message)));
    }
    if let Some(failure) = job_policies::failed_indexes(job, tally) {
        return Some(End::Failed(failure));
    }
    job_policies::success(job, tally).map(End::Complete)
}

/// The reasons a Job can fail for, as they are known to the program.
fn reason_of(text: &str) -> &'static str {
    ["BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy", "FailedIndexes", "MaxFailedIndexesExceeded"]
        .into_iter()
        .find(|reason| *reason == text)
        .unwrap_or("BackoffLimitExceeded")
}

pub(super) fn condition<'a>(job: &'a Value, of: &str) -> Option<&'a Value> {
    list(job, "/status/conditions").iter().find(|one| one["type"] == of && one["status"] == "True")
}

/// When a Job ended.
fn end_of(job: &Value) -> Option<&Value> {
    condition(job, "Complete").or_else(|| condition(job, "Failed"))
}

/// Deletes a Job once `ttlSecondsAfterFinished` are over.
fn expire(context: &Context, key: &Key, job: &Stored, ended: &Value) -> Result<Outcome, ApiError> {
    let ttl = integer(&job.object, "/spec/ttlSecondsAfterFinished").and_then(|n| u64::try_from(n).ok());
    let (Some(ttl), Some(at)) = (ttl, parse_time(text(ended, "/lastTransitionTime"))) else { return Ok(Outcome::Done) };
    let gone = Duration::try_from(context.now().duration_since(at)).unwrap_or_default();
    let left = Duration::from_secs(ttl).saturating_sub(gone);
    if left.is_zero() && !object::is_terminating(&job.object) {
        context.delete_as("ttl-after-finished-controller", key, cause(job), &Options::foreground())?;
        return Ok(Outcome::Done);
    }
    Ok(Outcome::After(left))
}

fn until_deadline(context: &Context, job: &Value) -> Option<Duration> {
    let limit = integer(job, "/spec/activeDeadlineSeconds").and_then(|n| u64::try_from(n).ok())?;
    let since = parse_time(text(job, "/status/startTime"))?;
    if job["spec"]["suspend"] == true {
        return None;
    }
    let been = Duration::try_from(context.now().duration_since(since)).unwrap_or_default();
    Some(Duration::from_secs(limit).saturating_sub(been))
}

/// Notes the start, a suspension or its end. Says when the deadline is to be looked at.
fn start(context: &Context, key: &Key, job: &Stored) -> Result<Outcome, ApiError> {
    let now = object::time(context.now());
    let suspended = job.object["spec"]["suspend"] == true;
    let noted = list(&job.object, "/status/conditions").iter().find(|one| one["type"] == "Suspended").cloned();
    let was = noted.as_ref().is_some_and(|one| one["status"] == "True");
    let change = match (suspended, was) {
        (true, false) => Some(("True", "JobSuspended", "Job suspended", "Suspended")),
        (false, true) => Some(("False", "JobResumed", "Job resumed", "Resumed")),
        _ => None,
    };
    let written = context.update(NAME, key, cause(job), |new| {
        let unstarted = text(new, "/status/startTime").is_empty();
        if !suspended && (unstarted || was) {
            object::set(new, &["status", "startTime"], now.clone());
        }
        if let Some((status, reason, message, _)) = change {
            let mut conditions = list(new, "/status/conditions").to_vec();
            let condition = json!({
                "type": "Suspended", "status": status, "reason": reason, "message": message,
                "lastProbeTime": now, "lastTransitionTime": now,
            });
            set_condition(&mut conditions, condition);
            object::set(new, &["status", "conditions"], conditions);
        }
    })?;
    if let Some((_, _, message, event)) = change {
        context.event(NAME, job, "Normal", event, message);
    }
    Ok(until_deadline(context, &written).filter(|left| !left.is_zero()).map_or(Outcome::Done, Outcome::After))
}

/// Deletes the Pods that still run because the Job ends.
fn stop(context: &Context, job: &Stored, pods: &[(Key, Stored)]) -> Result<Outcome, ApiError> {
    for (_, pod) in pods.iter().filter(|(_, pod)| is_active(&pod.object)) {
        super::pod_control::delete(context, NAME, job, &pod.object)?;
    }
    Ok(Outcome::Done)
}

fn write_status(
    context: &Context,
    key: &Key,
    job: &Stored,
    (pods, tally): (&[(Key, Stored)], &Tally),
    end: Option<&End>,
) -> Result<(), ApiError> {
    let now = object::time(context.now());
    let state = job_pods::state(context, pods);
    let settled = state.active == 0 && state.terminating == 0;
    let mut told = None;
    context.update(NAME, key, cause(job), |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        let mut note = |of: &str, reason: &str, message: &str| {
            if conditions.iter().any(|one| one["type"] == of && one["status"] == "True") {
                return;
            }
            let condition = json!({
                "type": of, "status": "True", "reason": reason, "message": message,
                "lastProbeTime": now, "lastTransitionTime": now,
            });
            set_condition(&mut conditions, condition);
        };
        match end {
            Some(End::Complete((reason, message))) => {
                note("SuccessCriteriaMet", reason, message);
                if settled {
                    note("Complete", reason, message);
                    told = Some(("Normal", "Completed", "Job completed".to_owned()));
                }
            }
            Some(End::Failed((reason, message))) => {
                note("FailureTarget", reason, message);
                if settled {
                    note("Failed", reason, message);
                    told = Some(("Warning", *reason, message.clone()));
                }
            }
            None => {}
        }
        let mut status = json!({
            "ready": state.ready,
            "terminating": state.terminating,
            "uncountedTerminatedPods": {},
        });
        if let Some(started) = new["status"].get("startTime") {
            status["startTime"] = started.clone();
        }
        if matches!(end, Some(End::Complete(_))) && settled {
            status["completionTime"] = json!(now);
        }
        tally.write(new, &mut status);
        if state.active > 0 {
            status["active"] = json!(state.active);
        }
        if !conditions.is_empty() {
            status["conditions"] = json!(conditions);
        }
        new["status"] = status;
    })?;
    if let Some((level, reason, message)) = told {
        context.event(NAME, job, level, reason, &message);
    }
    Ok(())
}
