//! Clones: units that follow an upstream unit.

use serde_json::{Value, json};
use stagegate_harness::environment::HubClient;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, space_id, text, unit, units};
use crate::table::{Row, Table};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "clone",
            "I clone these units:",
            "Creates a unit with an upstream unit for each row: | unit | space | into space |, and | as | for \
             another name.",
            clone_each,
        )
        .sentence(
            "clone",
            "I clone unit {string} of space {string} {int} times into space {string}",
            "Creates so many clones, their names beginning with 1-, 2- and so on, with one request.",
            clone_many,
        )
        .sentence(
            "clone",
            "these units are clones:",
            "Each has this upstream unit in this space: | unit | space | of unit | of space |.",
            are_clones,
        )
        .sentence(
            "clone",
            "unit {string} in space {string} has no upstream unit",
            "The unit is not a clone.",
            is_no_clone,
        );
}

async fn clone_each(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    for row in Table::of(arguments, &["unit", "space", "into space"], &["as"])?.rows() {
        clone(&hub, row).await?;
    }
    Ok(())
}

async fn clone_many(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, times, into) = (arguments.text(0)?, arguments.text(1)?, arguments.int(2)?, arguments.text(3)?);
    let hub = client(scenario).await?;
    let source = unit(&hub, space, slug).await?;
    let (clause, spaces) = (format!("UnitID = '{}'", text(&source, "/Unit/UnitID")), format!("Slug = '{into}'"));
    let prefixes: Vec<String> = (1..=times).map(|number| format!("{number}-")).collect();
    let prefixes = prefixes.join(",");
    let query = [("where", clause.as_str()), ("where_space", spaces.as_str()), ("name_prefixes", prefixes.as_str())];
    let created: Vec<Value> = hub.post("/unit", &query, &Value::Null).await.map_err(|error| hub_failure(&error))?;
    units::every_one(&created, "not every clone was made")
}

async fn clone(hub: &HubClient, row: Row<'_>) -> StepResult {
    let upstream = units::of_row(hub, row).await?;
    let slug = if row.get("as").is_empty() { row.get("unit") } else { row.get("as") };
    let path = format!("/space/{}/unit", space_id(hub, row.get("into space")).await?);
    let (upstream_space, upstream_unit) = (text(&upstream, "/Unit/SpaceID"), text(&upstream, "/Unit/UnitID"));
    let query = [("upstream_space_id", upstream_space.as_str()), ("upstream_unit_id", upstream_unit.as_str())];
    let body = json!({ "Slug": slug, "ToolchainType": text(&upstream, "/Unit/ToolchainType") });
    let _created: Value = hub.post(&path, &query, &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

async fn are_clones(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    for row in Table::of(arguments, &["unit", "space", "of unit", "of space"], &[])?.rows() {
        let clone = units::of_row(&hub, row).await?;
        let upstream = unit(&hub, row.get("of space"), row.get("of unit")).await?;
        let (expected, actual) = (text(&upstream, "/Unit/UnitID"), text(&clone, "/Unit/UpstreamUnitID"));
        let (space, actual_space) = (text(&upstream, "/Unit/SpaceID"), text(&clone, "/Unit/UpstreamSpaceID"));
        if expected != actual || space != actual_space {
            return Err(not_a_clone(&hub, row, &clone).await);
        }
    }
    Ok(())
}

async fn not_a_clone(hub: &HubClient, row: Row<'_>, clone: &Value) -> Failure {
    let upstream = (text(clone, "/Unit/UpstreamSpaceID"), text(clone, "/Unit/UpstreamUnitID"));
    let actual = match upstream.1.as_str() {
        "" | "00000000-0000-0000-0000-000000000000" => "it has no upstream unit".to_owned(),
        id => {
            let found: Result<Value, _> =
                hub.get(&format!("/space/{}/unit/{id}", upstream.0), &[("include", "SpaceID")]).await;
            match found {
                Ok(unit) => format!("unit `{}` in space `{}`", text(&unit, "/Unit/Slug"), text(&unit, "/Space/Slug")),
                Err(_) => format!("unit {id} in space {}, which cannot be read", upstream.0),
            }
        }
    };
    Failure::assertion(format!("the upstream unit of `{}` in space `{}`", row.get("unit"), row.get("space")))
        .expected(format!("unit `{}` in space `{}`", row.get("of unit"), row.get("of space")))
        .actual(actual)
}

async fn is_no_clone(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let found = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    match text(&found, "/Unit/UpstreamUnitID").as_str() {
        "" | "00000000-0000-0000-0000-000000000000" => Ok(()),
        id => Err(Failure::assertion("the unit has an upstream unit").actual(id)),
    }
}
