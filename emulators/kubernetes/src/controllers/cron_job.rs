//! CronJobs: Jobs at the times of a schedule.
//!
//! Order and words are those of `pkg/controller/cronjob` of Kubernetes 1.34.

use std::time::Duration;

use jiff::Zoned;
use serde_json::{Value, json};

use super::cron_schedule::{self, Due, Schedule};
use super::job::condition;
use super::pod_control::{cause, controller_reference};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, parse_time, text};
use crate::store::{Key, Stored};

const NAME: &str = "cronjob-controller";
const JOBS: &str = "jobs.batch";
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// Looked at so long after the time that is due, lest a clock that runs ahead misses it.
const DELTA: Duration = Duration::from_millis(100);

/// Gives up what is beyond the history limits, notes what its Jobs do, and makes the Job that is due.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(cron) = context.store.at(key) else { return Ok(Outcome::Done) };
    let mut jobs = context.controlled(&cron.object, JOBS);
    trim_history(context, &cron, &mut jobs)?;
    let mut status = Status::of(&cron.object);
    status.follow(context, &cron, &jobs);
    let outcome = if object::is_terminating(&cron.object) || cron.object["spec"]["suspend"] == true {
        Ok(Outcome::Done)
    } else {
        schedule(context, &cron, &mut status)
    };
    status.write(context, key, &cron)?;
    outcome
}

/// What is to be written of a CronJob's status.
struct Status {
    active: Vec<Value>,
    scheduled: Value,
    succeeded: Value,
}

impl Status {
    fn of(cron: &Value) -> Self {
        let status = &cron["status"];
        Self {
            active: list(cron, "/status/active").to_vec(),
            scheduled: status["lastScheduleTime"].clone(),
            succeeded: status["lastSuccessfulTime"].clone(),
        }
    }

    fn write(self, context: &Context, key: &Key, cron: &Stored) -> Result<(), ApiError> {
        let mut status = json!({});
        if !self.active.is_empty() {
            status["active"] = json!(self.active);
        }
        for (field, value) in [("lastScheduleTime", self.scheduled), ("lastSuccessfulTime", self.succeeded)] {
            if !value.is_null() {
                status[field] = value;
            }
        }
        context.update(NAME, key, cause(cron), |new| new["status"] = status)?;
        Ok(())
    }

    /// Notes the Jobs that have ended, that went missing and that nobody here made.
    fn follow(&mut self, context: &Context, cron: &Stored, jobs: &[(Key, Stored)]) {
        for (key, job) in jobs {
            let uid = object::uid(&job.object);
            let known = self.active.iter().any(|one| text(one, "/uid") == uid);
            let ended = ["Complete", "Failed"].into_iter().find(|of| condition(&job.object, of).is_some());
            match ended {
                None if !known => {
                    let message = format!("Saw a job that the controller did not create or forgot: {}", key.name);
                    context.event(NAME, cron, "Warning", "UnexpectedJob", &message);
                }
                Some(ended) if known => {
                    self.active.retain(|one| text(one, "/uid") != uid);
                    let message = format!("Saw completed job: {}, condition: {ended}", key.name);
                    context.event(NAME, cron, "Normal", "SawCompletedJob", &message);
                }
                Some("Complete") => {
                    let time = |value: &Value| value.as_str().and_then(parse_time);
                    let completed = &job.object["status"]["completionTime"];
                    if time(completed) > time(&self.succeeded) {
                        self.succeeded = completed.clone();
                    }
                }
                _ => {}
            }
        }
        self.active.retain(|one| {
            let found = context.store.get(JOBS, text(one, "/namespace"), text(one, "/name")).is_some();
            if !found {
                let message = format!("Active job went missing: {}", text(one, "/name"));
                context.event(NAME, cron, "Normal", "MissingJob", &message);
            }
            found
        });
    }
}

/// Makes the Job that is due, if one is, and says when to look again.
fn schedule(context: &Context, cron: &Stored, status: &mut Status) -> Result<Outcome, ApiError> {
    let (now, times, due) = match due(context, &cron.object) {
        Ok(found) => found,
        Err((reason, message)) => {
            context.event(NAME, cron, "Warning", reason, &message);
            return Ok(Outcome::Done);
        }
    };
    if let Some(due) = due {
        if due.many_missed {
            let message =
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            context.event(NAME, cron, "Warning", "TooManyMissedTimes", message);
        }
        run(context, cron, status, &due.at)?;
    }
    let next = times.next(&now).map(|next| next.timestamp().duration_since(now.timestamp()));
    Ok(next.map_or(Outcome::Done, |next| Outcome::After(Duration::try_from(next).unwrap_or_default() + DELTA)))
}

