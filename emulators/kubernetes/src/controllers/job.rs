//! Jobs: Pods that run until enough of them have succeeded.

use std::time::Duration;

use serde_json::{Value, json};

use super::pod_control::{self, cause, is_active, is_ready, set_condition};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

const NAME: &str = "job-controller";

/// Makes the Pods that are missing, or completes or fails the Job.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(job) = context.store.at(key) else { return Ok(Outcome::Done) };
    let ended = list(&job.object, "/status/conditions")
        .iter()
        .any(|one| ["Complete", "Failed"].contains(&text(one, "/type")) && one["status"] == "True");
    if ended || object::is_terminating(&job.object) {
        return Ok(Outcome::Done);
    }
    if text(&job.object, "/spec/completionMode") == "Indexed" {
        let message = "an Indexed Job is not supported by the stagegate Kubernetes emulator";
        context.event(NAME, &job, "Warning", "NotSupported", message);
        return Ok(Outcome::Done);
    }
    let stepped = if job.object["spec"]["suspend"] == true { Ok(Outcome::Done) } else { step(context, &job) };
    write_status(context, key, &job)?;
    Ok(stepped.unwrap_or(Outcome::Retry))
}

struct Counts {
    active: usize,
    ready: usize,
    succeeded: usize,
    failed: usize,
}

fn count(context: &Context, job: &Value) -> Counts {
    let pods = context.controlled(job, "pods");
    let in_phase = |phase: &str| pods.iter().filter(|(_, pod)| text(&pod.object, "/status/phase") == phase).count();
    Counts {
        active: pods.iter().filter(|(_, pod)| is_active(&pod.object)).count(),
        ready: pods.iter().filter(|(_, pod)| is_ready(&pod.object)).count(),
        succeeded: in_phase("Succeeded"),
        failed: in_phase("Failed"),
    }
}

fn limit(job: &Value, field: &str, default: usize) -> usize {
    integer(job, &format!("/spec/{field}")).and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
}

fn step(context: &Context, job: &Stored) -> Result<Outcome, ApiError> {
    let object = &*job.object;
    let counts = count(context, object);
    if counts.failed > limit(object, "backoffLimit", 6) {
        return Ok(Outcome::Done);
    }
    let pause = back_off(context, object, counts.failed);
    if !pause.is_zero() {
        return Ok(Outcome::After(pause));
    }
    let remaining = limit(object, "completions", 1).saturating_sub(counts.succeeded);
    let wanted = limit(object, "parallelism", 1).min(remaining);
    let prefix = format!("{}-", object::name(object));
    for _ in counts.active..wanted {
        let pod = pod_control::from_template(object, &object["spec"]["template"], ("generateName", &prefix));
        pod_control::create(context, NAME, job, pod)?;
    }
    Ok(Outcome::Done)
}

/// How long until the next Pod after failures: 10 s, doubled with each, at most 10 minutes.
fn back_off(context: &Context, job: &Value, failed: usize) -> Duration {
    let Some(doublings) = failed.checked_sub(1) else { return Duration::ZERO };
    let finished = |pod: &Value| {
        let ends = list(pod, "/status/containerStatuses").iter();
        ends.filter_map(|one| parse_time(text(one, "/state/terminated/finishedAt"))).max()
    };
    let pods = context.controlled(job, "pods");
    let Some(last) = pods.iter().filter_map(|(_, pod)| finished(&pod.object)).max() else { return Duration::ZERO };
    let pause = Duration::from_secs(10 << doublings.min(6)).min(Duration::from_secs(600));
    pause.saturating_sub(Duration::try_from(context.now().duration_since(last)).unwrap_or_default())
}

fn write_status(context: &Context, key: &Key, job: &Stored) -> Result<(), ApiError> {
    let counts = count(context, &job.object);
    let complete = counts.succeeded >= limit(&job.object, "completions", 1);
    let failed = counts.failed > limit(&job.object, "backoffLimit", 6);
    let now = object::time(context.now());
    context.update(NAME, key, cause(job), |new| {
        let started = match text(new, "/status/startTime") {
            "" => now.clone(),
            at => at.to_owned(),
        };
        let mut conditions = list(new, "/status/conditions").to_vec();
        let mut note = |of: &str, reason: &str, message: &str| {
            set_condition(
                &mut conditions,
                json!({
                    "type": of, "status": "True", "reason": reason, "message": message,
                    "lastProbeTime": now, "lastTransitionTime": now,
                }),
            );
        };
        if complete {
            note("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods");
            note("Complete", "CompletionsReached", "Reached expected number of succeeded pods");
        } else if failed {
            note("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
            note("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        let mut status = json!({
            "startTime": started,
            "ready": counts.ready,
            "terminating": 0,
            "uncountedTerminatedPods": {},
        });
        if complete {
            status["completionTime"] = json!(now);
        }
        for (field, count) in [("active", counts.active), ("succeeded", counts.succeeded), ("failed", counts.failed)] {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        if !conditions.is_empty() {
            status["conditions"] = json!(conditions);
        }
        new["status"] = status;
    })?;
    if complete {
        context.event(NAME, job, "Normal", "Completed", "Job completed");
    } else if failed {
        let message = "Job has reached the specified backoff limit";
        context.event(NAME, job, "Warning", "BackoffLimitExceeded", message);
    }
    Ok(())
}
