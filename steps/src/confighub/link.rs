//! Links: what one unit needs, another provides.

use serde_json::{Value, json};
use stagegate_harness::environment::HubClient;
use stagegate_harness::failure::StepResult;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, space_id, text, unit};
use crate::table::{Row, Table, same_rows};

const COLUMNS: [&str; 4] = ["link", "from unit", "to unit", "of space"];

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "link",
            "I create these links in space {string}:",
            "Links units of the space to units of the same or another space: | link | from unit | to unit | of space |.",
            create,
        )
        .sentence(
            "link",
            "space {string} has these links:",
            "These, in any order, and no others: | link | from unit | to unit | of space |.",
            has,
        );
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let space = arguments.text(0)?;
    let hub = client(scenario).await?;
    let path = format!("/space/{}/link", space_id(&hub, space).await?);
    for row in Table::of(arguments, &COLUMNS, &[])?.rows() {
        let body = link(&hub, space, row).await?;
        let _created: Value = hub.post(&path, &[], &body).await.map_err(|error| hub_failure(&error))?;
    }
    Ok(())
}

async fn link(hub: &HubClient, space: &str, row: Row<'_>) -> Result<Value, stagegate_harness::failure::Failure> {
    let from = unit(hub, space, row.get("from unit")).await?;
    let to = unit(hub, row.get("of space"), row.get("to unit")).await?;
    Ok(json!({
        "Slug": row.get("link"),
        "FromUnitID": text(&from, "/Unit/UnitID"),
        "ToUnitID": text(&to, "/Unit/UnitID"),
        "ToSpaceID": text(&to, "/Unit/SpaceID"),
    }))
}

async fn has(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let space = arguments.text(0)?;
    let hub = client(scenario).await?;
    let path = format!("/space/{}/link", space_id(&hub, space).await?);
    let query = [("include", "SpaceID,FromUnitID,ToUnitID,ToSpaceID")];
    let links: Vec<Value> = hub.get(&path, &query).await.map_err(|error| hub_failure(&error))?;
    let cells = |link: &Value| {
        ["/Link/Slug", "/FromUnit/Slug", "/ToUnit/Slug", "/ToSpace/Slug"].map(|place| text(link, place)).to_vec()
    };
    let expected: Vec<_> = Table::of(arguments, &COLUMNS, &[])?.rows().map(|row| row.cells(&COLUMNS)).collect();
    let found: Vec<_> = links.iter().map(cells).collect();
    same_rows(&format!("links in space `{space}`"), &expected, &found)
}
