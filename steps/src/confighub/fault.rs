//! Faults of the hub.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

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
    let rules = &arguments.doc_string()?.text;
    match scenario.environment().await?.inject("confighub", rules) {
        Ok(0) => Err(Failure::assertion("the doc string holds no rule")),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::assertion("the rules for faults cannot be read").caused_by(&error)),
    }
}
