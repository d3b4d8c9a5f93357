//! Quotas of the hub.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "quota",
            "the hub allows at most {int} space(s)",
            "Sets the quota for spaces. Only an embedded hub can be told so.",
            limit_spaces,
        )
        .needing(Capability::HubQuota);
}

async fn limit_spaces(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = u64::try_from(arguments.int(0)?).map_err(|_| Failure::assertion("a quota is not negative"))?;
    let limited = scenario.environment().await?.set_quota("Space", limit);
    limited.map_err(|error| Failure::assertion(error.to_string()))
}
