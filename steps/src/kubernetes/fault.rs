//! Faults of the cluster.

use stagegate_harness::environment::needed_by_faults;
use stagegate_harness::failure::StepResult;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::fault;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "fault",
        "the cluster meets these faults:",
        "Adds the rules of the doc string, a YAML list: for requests as those of the hub (`operation: create pods`), and \
         `pull-delay`, `kill`, `node-silent`, `stream-cut` of watches, `half-open` between Pods, `clock-skew` of the API \
         server (`2h`, `-2h`). Of a real cluster the tap before it follows those for requests and watches that come \
         through it, which its workers' do not.",
        inject,
    );
    builder.needing_by_argument(|rules| needed_by_faults("kubernetes", rules));
}

async fn inject(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    fault::inject(scenario, arguments, "kubernetes").await
}
