//! Targets.

use std::time::Duration;

use serde_json::Value;
use stagegate_harness::environment::{HubClient, HubError};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::wait::{NotYet, until};
use super::{client, space_id, text};
use crate::table::Table;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "target",
            "target {string} registers in space {string} within {duration}",
            "The worker makes its target known, with provider Kubernetes.",
            registers,
        )
        .sentence(
            "target",
            "these targets register within {duration}:",
            "Each worker makes its target known, all within this time: | target | space |.",
            each_registers,
        )
        .sentence(
            "target",
            "target {string} has not registered in space {string} after {duration}",
            "There is no such target when this much environment time has passed.",
            has_not_registered,
        );
}

async fn find(hub: &HubClient, space: &str, slug: &str) -> Result<Value, HubError> {
    let space_entity = hub.by_slug("space", "/space", space, "", None).await?;
    let path = format!("/space/{}/target", text(&space_entity, "/Space/SpaceID"));
    hub.by_slug("target", &path, slug, "SpaceID,BridgeWorkerID", Some(space)).await
}

async fn registers(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    await_registration(scenario, arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?).await
}

async fn each_registers(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(0)?;
    let clock = scenario.environment().await?.clock().clone();
    let began = clock.now();
    for row in Table::of(arguments, &["target", "space"], &[])?.rows() {
        let left = limit.saturating_sub(clock.since(began));
        await_registration(scenario, row.get("target"), row.get("space"), left).await?;
    }
    Ok(())
}

async fn await_registration(scenario: &mut Scenario, slug: &str, space: &str, limit: Duration) -> StepResult {
    let what = format!("target `{slug}` did not register in space `{space}`");
    let check = |target: &Value| match text(target, "/Target/ProviderType").as_str() {
        "Kubernetes" => Ok(()),
        provider => Err(NotYet(format!("its provider is `{provider}`, not Kubernetes"))),
    };
    until(scenario, &what, limit, async |hub| find(hub, space, slug).await, check).await?;
    Ok(())
}

async fn has_not_registered(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, pause) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    // A space that is not there would make this true for the wrong reason.
    space_id(&client(scenario).await?, space).await?;
    let clock = scenario.environment().await?.clock().clone();
    let _passed = scenario.wait(pause * 2, async move { clock.sleep(pause).await }).await?;
    match find(&client(scenario).await?, space, slug).await {
        Err(HubError::NotFound { kind: "target", .. }) => Ok(()),
        Err(error) => Err(super::hub_failure(&error)),
        Ok(_) => Err(Failure::assertion(format!("target `{slug}` has registered in space `{space}`"))),
    }
}
