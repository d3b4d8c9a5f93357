//! What a Pod asks of a node's resources, and what a node has.
//!
//! The sums are those of `k8s.io/component-helpers/resource.PodRequests` of Kubernetes 1.34.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kinds::quantity;
use crate::store::object::list;

/// What the scheduler counts for a container that asks for nothing when it compares nodes: 100 m of CPU.
const UNSAID_CPU: i128 = 100;
/// 200 Mi of memory for the same purpose.
const UNSAID_MEMORY: i128 = 200 * 1024 * 1024;

/// Amounts by resource: `cpu` in thousandths, others in whole units. Wider than any single one, so that sums do not
/// overflow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Amounts(BTreeMap<String, i128>);

impl Amounts {
    /// What a Pod asks for.
    pub(super) fn requested(pod: &Value) -> Self {
        Self::of_pod(pod, |container| Self::parse(&container["resources"]["requests"]))
    }

    /// The same with something for every container, as nodes are compared by it.
    pub(super) fn compared(pod: &Value) -> Self {
        Self::of_pod(pod, |container| {
            let mut amounts = Self::parse(&container["resources"]["requests"]);
            amounts.0.entry("cpu".to_owned()).or_insert(UNSAID_CPU);
            amounts.0.entry("memory".to_owned()).or_insert(UNSAID_MEMORY);
            amounts
        })
    }

    /// What a node can give.
    pub(super) fn allocatable(node: &Value) -> Self {
        Self::parse(&node["status"]["allocatable"])
    }

    fn parse(amounts: &Value) -> Self {
        let entries = amounts.as_object().into_iter().flatten();
        Self(entries.filter_map(|(name, amount)| Some((name.clone(), whole(name, amount)?))).collect())
    }

    /// Containers run side by side; init containers one after the other before them, beside the sidecars
    /// that were started by then.
    fn of_pod(pod: &Value, of: impl Fn(&Value) -> Self) -> Self {
        let mut running = Self::default();
        for container in list(pod, "/spec/containers") {
            running.add(&of(container), 1);
        }
        let (mut sidecars, mut most) = (Self::default(), Self::default());
        for container in list(pod, "/spec/initContainers") {
            let own = of(container);
            if container["restartPolicy"] == "Always" {
                running.add(&own, 1);
                sidecars.add(&own, 1);
                most.raise(&sidecars);
            } else {
                let mut now = sidecars.clone();
                now.add(&own, 1);
                most.raise(&now);
            }
        }
        running.raise(&most);
        running.add(&Self::parse(&pod["spec"]["overhead"]), 1);
        running
    }

    pub(super) fn get(&self, resource: &str) -> i128 {
        self.0.get(resource).copied().unwrap_or(0)
    }

    /// Adds `other`, `times` over.
    pub(super) fn add(&mut self, other: &Self, times: i64) {
        for (resource, amount) in &other.0 {
            *self.0.entry(resource.clone()).or_default() += amount * i128::from(times);
        }
    }

    fn raise(&mut self, other: &Self) {
        for (resource, amount) in &other.0 {
            let entry = self.0.entry(resource.clone()).or_default();
            *entry = (*entry).max(*amount);
        }
    }

    /// What is asked for, and how much: CPU, memory and storage first.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&str, i128)> {
        let rank = |name: &str| ["cpu", "memory", "ephemeral-storage"].iter().position(|one| *one == name);
        let mut wanted: Vec<_> =
            self.0.iter().filter(|(_, amount)| **amount > 0).map(|(name, amount)| (name.as_str(), *amount)).collect();
        wanted.sort_by_key(|(name, _)| (rank(name).unwrap_or(usize::MAX), *name));
        wanted.into_iter()
    }
}

/// Rounded up, as the scheduler does.
#[expect(clippy::cast_possible_truncation, reason = "an amount that large saturates")]
fn whole(resource: &str, amount: &Value) -> Option<i128> {
    let amount = quantity(amount)?;
    let scaled = if resource == "cpu" { amount * 1000.0 } else { amount };
    // What is left over after the third decimal is an error of the fraction, not an amount.
    Some(i128::from(((scaled * 1000.0).round() / 1000.0).ceil() as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn container(cpu: &str, sidecar: bool) -> Value {
        let mut container = json!({"resources": {"requests": {"cpu": cpu}}});
        if sidecar {
            container["restartPolicy"] = json!("Always");
        }
        container
    }

    #[test]
    fn init_containers_count_as_far_as_they_ask_for_more() {
        let pod = |init: Value| json!({"spec": {"containers": [container("1", false)], "initContainers": init}});
        let cpu = |pod: &Value| Amounts::requested(pod).get("cpu");
        assert_eq!(cpu(&pod(json!([]))), 1000);
        assert_eq!(cpu(&pod(json!([container("3", false), container("200m", false)]))), 3000);
        assert_eq!(cpu(&pod(json!([container("500m", true), container("300m", false)]))), 1500);
        assert_eq!(cpu(&pod(json!([container("500m", true), container("2", false)]))), 2500);
    }

    #[test]
    fn amounts_are_whole() {
        assert_eq!(whole("cpu", &json!("100m")), Some(100));
        assert_eq!(whole("cpu", &json!("0.1005")), Some(101));
        assert_eq!(whole("memory", &json!("1.5Gi")), Some(1_610_612_736));
        assert_eq!(whole("nvidia.com/gpu", &json!("2")), Some(2));
    }

    #[test]
    fn the_largest_amounts_can_be_summed() {
        let largest = json!({"resources": {"requests": {"memory": "9Ei"}}});
        let pod = json!({"spec": {"containers": [largest, largest]}});
        assert_eq!(Amounts::requested(&pod).get("memory"), 2 * i128::from(i64::MAX));
    }

    #[test]
    fn what_is_not_said_is_compared_all_the_same() {
        let pod = json!({"spec": {"containers": [{}, {"resources": {"requests": {"cpu": "1"}}}]}});
        assert_eq!(Amounts::requested(&pod).get("memory"), 0);
        assert_eq!(Amounts::compared(&pod).get("memory"), 2 * UNSAID_MEMORY);
        assert_eq!(Amounts::compared(&pod).get("cpu"), 1100);
    }
}
