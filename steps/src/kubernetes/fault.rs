//! Faults of the cluster.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "fault",
        "the cluster meets these faults:",
        "Adds the rules of the doc string, a YAML list: for requests as those of the hub (`operation: create pods`), and \
         `pull-delay`, `kill`, `node-silent`, `stream-cut` of watches, `half-open` between Pods. Only an embedded cluster \
         can be told so.",
        inject,
    );
}

async fn inject(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let rules = &arguments.doc_string()?.text;
    match scenario.environment().await?.inject("kubernetes", rules) {
        Ok(0) => Err(Failure::assertion("the doc string holds no rule")),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::assertion("the rules for faults cannot be read").caused_by(&error)),
    }
}
