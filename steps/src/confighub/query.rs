//! Queries: which units clauses select.

use serde_json::Value;
use stagegate_harness::environment::HubError;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, number, refusal, text};
use crate::table::{Table, same_rows};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "query",
            "the units where {string} are:",
            "A WHERE clause over all spaces selects these, in any order, and no others. The columns asked for are \
             compared: | unit | space | target | head revision | live revision |.",
            are,
        )
        .sentence(
            "query",
            "the units where {string} and the data has {string} are:",
            "As without, and the clause on configuration data holds for a Deployment in the unit's.",
            are_with_data,
        )
        .sentence(
            "query",
            "there is no unit where {string} and the data has {string}",
            "Together the two clauses select nothing, and the first alone selects something.",
            are_none,
        )
        .sentence(
            "query",
            "{int} unit(s) is/are found where {string} and the data has {string}",
            "Together the two clauses select so many units over all spaces.",
            are_so_many,
        )
        .sentence(
            "query",
            "I try to list the units where {string}",
            "Asks with a WHERE clause and remembers whether the hub refused.",
            try_to_list,
        );
}

const COLUMNS: [&str; 5] = ["unit", "space", "target", "head revision", "live revision"];

async fn list(scenario: &mut Scenario, clause: &str, data: &str) -> Result<Result<Vec<Value>, HubError>, Failure> {
    let mut query = vec![("where", clause), ("include", "TargetID,SpaceID")];
    if !data.is_empty() {
        query.extend([("where_data", data), ("resource_type", "apps/v1/Deployment")]);
    }
    Ok(client(scenario).await?.get("/unit", &query).await)
}

fn cell(unit: &Value, column: &str) -> String {
    match column {
        "unit" => text(unit, "/Unit/Slug"),
        "space" => text(unit, "/Space/Slug"),
        "target" => text(unit, "/Target/Slug"),
        "head revision" => number(unit, "/Unit/HeadRevisionNum").to_string(),
        _ => number(unit, "/Unit/LiveRevisionNum").to_string(),
    }
}

async fn compare(scenario: &mut Scenario, arguments: &Arguments, clause: &str, data: &str) -> StepResult {
    let table = Table::of(arguments, &["unit"], &COLUMNS)?;
    let columns = table.columns_beside(&[]);
    let found = list(scenario, clause, data).await?.map_err(|error| hub_failure(&error))?;
    let found: Vec<_> =
        found.iter().map(|unit| columns.iter().map(|column| cell(unit, column)).collect::<Vec<_>>()).collect();
    let expected: Vec<_> = table.rows().map(|row| row.cells(&columns)).collect();
    same_rows("units that the query selects", &expected, &found)
}

async fn are(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    compare(scenario, arguments, arguments.text(0)?, "").await
}

async fn are_with_data(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    compare(scenario, arguments, arguments.text(0)?, arguments.text(1)?).await
}

async fn are_none(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (clause, data) = (arguments.text(0)?, arguments.text(1)?);
    let all = list(scenario, clause, "").await?.map_err(|error| hub_failure(&error))?;
    if all.is_empty() {
        return Err(Failure::assertion(format!("there is no unit at all where {clause}")));
    }
    let found = list(scenario, clause, data).await?.map_err(|error| hub_failure(&error))?;
    let found: Vec<_> = found.iter().map(|unit| vec![cell(unit, "unit"), cell(unit, "space")]).collect();
    same_rows("units that the query selects", &[], &found)
}

async fn are_so_many(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let expected = arguments.int(0)?;
    let found = list(scenario, arguments.text(1)?, arguments.text(2)?).await?.map_err(|error| hub_failure(&error))?;
    if i64::try_from(found.len()) == Ok(expected) {
        return Ok(());
    }
    Err(Failure::assertion("units that the query selects")
        .expected(expected.to_string())
        .actual(found.len().to_string()))
}

async fn try_to_list(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let outcome = list(scenario, arguments.text(0)?, "").await?;
    refusal::remember(scenario, outcome)
}
