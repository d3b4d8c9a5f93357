//! PodDisruptionBudgets: how many Pods may go.
//!
//! The counts are those of `pkg/controller/disruption` of Kubernetes 1.34.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pod_control::{is_active, is_ready, set_condition};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::kinds::{percent_of, selector_matches};
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "disruption-controller";

/// Brings a budget's status up to date with its Pods.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(budget) = context.store.at(key) else { return Ok(Outcome::Done) };
    let (pods, _) = context.store.list("pods", Some(&key.namespace));
    let selector = &budget.object["spec"]["selector"];
    let pods: Vec<_> =
        pods.into_iter().filter(|pod| selector_matches(selector, &pod.object["metadata"]["labels"])).collect();
    let (expected, desired) = wanted(context, &budget.object, &pods);
    let healthy = pods.iter().filter(|pod| is_active(&pod.object) && is_ready(&pod.object)).count();
    let healthy = i64::try_from(healthy).unwrap_or(i64::MAX);
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let now = object::time(context.now());
    context.update(NAME, key, &budget.cause, |new| {
        let generation = integer(new, "/metadata/generation");
        let (status, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
        let mut conditions = list(new, "/status/conditions").to_vec();
        let condition = json!({
            "type": "DisruptionAllowed", "status": status, "reason": reason, "message": "",
            "observedGeneration": generation, "lastTransitionTime": now,
        });
        set_condition(&mut conditions, condition);
        new["status"] = json!({
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "observedGeneration": generation,
            "conditions": conditions,
        });
    })?;
    Ok(Outcome::Done)
}

/// How many Pods there should be, and how many of them healthy.
fn wanted(context: &Context, budget: &Value, pods: &[Stored]) -> (i64, i64) {
    let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let (least, most) = (&budget["spec"]["minAvailable"], &budget["spec"]["maxUnavailable"]);
    if !most.is_null() {
        let expected = scale_of_controllers(context, pods);
        return (expected, (expected - percent_of(most, expected, true)).max(0));
    }
    match least {
        Value::String(_) => {
            let expected = scale_of_controllers(context, pods);
            (expected, percent_of(least, expected, true))
        }
        number => (count, number.as_i64().unwrap_or(0)),
    }
}

/// The replicas that the controllers of the Pods want, each controller once.
fn scale_of_controllers(context: &Context, pods: &[Stored]) -> i64 {
    let mut scales = BTreeMap::new();
    for pod in pods {
        if let Some(controller) = top_controller(context, &pod.object) {
            let replicas = integer(&controller, "/spec/replicas").unwrap_or(0);
            scales.insert(object::uid(&controller).to_owned(), replicas);
        }
    }
    scales.values().sum()
}

/// The scaled workload that is behind a Pod: the Deployment of its ReplicaSet, or what controls it.
fn top_controller(context: &Context, controlled: &Value) -> Option<Value> {
    let owner = object::controller_of(controlled)?;
    let kind = context.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind"))?;
    let found = context.store.get(&kind.resource, object::namespace(controlled), text(owner, "/name"))?;
    if object::uid(&found.object) != text(owner, "/uid") {
        return None;
    }
    top_controller(context, &found.object).or_else(|| Some((*found.object).clone()))
}
