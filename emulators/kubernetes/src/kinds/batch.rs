//! Jobs and CronJobs.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::columns::{self, AGE, CONTAINERS, Column, IMAGES, NAME, SELECTOR, human_duration};
use super::{Rules, cron_schedule, pods};
use crate::api::status::FieldError;
use crate::store::object::{self, integer, is_terminating, list, list_mut, map_at, parse_time, set_default, text};

/// Rules of Job.
pub(super) const JOB: Rules = Rules {
    defaults: |job| {
        let spec = &mut job["spec"];
        if spec["completions"].is_null() && spec["parallelism"].is_null() {
            set_default(spec, &["completions"], 1);
        }
        set_default(spec, &["parallelism"], 1);
        let backoff = if spec["backoffLimitPerIndex"].is_null() { 6 } else { i64::from(i32::MAX) };
        set_default(spec, &["backoffLimit"], backoff);
        set_default(spec, &["completionMode"], "NonIndexed");
        set_default(spec, &["suspend"], false);
        set_default(spec, &["manualSelector"], false);
        let replaced = if spec["podFailurePolicy"].is_null() { "TerminatingOrFailed" } else { "Failed" };
        set_default(spec, &["podReplacementPolicy"], replaced);
        for rule in list_mut(spec, &["podFailurePolicy", "rules"]) {
            for condition in list_mut(rule, &["onPodConditions"]) {
                set_default(condition, &["status"], "True");
            }
        }
        pods::apply_template_defaults(&mut spec["template"]["spec"]);
        generate_selector(job);
    },
    validate: |job, errors| {
        for field in ["parallelism", "completions", "backoffLimit"] {
            if let Some(number) = integer(job, &format!("/spec/{field}")).filter(|number| *number < 0) {
                let detail = "must be greater than or equal to 0";
                errors.push(FieldError::invalid(format!("spec.{field}"), number, detail));
            }
        }
        validate_selector(job, errors);
        validate_template(&job["spec"]["template"], "spec.template", errors);
    },
    validate_update: |new, old, errors| {
        let indexed = new["spec"]["completionMode"] == "Indexed";
        if new["spec"]["completions"] != old["spec"]["completions"] && !indexed {
            let completions = new["spec"]["completions"].clone();
            errors.push(FieldError::invalid("spec.completions", completions, "field is immutable"));
        }
        if new["spec"]["template"] != old["spec"]["template"] {
            errors.push(FieldError::invalid("spec.template", new["spec"]["template"].clone(), "field is immutable"));
        }
        if new["spec"]["selector"] != old["spec"]["selector"] {
            errors.push(FieldError::invalid("spec.selector", new["spec"]["selector"].clone(), "field is immutable"));
        }
    },
    columns: &[
        NAME,
        Column::text("Status"),
        Column::text("Completions"),
        Column::text("Duration"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    row: |job, now| {
        let [containers, images] = columns::containers_and_images(job, "/spec/template/spec");
        let succeeded = integer(job, "/status/succeeded").unwrap_or(0);
        let completions = match (integer(job, "/spec/completions"), integer(job, "/spec/parallelism").unwrap_or(0)) {
            (Some(wanted), _) => format!("{succeeded}/{wanted}"),
            (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
            _ => format!("{succeeded}/1"),
        };
        vec![
            columns::name(job),
            json!(status_word(job)),
            json!(completions),
            json!(run_time(job, now)),
            columns::age(job, now),
            containers,
            images,
            columns::label_selector(job.pointer("/spec/selector")),
        ]
    },
};

/// Rules of CronJob.
pub(super) const CRON_JOB: Rules = Rules {
    defaults: |cron| {
        let spec = &mut cron["spec"];
        set_default(spec, &["concurrencyPolicy"], "Allow");
        set_default(spec, &["suspend"], false);
        set_default(spec, &["successfulJobsHistoryLimit"], 3);
        set_default(spec, &["failedJobsHistoryLimit"], 1);
        // Kubernetes shows the metadata of templates even when they are empty.
        map_at(spec, &["jobTemplate", "metadata"]);
        map_at(spec, &["jobTemplate", "spec", "template", "metadata"]);
        pods::apply_template_defaults(&mut spec["jobTemplate"]["spec"]["template"]["spec"]);
    },
    validate: |cron, errors| {
        validate_cron(cron, errors);
        let template = &cron["spec"]["jobTemplate"]["spec"]["template"];
        validate_template(template, "spec.jobTemplate.spec.template", errors);
    },
    columns: &[
        NAME,
        Column::text("Schedule"),
        Column::text("Timezone"),
        Column { name: "Suspend", of: "boolean", priority: 0 },
        Column::number("Active"),
        Column::text("Last Schedule"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    row: |cron, now| {
        let [containers, images] = columns::containers_and_images(cron, "/spec/jobTemplate/spec/template/spec");
        let last = match text(cron, "/status/lastScheduleTime") {
            "" => "<none>".to_owned(),
            at => columns::since(at, now),
        };
        vec![
            columns::name(cron),
            json!(text(cron, "/spec/schedule")),
            columns::or_none(cron, "/spec/timeZone"),
            // A Table cell of this column is text although the column is boolean.
            json!(if cron["spec"]["suspend"] == true { "True" } else { "False" }),
            json!(list(cron, "/status/active").len()),
            json!(last),
            columns::age(cron, now),
            containers,
            images,
            json!("<none>"),
        ]
    },
    ..Rules::PLAIN
};

/// A Job that does not choose its own selector selects its Pods by the Job's uid.
fn generate_selector(job: &mut Value) {
    let uid = object::uid(job).to_owned();
    let done = |job: &Value| job["spec"]["selector"]["matchLabels"].get(CONTROLLER_UID).is_some();
    if uid.is_empty() || job["spec"]["manualSelector"] == true || done(job) {
        return;
    }
    let name = object::name(job).to_owned();
    let labels = map_at(job, &["spec", "template", "metadata", "labels"]);
    for key in ["controller-uid", "batch.kubernetes.io/controller-uid"] {
        labels.insert(key.to_owned(), json!(uid));
    }
    for key in ["job-name", "batch.kubernetes.io/job-name"] {
        labels.insert(key.to_owned(), json!(name));
    }
    map_at(job, &["spec", "selector", "matchLabels"]).insert(CONTROLLER_UID.to_owned(), json!(uid));
    job["spec"]["manualSelector"] = json!(false);
    let labels = job.pointer("/spec/template/metadata/labels").cloned().unwrap_or_default();
    if map_at(job, &["metadata", "labels"]).is_empty() {
        job["metadata"]["labels"] = labels;
    }
}

const CONTROLLER_UID: &str = "batch.kubernetes.io/controller-uid";

/// A selector of one's own needs `manualSelector`.
fn validate_selector(job: &Value, errors: &mut Vec<FieldError>) {
    let selector = &job["spec"]["selector"];
    let generated = json!({"matchLabels": {CONTROLLER_UID: object::uid(job)}});
    if job["spec"]["manualSelector"] != true && *selector != generated {
        errors.push(FieldError::invalid("spec.selector", selector.clone(), "`selector` not auto-generated"));
    }
    let labels = job.pointer("/spec/template/metadata/labels").cloned().unwrap_or_default();
    if !super::workloads::selector_matches(selector, &labels) {
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", labels, detail));
    }
}

fn validate_cron(cron: &Value, errors: &mut Vec<FieldError>) {
    let name = object::name(cron);
    if name.len() > 52 {
        errors.push(FieldError::invalid("metadata.name", name, "must be no more than 52 characters"));
    }
    let schedule = text(cron, "/spec/schedule");
    if schedule.is_empty() {
        errors.push(FieldError::required("spec.schedule", ""));
    } else {
        let zoned = schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=");
        if let Some(detail) = cron_schedule::parse(schedule).err().filter(|_| !zoned) {
            errors.push(FieldError::invalid("spec.schedule", schedule, &detail));
        }
        if schedule.contains("TZ") {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            errors.push(FieldError::invalid("spec.schedule", schedule, detail));
        }
    }
    if let Some(seconds) = integer(cron, "/spec/startingDeadlineSeconds").filter(|seconds| *seconds < 0) {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("spec.startingDeadlineSeconds", seconds, detail));
    }
    let zone = text(cron, "/spec/timeZone");
    if !zone.is_empty() && jiff::tz::TimeZone::get(zone).is_err() {
        errors.push(FieldError::invalid("spec.timeZone", zone, &format!("unknown time zone {zone}")));
    }
    let policy = text(cron, "/spec/concurrencyPolicy");
    let supported = ["Allow", "Forbid", "Replace"];
    if !supported.contains(&policy) {
        errors.push(FieldError::not_supported("spec.concurrencyPolicy", policy, &supported));
    }
}

fn validate_template(template: &Value, at: &str, errors: &mut Vec<FieldError>) {
    pods::validate_spec(&template["spec"], &format!("{at}.spec"), errors);
    let policy = text(template, "/spec/restartPolicy");
    if policy != "OnFailure" && policy != "Never" {
        let field = format!("{at}.spec.restartPolicy");
        if policy == "Always" || policy.is_empty() {
            errors.push(FieldError::required(field, "valid values: \"OnFailure\", \"Never\""));
        } else if pods::POLICIES.contains(&policy) {
            errors.push(FieldError::not_supported(field, policy, &["OnFailure", "Never"]));
        }
    }
}

fn status_word(job: &Value) -> &'static str {
    let is = |of: &str| list(job, "/status/conditions").iter().any(|one| one["type"] == of && one["status"] == "True");
    if is("Complete") {
        "Complete"
    } else if is("Failed") {
        "Failed"
    } else if is_terminating(job) {
        "Terminating"
    } else if is("Suspended") {
        "Suspended"
    } else {
        "Running"
    }
}

fn run_time(job: &Value, now: Timestamp) -> String {
    let Some(start) = parse_time(text(job, "/status/startTime")) else { return String::new() };
    let end = parse_time(text(job, "/status/completionTime")).unwrap_or(now);
    human_duration(Duration::try_from(end.duration_since(start)).unwrap_or_default())
}
