//! What the configuration data of units says.

use std::collections::BTreeMap;

use serde_json::Value;
use stagegate_harness::environment::HubClient;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::unit::decoded;
use super::units::{in_space, in_spaces_beginning_with};
use super::{client, hub_failure, number, space_id, text, unit};
use crate::manifest;
use crate::table::{Table, same_rows};
use crate::workload::{Property, deployment};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "configuration",
            "unit {string} has in these spaces:",
            "The Deployment in the data of the unit of this name has this in each space: | space |, and any of | \
             namespace | replicas | image | and variables of the container, named in capitals.",
            has_in_spaces,
        )
        .sentence(
            "configuration",
            "no unit in space {string} holds a placeholder",
            "The space has units, and none of their data holds confighubplaceholder or 999999999.",
            no_placeholder,
        )
        .sentence(
            "configuration",
            "the data of unit {string} in space {string} holds {string}",
            "The unit's data contains the text.",
            holds,
        )
        .sentence(
            "configuration",
            "no Kubernetes object belongs to two live units in the spaces whose names begin with {string}",
            "There are live units, and no kind, namespace and name stands in the live revisions of two of them.",
            one_owner_each,
        );
}

async fn has_in_spaces(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let slug = arguments.text(0)?;
    let table = Table::with(arguments, &["space"])?;
    let columns = table.columns_beside(&["space"]);
    let properties = columns.iter().map(|column| Property::of_column(column)).collect::<Result<Vec<_>, _>>()?;
    if properties.contains(&Property::ReadyReplicas) {
        return Err(Failure::assertion("a unit's data does not say how many replicas are ready")
            .help("use `deployment \"…\" has in these namespaces:`"));
    }
    let hub = client(scenario).await?;
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let unit = unit(&hub, row.get("space"), slug).await?;
        let documents = manifest::documents(&decoded(&text(&unit, "/Unit/Data"))?)?;
        let deployment = deployment(&documents)?;
        let mut cells = vec![row.get("space").to_owned()];
        cells.extend(properties.iter().map(|property| property.of(deployment)));
        found.push(cells);
        let all: Vec<&str> = std::iter::once("space").chain(columns.iter().copied()).collect();
        expected.push(row.cells(&all));
    }
    same_rows(&format!("what unit `{slug}` has: space | {}", columns.join(" | ")), &expected, &found)
}

/// What stands for a value that is yet to be filled in (facts of the real executor).
const PLACEHOLDERS: [&str; 2] = ["confighubplaceholder", "999999999"];

async fn no_placeholder(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let space = arguments.text(0)?;
    let hub = client(scenario).await?;
    let units = in_space(&hub, &space_id(&hub, space).await?).await?;
    if units.is_empty() {
        return Err(Failure::assertion(format!("there is no unit in space `{space}`")));
    }
    for unit in units {
        let data = decoded(&text(&unit, "/Unit/Data"))?;
        let line = data.lines().find(|line| PLACEHOLDERS.iter().any(|placeholder| line.contains(placeholder)));
        if let Some(line) = line {
            let slug = text(&unit, "/Unit/Slug");
            return Err(Failure::assertion(format!("unit `{slug}` in space `{space}` holds a placeholder"))
                .actual(line.trim())
                .help("link it to a unit that provides the value, or set it"));
        }
    }
    Ok(())
}

async fn holds(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let unit = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    let (expected, data) = (arguments.text(2)?, decoded(&text(&unit, "/Unit/Data"))?);
    if !expected.is_empty() && data.contains(expected) {
        return Ok(());
    }
    Err(Failure::assertion("the unit's data does not hold the text").expected(expected).actual(data))
}

async fn one_owner_each(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for unit in in_spaces_beginning_with(&hub, arguments.text(0)?).await? {
        let owner = format!("{}/{}", text(&unit, "/Space/Slug"), text(&unit, "/Unit/Slug"));
        for object in live_objects(&hub, &unit).await? {
            owners.entry(object).or_default().push(owner.clone());
        }
    }
    if owners.is_empty() {
        return Err(Failure::assertion("no unit is live"));
    }
    let shared = owners.iter().filter(|(_, owners)| owners.len() > 1);
    let shared: Vec<String> = shared.map(|(object, owners)| format!("{object}: {}", owners.join(", "))).collect();
    if shared.is_empty() {
        return Ok(());
    }
    Err(Failure::assertion("Kubernetes objects belong to more than one live unit")
        .actual(shared.join("\n"))
        .help("give each unit a namespace of its own"))
}

/// The objects in the live revision of a unit, as kind, namespace and name.
async fn live_objects(hub: &HubClient, unit: &Value) -> Result<Vec<String>, Failure> {
    let live = number(unit, "/Unit/LiveRevisionNum");
    if live == 0 {
        return Ok(Vec::new());
    }
    let path = format!("/space/{}/unit/{}/revision", text(unit, "/Unit/SpaceID"), text(unit, "/Unit/UnitID"));
    let clause = format!("RevisionNum = {live}");
    let revisions: Vec<Value> = hub.get(&path, &[("where", &clause)]).await.map_err(|error| hub_failure(&error))?;
    let revision = revisions.first().ok_or_else(|| Failure::assertion(format!("there is no revision {live}")))?;
    let documents = manifest::documents(&decoded(&text(revision, "/Revision/Data"))?)?;
    Ok(documents.iter().map(object_name).collect())
}

fn object_name(object: &Value) -> String {
    let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
    match text(object, "/metadata/namespace") {
        none if none.is_empty() && kind == "Namespace" => format!("{kind} {name}"),
        // The worker puts what names no namespace into `default`.
        none if none.is_empty() => format!("{kind} default/{name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}
