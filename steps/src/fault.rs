//! Rules for faults, of the hub and of the cluster.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::Arguments;

/// Adds the rules of the doc string; those that name no system are about `system`.
pub(crate) async fn inject(scenario: &mut Scenario, arguments: &Arguments, system: &str) -> StepResult {
    let rules = &arguments.doc_string()?.text;
    match scenario.environment().await?.inject(system, rules) {
        Ok(0) => Err(Failure::assertion("the doc string holds no rule")),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::assertion("the rules for faults cannot be read").caused_by(&error)),
    }
}
