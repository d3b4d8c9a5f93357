//! HorizontalPodAutoscalers: as many replicas as the use of their Pods asks for.
//!
//! Words and reasons are those of `pkg/controller/podautoscaler` of Kubernetes 1.34.

use std::time::Duration;

use serde_json::{Value, json};

use super::pod_control::{cause, set_condition};
use super::resource_metrics::{self, Measured, Reading};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "horizontal-pod-autoscaler";

/// How often it looks (`--horizontal-pod-autoscaler-sync-period`).
const PERIOD: Duration = Duration::from_secs(15);

/// For how long the highest recommendation keeps replicas up (`scaleDown.stabilizationWindowSeconds`).
const STABILIZATION: Duration = Duration::from_secs(300);

/// What one look came to.
#[derive(Default)]
struct Look {
    conditions: Vec<Value>,
    metrics: Vec<Value>,
    current: Option<i64>,
    desired: i64,
    rescaled: bool,
}

impl Look {
    fn says(&mut self, of: &str, status: bool, reason: &str, message: impl Into<String>) {
        let status = if status { "True" } else { "False" };
        set_condition(
            &mut self.conditions,
            json!({"type": of, "status": status, "reason": reason, "message": message.into()}),
        );
    }
}

/// Looks at the target and its use, scales it, and writes the status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(scaler) = context.store.at(key) else {
        context.recommendations().remove(key);
        return Ok(Outcome::Done);
    };
    if object::is_terminating(&scaler.object) {
        return Ok(Outcome::Done);
    }
    let look = look(context, key, &scaler)?;
    write_status(context, key, &scaler, look)?;
    Ok(Outcome::After(PERIOD))
}

fn look(context: &Context, key: &Key, scaler: &Stored) -> Result<Look, ApiError> {
    let mut look = Look { conditions: list(&scaler.object, "/status/conditions").to_vec(), ..Look::default() };
    let Some(target) = target(context, key, scaler) else {
        let reference = &scaler.object["spec"]["scaleTargetRef"];
        let kind = context.registry.by_kind(text(reference, "/apiVersion"), text(reference, "/kind"));
        let resource = kind.map_or_else(|| text(reference, "/kind").to_lowercase(), |kind| kind.resource.to_string());
        let error = format!("{resource} {:?} not found", text(reference, "/name"));
        context.event(NAME, scaler, "Warning", "FailedGetScale", &error);
        let message = format!("the HPA controller was unable to get the target's current scale: {error}");
        look.says("AbleToScale", false, "FailedGetScale", message);
        return Ok(look);
    };
    look.says(
        "AbleToScale",
        true,
        "SucceededGetScale",
        "the HPA controller was able to get the target's current scale",
    );
    let found = context.store.at(&target).unwrap_or_else(|| scaler.clone());
    let current = integer(&found.object, "/spec/replicas").unwrap_or(1);
    look.current = Some(integer(&found.object, "/status/replicas").unwrap_or(0)).filter(|replicas| *replicas > 0);
    if current == 0 {
        let message = "scaling is disabled since the replica count of the target is zero";
        look.says("ScalingActive", false, "ScalingDisabled", message);
        return Ok(look);
    }
    let number = |field: &str, fallback: i64| integer(&scaler.object, &format!("/spec/{field}")).unwrap_or(fallback);
    let (least, most) = (number("minReplicas", 1), number("maxReplicas", 1));
    let (desired, reason) = if current > most {
        (most, "Current number of replicas above Spec.MaxReplicas".to_owned())
    } else if current < least {
        (least, "Current number of replicas below Spec.MinReplicas".to_owned())
    } else {
        match measured(context, scaler, &found, current, &mut look) {
            Some((wanted, reason)) => (bounded(context, key, wanted, current, (least, most), &mut look), reason),
            None => return Ok(look),
        }
    };
    look.desired = desired;
    if desired == current {
        if !look.conditions.iter().any(|one| one["reason"] == "ScaleDownStabilized") {
            look.says("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size");
        }
        return Ok(look);
    }
    context.update(NAME, &target, cause(scaler), |workload| object::set(workload, &["spec", "replicas"], desired))?;
    let message = format!("New size: {desired}; reason: {reason}");
    context.event(NAME, scaler, "Normal", "SuccessfulRescale", &message);
    let message = format!("the HPA controller was able to update the target scale to {desired}");
    look.says("AbleToScale", true, "SucceededRescale", message);
    look.rescaled = true;
    Ok(look)
}

