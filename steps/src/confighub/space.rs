//! Spaces.

use serde_json::{Value, json};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, refusal, space_id, text};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence("space", "I create space {string}", "Creates a space.", create)
        .sentence(
            "space",
            "I try to create space {string}",
            "Asks for a space and remembers whether the hub refused.",
            try_to_create,
        )
        .sentence("space", "I delete space {string}", "Deletes a space with everything in it.", delete)
        .sentence("space", "space {string} exists", "There is a space of this name, and it has an id.", exists)
        .sentence("space", "space {string} does not exist", "There is no space of this name.", is_absent)
        .sentence(
            "space",
            "there is/are {int} space(s) whose name begins with {string}",
            "Counts spaces by the beginning of their names.",
            count,
        );
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let body = json!({ "Slug": arguments.text(0)? });
    let _created: Value =
        client(scenario).await?.post("/space", &[], &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

async fn try_to_create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let body = json!({ "Slug": arguments.text(0)? });
    let outcome = client(scenario).await?.post::<Value>("/space", &[], &body).await;
    refusal::remember(scenario, outcome)
}

async fn delete(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let path = format!("/space/{}", space_id(&hub, arguments.text(0)?).await?);
    let _deleted: Value = hub.delete(&path, &[("recursive", "true")]).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

async fn exists(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let id = space_id(&hub, arguments.text(0)?).await?;
    if id.is_empty() { Err(Failure::assertion("the space has no id")) } else { Ok(()) }
}

async fn slugs(scenario: &mut Scenario) -> Result<Vec<String>, Failure> {
    let hub = client(scenario).await?;
    let spaces: Vec<Value> = hub.get("/space", &[]).await.map_err(|error| hub_failure(&error))?;
    Ok(spaces.iter().map(|space| text(space, "/Space/Slug")).collect())
}

async fn is_absent(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    if slugs(scenario).await?.iter().any(|slug| slug == name) {
        return Err(Failure::assertion(format!("space `{name}` exists")));
    }
    Ok(())
}

async fn count(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (expected, prefix) = (arguments.int(0)?, arguments.text(1)?);
    let mut found = slugs(scenario).await?;
    found.retain(|slug| slug.starts_with(prefix));
    if i64::try_from(found.len()) == Ok(expected) {
        return Ok(());
    }
    Err(Failure::assertion(format!("spaces whose name begins with `{prefix}`"))
        .expected(expected.to_string())
        .actual(format!("{}: {}", found.len(), found.join(", "))))
}
