//! Spaces.

use serde_json::{Value, json};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, refusal, space_id, text};
use crate::table::{Table, same_rows};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence("space", "I create space {string}", "Creates a space.", create)
        .sentence("space", "I create these spaces:", "Creates a space for each row: | space |.", create_each)
        .sentence(
            "space",
            "I try to create space {string}",
            "Asks for a space and remembers whether the hub refused.",
            try_to_create,
        )
        .sentence(
            "space",
            "I create {int} spaces whose names begin with {string}",
            "Creates so many spaces, their names ending in -1, -2 and so on.",
            create_many,
        )
        .sentence(
            "space",
            "I delete the spaces whose names begin with {string}",
            "Deletes each of them, of which there is at least one, with everything in it.",
            delete_beginning_with,
        )
        .sentence("space", "I delete space {string}", "Deletes a space with everything in it.", delete)
        .sentence("space", "space {string} exists", "There is a space of this name, and it has an id.", exists)
        .sentence("space", "space {string} does not exist", "There is no space of this name.", is_absent)
        .sentence(
            "space",
            "there is/are {int} space(s) whose name begins with {string}",
            "Counts spaces by the beginning of their names.",
            count,
        )
        .sentence(
            "space",
            "the spaces whose names begin with {string} are:",
            "There are these, in any order, and no others: | space |.",
            are,
        );
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    create_named(scenario, arguments.text(0)?).await
}

async fn create_each(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    for row in Table::of(arguments, &["space"], &[])?.rows() {
        create_named(scenario, row.get("space")).await?;
    }
    Ok(())
}

async fn create_many(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let prefix = arguments.text(1)?;
    for number in 1..=arguments.int(0)? {
        create_named(scenario, &format!("{prefix}-{number}")).await?;
    }
    Ok(())
}

async fn create_named(scenario: &mut Scenario, slug: &str) -> StepResult {
    let body = json!({ "Slug": slug });
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
    delete_named(scenario, arguments.text(0)?).await
}

async fn delete_beginning_with(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let prefix = arguments.text(0)?;
    let mut found = slugs(scenario).await?;
    found.retain(|slug| slug.starts_with(prefix));
    if prefix.is_empty() || found.is_empty() {
        return Err(Failure::assertion(format!("there is no space whose name begins with `{prefix}`")));
    }
    for slug in found {
        delete_named(scenario, &slug).await?;
    }
    Ok(())
}

async fn delete_named(scenario: &mut Scenario, slug: &str) -> StepResult {
    let hub = client(scenario).await?;
    let path = format!("/space/{}", space_id(&hub, slug).await?);
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

async fn are(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let prefix = arguments.text(0)?;
    let expected: Vec<_> = Table::of(arguments, &["space"], &[])?.rows().map(|row| row.cells(&["space"])).collect();
    let mut found = slugs(scenario).await?;
    found.retain(|slug| slug.starts_with(prefix));
    let found: Vec<_> = found.into_iter().map(|slug| vec![slug]).collect();
    same_rows(&format!("spaces whose names begin with `{prefix}`"), &expected, &found)
}
