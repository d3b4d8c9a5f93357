//! What the Pods of a workload use, beside what an autoscaler aims at.

use serde_json::{Value, json};

use super::{Context, pod_control};
use crate::kinds::{metrics, quantity};
use crate::store::Stored;
use crate::store::object::{self, integer, list, text};

/// One metric as it was read.
pub(super) struct Reading {
    /// Its entry in `currentMetrics`.
    pub(super) status: Value,
    /// Use divided by the target.
    pub(super) ratio: f64,
    /// Such as `cpu resource utilization (percentage of request)`.
    pub(super) name: String,
}

/// Why a metric cannot be read.
pub(super) struct Failure {
    pub(super) reason: &'static str,
    /// Such as `cpu resource metric value`.
    pub(super) what: String,
    pub(super) message: String,
}

/// How replicas follow from a ratio.
pub(super) struct Measured;

/// How far from the target is near enough (`--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;

impl Measured {
    /// The replicas that bring the use to its target.
    pub(super) fn replicas(ratio: f64, current: i64) -> i64 {
        if (ratio - 1.0).abs() <= TOLERANCE {
            return current;
        }
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "replicas are few")]
        let wanted = (ratio * current as f64).ceil() as i64;
        wanted.max(1)
    }
}

/// Reads one metric of a workload. Those of Pods, objects and external systems have no source here.
pub(super) fn read(context: &Context, target: &Stored, metric: &Value) -> Result<Reading, Failure> {
    let of = text(metric, "/type");
    if of != "Resource" {
        let message = format!("the stagegate Kubernetes emulator has no metrics of type {of}");
        return Err(Failure { reason: "FailedGetMetrics", what: format!("{} metric", of.to_lowercase()), message });
    }
    let resource = text(metric, "/resource/name").to_owned();
    let goal = &metric["resource"]["target"];
    let utilization = integer(goal, "/averageUtilization");
    let measure = if utilization.is_some() { "utilization" } else { "resource metric" };
    let fail = |detail: String| Failure {
        reason: "FailedGetResourceMetric",
        what: format!("{resource} resource metric value"),
        message: format!("failed to get {resource} {measure}: {detail}"),
    };
    if context.registry.by_resource(&format!("pods.{}", metrics::GROUP)).is_none() {
        return Err(fail(format!(
            "unable to get metrics for resource {resource}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
        )));
    }
    let (used, requested, pods) = sums(context, target, &resource).map_err(fail)?;
    if pods == 0 {
        return Err(fail("no metrics returned from resource metrics API".to_owned()));
    }
    #[expect(clippy::cast_precision_loss, reason = "replicas are few")]
    let average = used / pods as f64;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a percentage")]
    let (ratio, current, name) = if let Some(goal) = utilization {
        let percentage = (used / requested * 100.0) as i64;
        let current = json!({"averageValue": amount(&resource, average), "averageUtilization": percentage});
        let name = format!("{resource} resource utilization (percentage of request)");
        (percentage as f64 / goal as f64, current, name)
    } else {
        let goal = quantity(&goal["averageValue"]).unwrap_or(f64::INFINITY);
        (average / goal, json!({"averageValue": amount(&resource, average)}), format!("{resource} resource"))
    };
    let status = json!({"type": "Resource", "resource": {"name": resource, "current": current}});
    Ok(Reading { status, ratio, name })
}

/// What the ready Pods use and request of a resource in its base unit, and how many they are.
fn sums(context: &Context, target: &Stored, resource: &str) -> Result<(f64, f64, usize), String> {
    let selector = &target.object["spec"]["selector"]["matchLabels"];
    let (pods, _) = context.store.list("pods", Some(object::namespace(&target.object)));
    let selected = pods.iter().filter(|pod| {
        let labels = &pod.object["metadata"]["labels"];
        let wanted = selector.as_object();
        wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels.get(key) == Some(value)))
            && pod_control::is_ready(&pod.object)
    });
    let (mut used, mut requested, mut count) = (0.0, 0.0, 0);
    for pod in selected {
        count += 1;
        for container in list(&pod.object, "/spec/containers") {
            let request = &container["resources"]["requests"][resource];
            requested += quantity(request).ok_or_else(|| {
                let (container, pod) = (text(container, "/name"), object::name(&pod.object));
                format!("missing request for {resource} in container {container} of Pod {pod}")
            })?;
        }
        for usage in context.node.usage(object::uid(&pod.object)) {
            #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^52")]
            let amount = if resource == "cpu" { usage.cpu as f64 / 1000.0 } else { usage.memory as f64 };
            used += amount;
        }
    }
    Ok((used, requested, count))
}

fn amount(resource: &str, value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "amounts are far below 2^52")]
    if resource == "cpu" { format!("{}m", (value * 1000.0).round() as i64) } else { (value.round() as i64).to_string() }
}