/// The workload that the autoscaler is for, if there is one that can be scaled.
fn target(context: &Context, key: &Key, scaler: &Stored) -> Option<Key> {
    let reference = &scaler.object["spec"]["scaleTargetRef"];
    let kind = context.registry.by_kind(text(reference, "/apiVersion"), text(reference, "/kind"))?;
    let target = Key::new(&kind.resource, &key.namespace, text(reference, "/name"));
    (kind.has("scale") && context.store.at(&target).is_some()).then_some(target)
}

/// The highest count that any of the metrics asks for, and why; `None` when none can be read.
fn measured(
    context: &Context,
    scaler: &Stored,
    target: &Stored,
    current: i64,
    look: &mut Look,
) -> Option<(i64, String)> {
    let metrics = list(&scaler.object, "/spec/metrics");
    let mut best: Option<(i64, String)> = None;
    let mut failures = Vec::new();
    for metric in metrics {
        match resource_metrics::read(context, target, metric) {
            Ok(Reading { status, ratio, name }) => {
                look.metrics.push(status);
                let wanted = Measured::replicas(ratio, current);
                if best.as_ref().is_none_or(|(most, _)| wanted > *most) {
                    best = Some((wanted, name));
                }
            }
            Err(failure) => {
                look.metrics.push(json!({"type": ""}));
                context.event(NAME, scaler, "Warning", failure.reason, &failure.message);
                failures.push(failure);
            }
        }
    }
    // What fails could have asked for more: a smaller count is not trusted then.
    let trusted = best.filter(|(wanted, _)| failures.is_empty() || *wanted > current);
    match (trusted, failures.first()) {
        (Some((wanted, name)), _) => {
            let message = format!("the HPA was able to successfully calculate a replica count from {name}");
            look.says("ScalingActive", true, "ValidMetricFound", message);
            let reason =
                if wanted > current { format!("{name} above target") } else { "All metrics below target".to_owned() };
            Some((wanted, reason))
        }
        (None, Some(first)) => {
            let count = (failures.len(), metrics.len());
            let message = format!("the HPA was unable to compute the replica count: {}", first.message);
            look.says("ScalingActive", false, first.reason, message);
            let message = format!(
                "invalid metrics ({} invalid out of {}), first error is: failed to get {}: {}",
                count.0, count.1, first.what, first.message
            );
            context.event(NAME, scaler, "Warning", "FailedComputeMetricsReplicas", &message);
            None
        }
        (None, None) => None,
    }
}

/// The count within the limits, and kept up by what was recommended shortly before.
fn bounded(context: &Context, key: &Key, wanted: i64, current: i64, (least, most): (i64, i64), look: &mut Look) -> i64 {
    let now = context.now();
    let highest = {
        let mut recommendations = context.recommendations();
        let of_this = recommendations.entry(key.clone()).or_insert_with(|| vec![(now, current)]);
        of_this.retain(|(at, _)| context.store.simulation.clock.since(*at) < STABILIZATION);
        of_this.push((now, wanted));
        of_this.iter().map(|(_, count)| *count).max().unwrap_or(wanted)
    };
    let stabilized = if wanted < current { highest.min(current) } else { wanted };
    if stabilized > wanted {
        let message = "recent recommendations were higher than current one, applying the highest recent recommendation";
        look.says("AbleToScale", true, "ScaleDownStabilized", message);
    }
    // Twice the replicas, or four more, within a quarter of a minute (the default scale-up policies).
    let quick = most.min((current * 2).max(current + 4));
    if stabilized < least {
        let message = "the desired replica count is less than the minimum replica count";
        look.says("ScalingLimited", true, "TooFewReplicas", message);
    } else if stabilized > quick {
        let (reason, message) = if quick == most {
            ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
        } else {
            ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
        };
        look.says("ScalingLimited", true, reason, message);
    } else {
        look.says("ScalingLimited", false, "DesiredWithinRange", "the desired count is within the acceptable range");
    }
    stabilized.clamp(least, quick)
}

fn write_status(context: &Context, key: &Key, scaler: &Stored, look: Look) -> Result<(), ApiError> {
    let now = object::time(context.now());
    context.update(NAME, key, cause(scaler), |new| {
        let mut conditions = look.conditions;
        for condition in &mut conditions {
            if condition.get("lastTransitionTime").is_none() {
                condition["lastTransitionTime"] = json!(now);
            }
        }
        let last = new["status"].get("lastScaleTime").cloned();
        let metrics = if look.metrics.is_empty() { Value::Null } else { json!(look.metrics) };
        let mut status = json!({"conditions": conditions, "currentMetrics": metrics, "desiredReplicas": look.desired});
        if let Some(current) = look.current {
            status["currentReplicas"] = json!(current);
        }
        if let Some(last) = if look.rescaled { Some(json!(now)) } else { last } {
            status["lastScaleTime"] = last;
        }
        new["status"] = status;
    })?;
    Ok(())
}
