//! What a Pod asks of a node's resources, and what a node has, rounded as the scheduler rounds it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::admission::amount::{self as exact, Amount};

/// What the scheduler counts for a container that asks for nothing when it compares nodes: 100 m of CPU.
const UNSAID_CPU: i128 = 100;
/// 200 Mi of memory for the same purpose.
const UNSAID_MEMORY: i128 = 200 * 1024 * 1024;

/// Amounts by resource: `cpu` in thousandths, others in whole units, both rounded up
/// (`k8s.io/kubernetes/pkg/scheduler/framework.Resource`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Amounts(BTreeMap<String, i128>);

impl Amounts {
    /// What a Pod asks for.
    pub(super) fn requested(pod: &Value) -> Self {
        Self::rounded(exact::of_pod(pod, |container| Amount::all(&container["resources"]["requests"])))
    }

    /// The same with something for every container, as nodes are compared by it.
    pub(super) fn compared(pod: &Value) -> Self {
        Self::rounded(exact::of_pod(pod, |container| {
            let mut amounts = Amount::all(&container["resources"]["requests"]);
            amounts.entry("cpu".to_owned()).or_insert(Amount::of_thousandths(UNSAID_CPU));
            amounts.entry("memory".to_owned()).or_insert(Amount::count(UNSAID_MEMORY));
            amounts
        }))
    }

    /// What a node can give.
    pub(super) fn allocatable(node: &Value) -> Self {
        Self::rounded(Amount::all(&node["status"]["allocatable"]))
    }

    fn rounded(exact: exact::Amounts) -> Self {
        let rounded = exact.into_iter().map(|(name, amount)| {
            let rounded = if name == "cpu" { amount.thousandths() } else { amount.whole() };
            (name, rounded)
        });
        Self(rounded.collect())
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

    /// What is asked for, and how much: CPU, memory and storage first.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&str, i128)> {
        let rank = |name: &str| ["cpu", "memory", "ephemeral-storage"].iter().position(|one| *one == name);
        let mut wanted: Vec<_> =
            self.0.iter().filter(|(_, amount)| **amount > 0).map(|(name, amount)| (name.as_str(), *amount)).collect();
        wanted.sort_by_key(|(name, _)| (rank(name).unwrap_or(usize::MAX), *name));
        wanted.into_iter()
    }
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
        let has = |name: &str, amount: &str| {
            Amounts::allocatable(&json!({"status": {"allocatable": {name: amount}}})).get(name)
        };
        assert_eq!(has("cpu", "100m"), 100);
        assert_eq!(has("cpu", "0.1005"), 101);
        assert_eq!(has("memory", "1.5Gi"), 1_610_612_736);
        assert_eq!(has("nvidia.com/gpu", "2"), 2);
    }

    #[test]
    fn sums_are_rounded_not_their_parts() {
        let pod = json!({"spec": {"containers": [container("0.1005", false), container("0.1005", false)]}});
        assert_eq!(Amounts::requested(&pod).get("cpu"), 201);
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
