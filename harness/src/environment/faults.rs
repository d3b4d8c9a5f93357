//! What a scenario breaks on purpose: taken back at its end, however it ends, and proven to be.

use std::time::{Duration, Instant};

use serde_json::Value;
use stagegate_confighub::check_fault_rule;
use stagegate_reports::diagnostic::chain;
use stagegate_simulation::{FaultFileError, FaultState, parse_placed_fault_rules};
use stagegate_tap::{ClusterTap, HubTap};

use super::Environment;
use crate::run::Capability;

/// How long it may take, in wall time, until everything works again.
const MENDING: Duration = Duration::from_secs(10);
/// The longest that one answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How often that is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Something that does not work again although all faults were taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} after the faults of the scenario were taken back", .what.join("; "))]
pub struct NotUndone {
    /// What, with the reason.
    pub what: Vec<String>,
}

/// What a run must have so that rules for faults, written as for [`Environment::inject`], have an effect. What cannot be
/// read needs nothing: the step says what is wrong with it.
pub fn needed_by_faults(system: &str, rules: &str) -> Option<Capability> {
    parse_placed_fault_rules(rules).ok()?.into_iter().find_map(|placed| {
        let about = placed.rule.matching.system.clone().unwrap_or_else(|| system.to_owned());
        if about == stagegate_confighub::observation::SYSTEM {
            (!HubTap::follows(&placed.rule)).then_some(Capability::HubFaults)
        } else {
            (!ClusterTap::follows(&placed.rule)).then_some(Capability::ClusterFaults)
        }
    })
}

impl Environment {
    /// Adds rules for faults, which are written as a YAML list; gives how many they are. One that names no
    /// system is about `system`, `confighub` or `kubernetes`.
    ///
    /// # Errors
    ///
    /// [`FaultFileError`] when the text cannot be read, a rule could never do anything, or it is about a real end, which
    /// cannot follow it; then no rule is added.
    pub fn inject(&self, system: &str, rules: &str) -> Result<usize, FaultFileError> {
        let mut rules = parse_placed_fault_rules(rules)?;
        for (number, placed) in (1..).zip(&mut rules) {
            placed.rule.matching.system.get_or_insert_with(|| system.to_owned());
            check_fault_rule(&placed.rule).map_err(|error| FaultFileError::of_rule(number, placed.at, &error))?;
            if !self.parts.follows(&placed.rule) {
                return Err(FaultFileError {
                    at: placed.at,
                    reason: format!("a real {system} cannot be told to follow the rule `{}`", placed.rule.effect),
                    help: "run the scenario on emulators, or use effects on requests that come through the tap"
                        .to_owned(),
                });
            }
        }
        for (number, placed) in (1..).zip(&rules) {
            let added = self.parts.faults().add(placed.rule.clone());
            added.map_err(|error| FaultFileError::of_rule(number, placed.at, &error))?;
        }
        Ok(rules.len())
    }

    /// All rules of the scenario, also those that were taken back.
    pub fn faults(&self) -> Vec<FaultState> {
        let faults = self.parts.faults();
        let mut all = faults.removed();
        all.extend(faults.list());
        all
    }

    /// Takes the rules with this label back; gives how many they were.
    pub fn end_faults(&self, label: &str) -> usize {
        self.parts.faults().remove_labelled(label).len()
    }

    /// Takes back what the scenario has broken on purpose, and sees to it that hub, cluster and nodes work again.
    ///
    /// # Errors
    ///
    /// What does not.
    pub async fn undo_faults(&mut self) -> Result<(), NotUndone> {
        let faults = self.parts.faults();
        faults.clear();
        if faults.removed().is_empty() && self.cordoned.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        loop {
            let what = self.broken().await;
            if what.is_empty() {
                return Ok(());
            }
            if began.elapsed() >= MENDING {
                return Err(NotUndone { what });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What does not work at present, a line each.
    async fn broken(&mut self) -> Vec<String> {
        let (hub, cluster) = (self.hub.client.clone(), self.cluster.client.clone());
        let hub = answered("the hub does not answer", hub.get::<Value>("/me", &[])).await;
        let cluster = answered("the cluster does not answer", cluster.apiserver_version()).await;
        let kept = format!("pods are kept from node {}", self.cordoned.join(", "));
        let nodes = answered(&kept, self.uncordon()).await;
        let rules = self.parts.faults().list();
        let left = rules.iter().map(|rule| format!("the rule `{}` is there", rule.rule.effect));
        [hub, cluster, nodes].into_iter().flatten().chain(left).collect()
    }
}

/// What it is that does not work, and why; nothing when it does.
async fn answered<T, E: std::error::Error + 'static>(
    what: &str,
    asking: impl Future<Output = Result<T, E>>,
) -> Option<String> {
    match tokio::time::timeout(ANSWER, asking).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(format!("{what} ({})", chain(&error))),
        Err(_) => Some(format!("{what} (not within {ANSWER:?})")),
    }
}
