//! Applying a unit, and what becomes of it.

use serde_json::Value;
use stagegate_harness::environment::HubClient;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::unit::path_of;
use super::wait::{NotYet, until};
use super::{client, hub_failure, number, space_id, text, unit};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "unit",
            "I apply unit {string} in space {string}",
            "Queues an Apply of the unit's head revision.",
            apply,
        )
        .sentence(
            "unit",
            "I try to apply unit {string} in space {string}",
            "Asks for an Apply and remembers whether the hub refused.",
            try_to_apply,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} is live within {duration}",
            "The latest operation is a completed Apply and the live revision is the head revision.",
            is_live,
        )
        .sentence(
            "unit",
            "the apply of unit {string} in space {string} fails within {duration} with {string}",
            "The latest Apply ends as Failed with a message that contains the text.",
            apply_fails,
        )
        .sentence(
            "unit",
            "the apply of unit {string} in space {string} is still open after {duration}",
            "When this much environment time has passed, the latest operation is an Apply that has not ended.",
            apply_is_open,
        );
}

async fn apply(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let path = format!("{}/apply", path_of(&hub, arguments.text(1)?, arguments.text(0)?).await?);
    let _queued: Value = hub.post(&path, &[], &Value::Null).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

async fn try_to_apply(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let path = format!("{}/apply", path_of(&hub, arguments.text(1)?, arguments.text(0)?).await?);
    let outcome = hub.post::<Value>(&path, &[], &Value::Null).await;
    super::refusal::remember(scenario, outcome)
}

async fn is_live(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    let path = format!("/space/{}/unit", space_id(&client(scenario).await?, space).await?);
    let what = format!("unit `{slug}` in space `{space}` is not live");
    let fetch = async |hub: &HubClient| hub.by_slug("unit", &path, slug, "UnitEventID,TargetID", Some(space)).await;
    until(scenario, &what, limit, fetch, live).await?;
    Ok(())
}

pub(super) fn live(unit: &Value) -> Result<(), NotYet> {
    let (head, live) = (number(unit, "/Unit/HeadRevisionNum"), number(unit, "/Unit/LiveRevisionNum"));
    let (action, status) = (text(unit, "/LatestUnitEvent/Action"), text(unit, "/LatestUnitEvent/Status"));
    if action == "Apply" && status == "Completed" && head == live && head > 0 {
        return Ok(());
    }
    let latest =
        if action.is_empty() { "no operation was ever queued".to_owned() } else { format!("{action} {status}") };
    let message = text(unit, "/LatestUnitEvent/Message");
    let target = text(unit, "/Target/Slug");
    let target = if target.is_empty() { "it has no target".to_owned() } else { format!("its target is {target}") };
    Err(NotYet(format!("head revision {head}, live revision {live}; {latest}: {message}; {target}")))
}

async fn apply_fails(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    let expected = arguments.text(3)?;
    let path = format!("/space/{}/unit", space_id(&client(scenario).await?, space).await?);
    let what = format!("the apply of unit `{slug}` did not fail with “{expected}”");
    let fetch = async |hub: &HubClient| hub.by_slug("unit", &path, slug, "UnitEventID,TargetID", Some(space)).await;
    let check = |unit: &Value| {
        let (action, status) = (text(unit, "/LatestUnitEvent/Action"), text(unit, "/LatestUnitEvent/Status"));
        let message = text(unit, "/LatestUnitEvent/Message");
        if action == "Apply" && status == "Failed" && message.contains(expected) {
            return Ok(());
        }
        Err(NotYet(format!("{action} {status}: {message}")))
    };
    until(scenario, &what, limit, fetch, check).await?;
    Ok(())
}

async fn apply_is_open(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, time) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    let _passed = scenario.wait(time, std::future::pending::<()>()).await?;
    let unit = unit(&client(scenario).await?, space, slug).await?;
    let (action, status) = (text(&unit, "/LatestUnitEvent/Action"), text(&unit, "/LatestUnitEvent/Status"));
    if action == "Apply" && !["Completed", "Failed", "Canceled"].contains(&status.as_str()) {
        return Ok(());
    }
    let actual =
        if action.is_empty() { "no operation was ever queued".to_owned() } else { format!("{action} {status}") };
    Err(Failure::assertion(format!("the apply of unit `{slug}` in space `{space}` is not open"))
        .actual(format!("{actual}: {}", text(&unit, "/LatestUnitEvent/Message"))))
}
