//! Units: data, targets, apply.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stagegate_harness::environment::HubClient;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, number, space_id, text, unit};
use crate::manifest;

/// The variable with the data that was exported of a unit.
pub(crate) const EXPORTED: &str = "exported-data";

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "unit",
            "I create unit {string} in space {string} from {string}",
            "Creates a unit with the data of a manifest: a built-in one or a file.",
            create,
        )
        .sentence(
            "unit",
            "I set the target of unit {string} in space {string} to {string}",
            "Assigns a target of the unit's space.",
            set_target,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} has the data of {string}",
            "The unit's decoded data is the manifest, byte for byte.",
            has_data,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} names image {string}",
            "A container in the unit's data has this image.",
            names_image,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} has head revision {int}",
            "The unit's newest revision has this number.",
            has_head_revision,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} has target {string}",
            "The target of this name is assigned to the unit.",
            has_target,
        )
        .sentence(
            "unit",
            "unit {string} in space {string} has never been applied",
            "The unit has no live revision.",
            never_applied,
        )
        .sentence(
            "unit",
            "I export the data of unit {string} in space {string}",
            "Keeps the unit's data, to be applied by hand when the hub is away.",
            export,
        );
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, manifest) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let data = manifest::text(manifest)?;
    create_with_data(&client(scenario).await?, space, slug, &data).await
}

pub(super) async fn create_with_data(hub: &HubClient, space: &str, slug: &str, data: &str) -> StepResult {
    let path = format!("/space/{}/unit", space_id(hub, space).await?);
    let body = json!({ "Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(data) });
    let _created: Value = hub.post(&path, &[], &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

/// The path of a unit below `/api`.
pub(super) async fn path_of(hub: &HubClient, space: &str, slug: &str) -> Result<String, Failure> {
    let unit = unit(hub, space, slug).await?;
    Ok(format!("/space/{}/unit/{}", text(&unit, "/Unit/SpaceID"), text(&unit, "/Unit/UnitID")))
}

async fn set_target(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let hub = client(scenario).await?;
    let unit = path_of(&hub, space, slug).await?;
    let targets = format!("/space/{}/target", space_id(&hub, space).await?);
    let target = hub.by_slug("target", &targets, target, "", Some(space)).await.map_err(|error| hub_failure(&error))?;
    let body = json!({ "TargetID": text(&target, "/Target/TargetID") });
    let _patched: Value = hub.patch(&unit, &[], &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

/// A unit's decoded data and the numbers of its revisions.
pub(crate) struct State {
    pub(crate) data: String,
    pub(crate) head: i64,
    pub(crate) live: i64,
}

pub(crate) async fn state(scenario: &mut Scenario, space: &str, slug: &str) -> Result<State, Failure> {
    let unit = unit(&client(scenario).await?, space, slug).await?;
    let (head, live) = (number(&unit, "/Unit/HeadRevisionNum"), number(&unit, "/Unit/LiveRevisionNum"));
    Ok(State { data: decoded(&text(&unit, "/Unit/Data"))?, head, live })
}

async fn data_of(scenario: &mut Scenario, arguments: &Arguments) -> Result<String, Failure> {
    let unit = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    decoded(&text(&unit, "/Unit/Data"))
}

/// The text of a unit's or revision's `Data`.
pub(super) fn decoded(data: &str) -> Result<String, Failure> {
    let decoded = STANDARD.decode(data).ok().and_then(|data| String::from_utf8(data).ok());
    decoded.ok_or_else(|| Failure::assertion("the data is not base64 of UTF-8 text"))
}

async fn export(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let data = data_of(scenario, arguments).await?;
    scenario.set_variable(EXPORTED, data);
    Ok(())
}

async fn has_data(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let expected = manifest::text(arguments.text(2)?)?;
    expect_data(scenario, arguments, &expected).await
}

/// The unit's decoded data is `expected`; the third argument names where that comes from.
pub(crate) async fn expect_data(scenario: &mut Scenario, arguments: &Arguments, expected: &str) -> StepResult {
    let actual = data_of(scenario, arguments).await?;
    if actual == expected {
        return Ok(());
    }
    let line = expected.lines().zip(actual.lines()).position(|(a, b)| a != b).map_or(0, |index| index + 1);
    Err(Failure::assertion(format!("the unit's data differs from {}, first in line {line}", arguments.text(2)?))
        .expected(expected)
        .actual(actual))
}

async fn names_image(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let image = arguments.text(2)?;
    let documents = manifest::documents(&data_of(scenario, arguments).await?)?;
    let images: Vec<String> = documents.iter().flat_map(images).collect();
    if images.iter().any(|found| found == image) {
        return Ok(());
    }
    Err(Failure::assertion("no container in the unit's data has this image").expected(image).actual(images.join(", ")))
}

fn images(document: &Value) -> Vec<String> {
    let containers = document.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().map(|container| text(container, "/image")).collect()
}

async fn has_head_revision(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let unit = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    let (expected, actual) = (arguments.int(2)?, number(&unit, "/Unit/HeadRevisionNum"));
    if actual == expected {
        return Ok(());
    }
    Err(Failure::assertion("the unit's head revision").expected(expected.to_string()).actual(actual.to_string()))
}

async fn has_target(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let unit = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    let (expected, actual) = (arguments.text(2)?, text(&unit, "/Target/Slug"));
    if actual == expected {
        return Ok(());
    }
    let actual = if actual.is_empty() { "none".to_owned() } else { actual };
    Err(Failure::assertion("the unit's target").expected(expected).actual(actual))
}

async fn never_applied(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let unit = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    match number(&unit, "/Unit/LiveRevisionNum") {
        0 => Ok(()),
        live => Err(Failure::assertion("the unit has been applied").actual(format!("live revision {live}"))),
    }
}
