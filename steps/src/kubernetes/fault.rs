//! Faults of the cluster.

use stagegate_harness::failure::StepResult;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::fault;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "fault",
        "the cluster meets these faults:",
        "Adds the rules of the doc string, a YAML list: for requests as those of the hub (`operation: create pods`), and \
         `pull-delay`, `kill`, `node-silent`, `stream-cut` of watches, `half-open` between Pods, `clock-skew` of the API server (`2h`, `-2h`). Only an embedded cluster \
         can be told so.",
        inject,
    );
}

async fn inject(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    fault::inject(scenario, arguments, "kubernetes").await
}
