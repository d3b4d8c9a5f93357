//! Faults of the hub.

use stagegate_harness::failure::StepResult;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::fault;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "fault",
        "the hub meets these faults:",
        "Adds the rules of the doc string, a YAML list such as that of `stagegate hub --faults`. Only an embedded hub \
         can be told so.",
        inject,
    );
}

async fn inject(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    fault::inject(scenario, arguments, "confighub").await
}
