//! Upgrades: bringing what changed upstream down to clones, which keep what is their own.

use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::units::{every_one, in_spaces_beginning_with};
use super::{client, hub_failure, number, space_id, text, unit};
use crate::table::{Table, same_rows};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "upgrade",
            "I upgrade the clones of unit {string} in space {string}",
            "Upgrades every unit whose upstream unit this is, with one request.",
            upgrade_clones,
        )
        .sentence(
            "upgrade",
            "I upgrade the units in space {string}",
            "Upgrades every unit in the space that has an upstream unit, with one request.",
            upgrade_space,
        )
        .sentence(
            "upgrade",
            "the units behind their upstream units in the spaces whose names begin with {string} are:",
            "These, in any order, and no others lack revisions of their upstream units: | unit | space |.",
            behind,
        )
        .sentence(
            "upgrade",
            "no unit is behind its upstream unit in the spaces whose names begin with {string}",
            "There are clones, and each has the newest revision of its upstream unit.",
            none_behind,
        )
        .sentence(
            "upgrade",
            "unit {string} in space {string} has come up to revision {int} of its upstream unit",
            "The clone's upstream revision has this number.",
            has_come_up_to,
        );
}

async fn upgrade_clones(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let upstream = unit(&hub, arguments.text(1)?, arguments.text(0)?).await?;
    let clause = format!("UpstreamUnitID = '{}'", text(&upstream, "/Unit/UnitID"));
    upgrade(scenario, &clause).await
}

async fn upgrade_space(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let clause = format!("SpaceID = '{}'", space_id(&hub, arguments.text(0)?).await?);
    upgrade(scenario, &clause).await
}

async fn upgrade(scenario: &mut Scenario, clause: &str) -> StepResult {
    let query = [("where", clause), ("upgrade", "true")];
    let patched = client(scenario).await?.patch::<Vec<Value>>("/unit", &query, &Value::Null).await;
    every_one(&patched.map_err(|error| hub_failure(&error))?, "not every unit was upgraded")
}

fn is_behind(unit: &Value) -> bool {
    number(unit, "/Unit/UpstreamRevisionNum") < number(unit, "/UpstreamUnit/HeadRevisionNum")
}

async fn clones(scenario: &mut Scenario, prefix: &str) -> Result<Vec<Value>, Failure> {
    let mut units = in_spaces_beginning_with(&client(scenario).await?, prefix).await?;
    units.retain(|unit| unit.get("UpstreamUnit").is_some_and(Value::is_object));
    if units.is_empty() {
        return Err(Failure::assertion(format!("there are no clones in the spaces whose names begin with `{prefix}`")));
    }
    Ok(units)
}

fn names(units: &[Value]) -> Vec<Vec<String>> {
    let behind = units.iter().filter(|unit| is_behind(unit));
    behind.map(|unit| vec![text(unit, "/Unit/Slug"), text(unit, "/Space/Slug")]).collect()
}

async fn behind(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let columns = ["unit", "space"];
    let expected: Vec<_> = Table::of(arguments, &columns, &[])?.rows().map(|row| row.cells(&columns)).collect();
    let found = names(&clones(scenario, arguments.text(0)?).await?);
    same_rows("units behind their upstream units", &expected, &found)
}

async fn none_behind(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let found = names(&clones(scenario, arguments.text(0)?).await?);
    same_rows("units behind their upstream units", &[], &found)
}

async fn has_come_up_to(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let found = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    let (expected, actual) = (arguments.int(2)?, number(&found, "/Unit/UpstreamRevisionNum"));
    if expected == actual {
        return Ok(());
    }
    Err(Failure::assertion("the revision of its upstream unit that the unit has come up to")
        .expected(expected.to_string())
        .actual(actual.to_string()))
}
