//! Faults of the hub.

use stagegate_harness::environment::needed_by_faults;
use stagegate_harness::failure::StepResult;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::fault;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "fault",
        "the hub meets these faults:",
        "Adds the rules of the doc string, a YAML list such as that of `stagegate hub --faults`. Of a real hub the tap \
         before it follows them, but for what a hub does by itself: `withhold-heartbeats`, `registration-delay`, and \
         quotas of other types than Space.",
        inject,
    );
    builder.needing_by_argument(|rules| needed_by_faults("confighub", rules));
}

async fn inject(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    fault::inject(scenario, arguments, "confighub").await
}
