//! Many units at once: creating, aiming, applying and counting those of a space.

use serde_json::{Value, json};
use stagegate_harness::environment::HubClient;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::wait::{NotYet, until};
use super::{client, hub_failure, number, space_id, text, unit};
use crate::manifest;
use crate::table::Table;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence("unit", "I create these units:", "Creates a unit for each row: | unit | space | manifest |.", create)
        .sentence(
            "unit",
            "I set the target of all units in space {string} to {string}",
            "Assigns a target of the space to every unit in it, with one request.",
            set_target,
        )
        .sentence(
            "unit",
            "I apply all units in space {string}",
            "Queues an Apply of every unit in the space with one request; a linked unit waits for what it links to.",
            apply,
        )
        .sentence(
            "unit",
            "I apply the units where {string}",
            "Queues an Apply of every unit of all spaces that a WHERE clause selects, with one request.",
            apply_selected,
        )
        .sentence(
            "unit",
            "I destroy all units in space {string}",
            "Queues the removal from the cluster of every unit in the space that has been applied.",
            destroy,
        )
        .sentence(
            "unit",
            "all units in space {string} are live within {duration}",
            "The latest operation of each is a completed Apply and its live revision is its head revision.",
            are_live,
        )
        .sentence(
            "unit",
            "all units in space {string} are destroyed within {duration}",
            "The latest operation of each that was ever applied is a completed Destroy.",
            are_destroyed,
        )
        .sentence(
            "unit",
            "no unit in space {string} has ever been applied",
            "The space has units and none of them has a live revision.",
            never_applied,
        )
        .sentence(
            "unit",
            "there is/are {int} unit(s) in the spaces whose names begin with {string}",
            "Counts units by the beginning of their spaces' names.",
            count,
        );
}

/// The condition that selects the units of a space.
fn of_space(id: &str) -> String {
    format!("SpaceID = '{id}'")
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    for row in Table::of(arguments, &["unit", "space", "manifest"], &[])?.rows() {
        let data = manifest::text(row.get("manifest"))?;
        super::unit::create_with_data(&hub, row.get("space"), row.get("unit"), &data).await?;
    }
    Ok(())
}

async fn set_target(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (space, slug) = (arguments.text(0)?, arguments.text(1)?);
    let hub = client(scenario).await?;
    let id = space_id(&hub, space).await?;
    let targets = format!("/space/{id}/target");
    let target = hub.by_slug("target", &targets, slug, "", Some(space)).await.map_err(|error| hub_failure(&error))?;
    let body = json!({ "TargetID": text(&target, "/Target/TargetID") });
    let patched = hub.patch::<Vec<Value>>("/unit", &[("where", &of_space(&id))], &body).await;
    every_one(&patched.map_err(|error| hub_failure(&error))?, "the target was not set")
}

async fn apply(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let id = space_id(&hub, arguments.text(0)?).await?;
    let queued = hub.post::<Vec<Value>>("/unit/apply", &[("where", &of_space(&id))], &Value::Null).await;
    every_one(&queued.map_err(|error| hub_failure(&error))?, "not every unit could be applied")
}

async fn apply_selected(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let query = [("where", arguments.text(0)?)];
    let queued = client(scenario).await?.post::<Vec<Value>>("/unit/apply", &query, &Value::Null).await;
    every_one(&queued.map_err(|error| hub_failure(&error))?, "not every unit could be applied")
}

async fn destroy(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let id = space_id(&hub, arguments.text(0)?).await?;
    for unit in in_space(&hub, &id).await?.iter().filter(|unit| was_applied(unit)) {
        let path = format!("/space/{id}/unit/{}/destroy", text(unit, "/Unit/UnitID"));
        let _queued: Value = hub.post(&path, &[], &Value::Null).await.map_err(|error| hub_failure(&error))?;
    }
    Ok(())
}

/// Whether a bulk operation did what was asked to everything, and to something.
pub(super) fn every_one(items: &[Value], what: &str) -> StepResult {
    let error = items.iter().find(|item| item.pointer("/Error").is_some_and(|error| !error.is_null()));
    match error {
        Some(item) => Err(Failure::assertion(what).actual(text(item, "/Error/Message"))),
        None if items.is_empty() => Err(Failure::assertion(what).actual("there is no such unit")),
        None => Ok(()),
    }
}

/// The units of a space in their extended form.
pub(super) async fn in_space(hub: &HubClient, space_id: &str) -> Result<Vec<Value>, Failure> {
    let query = [("include", "UnitEventID,TargetID,UpstreamUnitID,SpaceID")];
    hub.get(&format!("/space/{space_id}/unit"), &query).await.map_err(|error| hub_failure(&error))
}

