//! Whether anybody but the cluster itself has changed the cluster.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};
use stagegate_reports::journal::Event;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "cluster",
        "nothing has been changed in the cluster",
        "No step, command or worker has changed a Kubernetes object in this scenario so far.",
        nothing_changed,
    );
}

async fn nothing_changed(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    // Without an environment there would be nothing that could have been changed.
    scenario.environment().await?;
    let changed = scenario.scribe()?.records().into_iter().find_map(|record| match record.event {
        Event::Effect(effect) if effect.system == "kubernetes" && by_a_client(&effect.actor, effect.command) => {
            Some(effect)
        }
        _ => None,
    });
    match changed {
        None => Ok(()),
        Some(effect) => {
            let scope = effect.scope.map(|scope| format!("{scope}/")).unwrap_or_default();
            Err(Failure::assertion("the cluster has been changed")
                .actual(format!("{} {scope}{}: {} by {}", effect.kind, effect.name, effect.summary, effect.actor)))
        }
    }
}

fn by_a_client(actor: &str, command: Option<u64>) -> bool {
    command.is_some() || matches!(actor, "step" | "command" | "worker")
}
