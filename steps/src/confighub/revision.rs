//! Revisions: who changed a unit, what and when.

use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, number, text, unit};
use crate::table::{Table, same_rows};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "revision",
            "unit {string} in space {string} has these revisions:",
            "These, in any order, and no others: | revision | description |.",
            are,
        )
        .sentence(
            "revision",
            "each revision of unit {string} in space {string} says who made it and when",
            "It names a user that the hub knows, or describes what the hub did by itself; the operation that made it; \
             and a time not before that of the revision before.",
            say_who_and_when,
        );
}

async fn revisions(scenario: &mut Scenario, arguments: &Arguments) -> Result<Vec<Value>, Failure> {
    let hub = client(scenario).await?;
    let unit = unit(&hub, arguments.text(1)?, arguments.text(0)?).await?;
    let path = format!("/space/{}/unit/{}/revision", text(&unit, "/Unit/SpaceID"), text(&unit, "/Unit/UnitID"));
    let found = hub.get(&path, &[("include", "UserID")]).await;
    let mut found: Vec<Value> = found.map_err(|error| hub_failure(&error))?;
    found.sort_by_key(|revision| number(revision, "/Revision/RevisionNum"));
    Ok(found)
}

async fn are(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let columns = ["revision", "description"];
    let expected: Vec<_> = Table::of(arguments, &columns, &[])?.rows().map(|row| row.cells(&columns)).collect();
    let found = revisions(scenario, arguments).await?;
    let cells = |revision: &Value| {
        vec![number(revision, "/Revision/RevisionNum").to_string(), text(revision, "/Revision/Description")]
    };
    let found: Vec<_> = found.iter().map(cells).collect();
    same_rows(&format!("revisions of unit `{}`", arguments.text(0)?), &expected, &found)
}

async fn say_who_and_when(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let found = revisions(scenario, arguments).await?;
    if found.is_empty() {
        return Err(Failure::assertion("the unit has no revisions"));
    }
    let mut before = String::new();
    for revision in &found {
        let what = format!("revision {}", number(revision, "/Revision/RevisionNum"));
        // What links and triggers change is nobody's, and says what it is.
        let by_the_hub = text(revision, "/Revision/UserID") == "00000000-0000-0000-0000-000000000000"
            && !text(revision, "/Revision/Description").is_empty();
        if !by_the_hub && text(revision, "/User/Username").is_empty() {
            return Err(Failure::assertion(format!("{what} does not say who made it"))
                .actual(format!("user id {}", text(revision, "/Revision/UserID"))));
        }
        if text(revision, "/Revision/Source").is_empty() {
            return Err(Failure::assertion(format!("{what} does not say what made it")));
        }
        let at = text(revision, "/Revision/CreatedAt");
        // Times are RFC 3339 in UTC with the same precision, so their texts have their order.
        if at.is_empty() || at.starts_with("0001") || at < before {
            return Err(Failure::assertion(format!("{what} does not say when it was made"))
                .expected(format!("a time not before {before}"))
                .actual(at));
        }
        before = at;
    }
    Ok(())
}