/// The units of all spaces whose names begin with `prefix`, in their extended form.
pub(super) async fn in_spaces_beginning_with(hub: &HubClient, prefix: &str) -> Result<Vec<Value>, Failure> {
    let query = [("include", "UnitEventID,TargetID,UpstreamUnitID,SpaceID")];
    let mut units: Vec<Value> = hub.get("/unit", &query).await.map_err(|error| hub_failure(&error))?;
    units.retain(|unit| text(unit, "/Space/Slug").starts_with(prefix));
    Ok(units)
}

fn was_applied(unit: &Value) -> bool {
    number(unit, "/Unit/LastAppliedRevisionNum") > 0
}

async fn are_live(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    each_becomes(scenario, arguments, "are not all live", |_| true, super::apply::live).await
}

async fn are_destroyed(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let gone = |unit: &Value| {
        let (action, status) = (text(unit, "/LatestUnitEvent/Action"), text(unit, "/LatestUnitEvent/Status"));
        if action == "Destroy" && status == "Completed" {
            return Ok(());
        }
        Err(NotYet(format!("{action} {status}: {}", text(unit, "/LatestUnitEvent/Message"))))
    };
    let had_an_operation = |unit: &Value| !text(unit, "/LatestUnitEvent/Action").is_empty();
    each_becomes(scenario, arguments, "are not all destroyed", had_an_operation, gone).await
}

/// Waits until `check` is content with every unit of the space that `counts`, of which there is at least one.
async fn each_becomes(
    scenario: &mut Scenario,
    arguments: &Arguments,
    not: &str,
    counts: impl Fn(&Value) -> bool,
    check: impl Fn(&Value) -> Result<(), NotYet>,
) -> StepResult {
    let (space, limit) = (arguments.text(0)?, arguments.duration(1)?);
    let path = format!("/space/{}/unit", space_id(&client(scenario).await?, space).await?);
    let what = format!("the units in space `{space}` {not}");
    let query = [("include", "UnitEventID,TargetID")];
    let fetch = async |hub: &HubClient| hub.get::<Value>(&path, &query).await;
    let all = |units: &Value| {
        let mut units = units.as_array().into_iter().flatten().filter(|unit| counts(unit)).peekable();
        if units.peek().is_none() {
            return Err(NotYet("there is no such unit".to_owned()));
        }
        let not_yet = units.filter_map(|unit| {
            let NotYet(why) = check(unit).err()?;
            Some(format!("{}: {why}", text(unit, "/Unit/Slug")))
        });
        let not_yet: Vec<String> = not_yet.collect();
        if not_yet.is_empty() { Ok(()) } else { Err(NotYet(not_yet.join("\n"))) }
    };
    until(scenario, &what, limit, fetch, all).await?;
    Ok(())
}

async fn never_applied(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let units = in_space(&hub, &space_id(&hub, arguments.text(0)?).await?).await?;
    if units.is_empty() {
        return Err(Failure::assertion(format!("there is no unit in space `{}`", arguments.text(0)?)));
    }
    match units.iter().find(|unit| number(unit, "/Unit/LiveRevisionNum") > 0 || was_applied(unit)) {
        None => Ok(()),
        Some(unit) => {
            let slug = text(unit, "/Unit/Slug");
            let revision = number(unit, "/Unit/LastAppliedRevisionNum");
            Err(Failure::assertion(format!("unit `{slug}` has been applied")).actual(format!("revision {revision}")))
        }
    }
}

async fn count(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (expected, prefix) = (arguments.int(0)?, arguments.text(1)?);
    let units = in_spaces_beginning_with(&client(scenario).await?, prefix).await?;
    if i64::try_from(units.len()) == Ok(expected) {
        return Ok(());
    }
    let names: Vec<String> =
        units.iter().map(|unit| format!("{}/{}", text(unit, "/Space/Slug"), text(unit, "/Unit/Slug"))).collect();
    Err(Failure::assertion(format!("units in the spaces whose names begin with `{prefix}`"))
        .expected(expected.to_string())
        .actual(format!("{}: {}", names.len(), names.join(", "))))
}

/// The extended form of the unit that a table's row names by `unit` and `space`.
pub(super) async fn of_row(hub: &HubClient, row: crate::table::Row<'_>) -> Result<Value, Failure> {
    unit(hub, row.get("space"), row.get("unit")).await
}