/// The time now where the schedule is, the schedule, and what is due; the error is an Event.
fn due(context: &Context, cron: &Value) -> Result<(Zoned, Schedule, Option<Due>), (&'static str, String)> {
    let zone = text(cron, "/spec/timeZone");
    let unknown = |_| ("UnknownTimeZone", format!("invalid timeZone: {zone:?}: unknown time zone {zone}"));
    let now = context.now().to_zoned(cron_schedule::zone(zone).map_err(unknown)?);
    let written = text(cron, "/spec/schedule");
    let times = Schedule::parse(written, if zone.is_empty() { "UTC" } else { zone })
        .map_err(|error| ("UnparseableSchedule", format!("unparseable schedule: {written:?} : {error}")))?;
    let due =
        times.due(cron, &now).map_err(|error| ("InvalidSchedule", format!("invalid schedule: {written} : {error}")))?;
    Ok((now, times, due))
}

/// Makes the Job of a time, as far as those that still run allow it.
fn run(context: &Context, cron: &Stored, status: &mut Status, at: &Zoned) -> Result<(), ApiError> {
    let name = format!("{}-{}", object::name(&cron.object), at.timestamp().as_second() / 60);
    let ran = status.scheduled.as_str().and_then(parse_time) == Some(at.timestamp());
    if ran || status.active.iter().any(|one| text(one, "/name") == name) {
        return Ok(());
    }
    match text(&cron.object, "/spec/concurrencyPolicy") {
        "Forbid" if !status.active.is_empty() => {
            let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
            context.event(NAME, cron, "Normal", "JobAlreadyActive", message);
            return Ok(());
        }
        "Replace" => {
            for one in std::mem::take(&mut status.active) {
                delete(context, cron, &Key::new(JOBS, text(&one, "/namespace"), text(&one, "/name")))?;
            }
        }
        _ => {}
    }
    let job = match context.create(NAME, JOBS, from_template(&cron.object, &name, at), cause(cron)) {
        Ok(job) => {
            context.event(NAME, cron, "Normal", "SuccessfulCreate", &format!("Created job {name}"));
            job
        }
        Err(error) if error.code == 409 => {
            // Made before the status could be written, or by someone else.
            let found = context.store.get(JOBS, object::namespace(&cron.object), &name);
            let own = found.filter(|job| {
                let ended = ["Complete", "Failed"].iter().any(|of| condition(&job.object, of).is_some());
                object::is_controlled_by(&job.object, &cron.object) && !ended
            });
            let Some(job) = own else { return Ok(()) };
            job.object
        }
        Err(error) => {
            context.event(NAME, cron, "Warning", "FailedCreate", &format!("Error creating job: {}", error.message));
            return Err(error);
        }
    };
    status.active.push(json!({
        "apiVersion": job["apiVersion"],
        "kind": job["kind"],
        "namespace": job["metadata"]["namespace"],
        "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"],
        "resourceVersion": job["metadata"]["resourceVersion"],
    }));
    status.scheduled = json!(object::time(at.timestamp()));
    Ok(())
}

fn from_template(cron: &Value, name: &str, at: &Zoned) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut metadata = json!({});
    for field in ["labels", "annotations"] {
        if let Some(map) = template["metadata"].get(field) {
            metadata[field] = map.clone();
        }
    }
    let stamp = if at.offset().is_zero() {
        object::time(at.timestamp())
    } else {
        jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%S%:z", at).unwrap_or_else(|_| object::time(at.timestamp()))
    };
    object::set(&mut metadata, &["annotations", SCHEDULED], stamp);
    object::set(&mut metadata, &["name"], name);
    object::set(&mut metadata, &["namespace"], object::namespace(cron));
    object::set(&mut metadata, &["ownerReferences"], json!([controller_reference(cron)]));
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]})
}

/// Deletes the oldest Jobs that have ended beyond `successfulJobsHistoryLimit` and `failedJobsHistoryLimit`.
fn trim_history(context: &Context, cron: &Stored, jobs: &mut Vec<(Key, Stored)>) -> Result<(), ApiError> {
    for (of, limit) in [("Complete", "/spec/successfulJobsHistoryLimit"), ("Failed", "/spec/failedJobsHistoryLimit")] {
        let Some(limit) = integer(&cron.object, limit).and_then(|n| usize::try_from(n).ok()) else { continue };
        let mut ended: Vec<_> = jobs.iter().filter(|(_, job)| condition(&job.object, of).is_some()).collect();
        ended.sort_by_key(|(key, job)| (text(&job.object, "/status/startTime").to_owned(), key.name.clone()));
        let beyond: Vec<_> = ended.iter().take(ended.len().saturating_sub(limit)).map(|(key, _)| key.clone()).collect();
        for key in &beyond {
            delete(context, cron, key)?;
        }
        jobs.retain(|(key, _)| !beyond.contains(key));
    }
    Ok(())
}

fn delete(context: &Context, cron: &Stored, job: &Key) -> Result<(), ApiError> {
    if context.store.at(job).is_none_or(|job| object::is_terminating(&job.object)) {
        return Ok(());
    }
    context.delete(NAME, job, cause(cron))?;
    context.event(NAME, cron, "Normal", "SuccessfulDelete", &format!("Deleted job {}", job.name));
    Ok(())
}
