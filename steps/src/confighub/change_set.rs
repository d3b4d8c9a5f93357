//! Change sets: changes of several units that belong together.

use serde_json::{Value, json};
use stagegate_harness::environment::{HubClient, HubError};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::units::every_one;
use super::{client, hub_failure, number, refusal, space_id, text};
use crate::table::{Table, same_rows};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "change set",
            "I open change set {string} in space {string} with these units:",
            "Creates the change set and puts the space's units into it, which locks their data: | unit |.",
            open,
        )
        .sentence(
            "change set",
            "I close change set {string} in space {string}",
            "Takes its units out of it, which unlocks their data.",
            close,
        )
        .sentence(
            "change set",
            "I apply change set {string} in space {string}",
            "Queues an Apply of the set's last revision of each unit that it changed: of all, or of none when one of \
             them has an apply gate.",
            apply,
        )
        .sentence(
            "change set",
            "I try to apply change set {string} in space {string}",
            "As applying, and remembers whether that was refused.",
            try_to_apply,
        )
        .sentence(
            "change set",
            "I take back change set {string} in space {string}",
            "Restores each unit that it changed to the revision before the set's first.",
            take_back,
        )
        .sentence(
            "change set",
            "change set {string} in space {string} has changed these units:",
            "These, in any order, have revisions that were made in it, and no others: | unit |.",
            has_changed,
        )
        .all_needing("change set", Capability::ChangeSets);
}

async fn entity(hub: &HubClient, space: &str, slug: &str) -> Result<Value, Failure> {
    let path = format!("/space/{}/change_set", space_id(hub, space).await?);
    hub.by_slug("change set", &path, slug, "", Some(space)).await.map_err(|error| hub_failure(&error))
}

/// The id of a change set.
pub(super) async fn id(hub: &HubClient, space: &str, slug: &str) -> Result<String, Failure> {
    Ok(text(&entity(hub, space, slug).await?, "/ChangeSet/ChangeSetID"))
}

async fn open(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space) = (arguments.text(0)?, arguments.text(1)?);
    let names: Vec<String> =
        Table::of(arguments, &["unit"], &[])?.rows().map(|row| format!("'{}'", row.get("unit"))).collect();
    let hub = client(scenario).await?;
    let space = space_id(&hub, space).await?;
    let created = hub.post(&format!("/space/{space}/change_set"), &[], &json!({ "Slug": slug })).await;
    let created: Value = created.map_err(|error| hub_failure(&error))?;
    let clause = format!("SpaceID = '{space}' AND Slug IN ({})", names.join(", "));
    let body = json!({ "ChangeSetID": text(&created, "/ChangeSetID") });
    let joined: Vec<Value> =
        hub.patch("/unit", &[("where", &clause)], &body).await.map_err(|error| hub_failure(&error))?;
    every_one(&joined, "not every unit joined the change set")?;
    if joined.len() == names.len() {
        return Ok(());
    }
    Err(Failure::assertion("not every unit joined the change set")
        .expected(names.join(", "))
        .actual(format!("{} of them exist", joined.len())))
}

async fn close(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let hub = client(scenario).await?;
    let set = id(&hub, arguments.text(1)?, arguments.text(0)?).await?;
    let (clause, body) = (format!("ChangeSetID = '{set}'"), json!({ "ChangeSetID": null }));
    let left = hub.patch::<Vec<Value>>("/unit", &[("where", &clause)], &body).await;
    every_one(&left.map_err(|error| hub_failure(&error))?, "not every unit left the change set")
}

/// The units of a space that have revisions of a change set, in their extended form.
async fn changed_units(hub: &HubClient, space: &str, set: &str) -> Result<Vec<Value>, Failure> {
    let mut changed = Vec::new();
    for unit in super::units::in_space(hub, &space_id(hub, space).await?).await? {
        let path = format!("{}/revision", path_of(&unit));
        let clause = format!("ChangeSetID = '{set}'");
        let revisions: Vec<Value> = hub.get(&path, &[("where", &clause)]).await.map_err(|error| hub_failure(&error))?;
        if !revisions.is_empty() {
            changed.push(unit);
        }
    }
    Ok(changed)
}

fn path_of(unit: &Value) -> String {
    format!("/space/{}/unit/{}", text(unit, "/Unit/SpaceID"), text(unit, "/Unit/UnitID"))
}

async fn apply(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    apply_all_or_none(scenario, arguments).await?.map_err(|error| hub_failure(&error))
}

async fn try_to_apply(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let outcome = apply_all_or_none(scenario, arguments).await?;
    refusal::remember(scenario, outcome)
}

/// A bulk Apply is no transaction: it queues what it can. So the gates are looked at first.
async fn apply_all_or_none(scenario: &mut Scenario, arguments: &Arguments) -> Result<Result<(), HubError>, Failure> {
    let (slug, space) = (arguments.text(0)?, arguments.text(1)?);
    let hub = client(scenario).await?;
    let set = id(&hub, space, slug).await?;
    let units = changed_units(&hub, space, &set).await?;
    if units.is_empty() {
        return Err(Failure::assertion(format!("change set `{slug}` has changed no unit")));
    }
    if let Some((unit, gates)) = units.iter().find_map(|unit| Some((unit, gates(unit)?))) {
        let message = format!("unit {} has apply gates: {gates}", text(unit, "/Unit/Slug"));
        let (method, target) = ("POST".to_owned(), "/unit/apply".to_owned());
        return Ok(Err(HubError::Refused { method, target, status: 400, message }));
    }
    let names: Vec<String> = units.iter().map(|unit| format!("'{}'", text(unit, "/Unit/Slug"))).collect();
    let of_space = format!("SpaceID = '{}'", text(&units[0], "/Unit/SpaceID"));
    let clause = format!("{of_space} AND Slug IN ({})", names.join(", "));
    let revision = format!("ChangeSet:{set}");
    let queued: Result<Vec<Value>, HubError> =
        hub.post("/unit/apply", &[("where", &clause), ("revision", &revision)], &Value::Null).await;
    match queued {
        Err(error) => Ok(Err(error)),
        Ok(items) => every_one(&items, "not every unit of the change set could be applied").map(Ok),
    }
}

fn gates(unit: &Value) -> Option<String> {
    let gates = unit.pointer("/Unit/ApplyGates").and_then(Value::as_object).filter(|gates| !gates.is_empty())?;
    Some(gates.keys().cloned().collect::<Vec<_>>().join(", "))
}

async fn take_back(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space) = (arguments.text(0)?, arguments.text(1)?);
    let hub = client(scenario).await?;
    let set = id(&hub, space, slug).await?;
    let restore = format!("Before:ChangeSet:{set}");
    for unit in changed_units(&hub, space, &set).await? {
        let before = number(&unit, "/Unit/HeadRevisionNum");
        let body = json!({ "LastChangeDescription": format!("take back {slug}") });
        let restored = hub.patch(&path_of(&unit), &[("restore", &restore)], &body).await;
        let restored: Value = restored.map_err(|error| hub_failure(&error))?;
        if number(&restored, "/HeadRevisionNum") == before {
            let slug = text(&unit, "/Unit/Slug");
            return Err(Failure::assertion(format!("unit `{slug}` was not restored")));
        }
    }
    Ok(())
}

async fn has_changed(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space) = (arguments.text(0)?, arguments.text(1)?);
    let hub = client(scenario).await?;
    let set = id(&hub, space, slug).await?;
    let expected: Vec<_> = Table::of(arguments, &["unit"], &[])?.rows().map(|row| row.cells(&["unit"])).collect();
    let changed = changed_units(&hub, space, &set).await?;
    let found: Vec<_> = changed.iter().map(|unit| vec![text(unit, "/Unit/Slug")]).collect();
    same_rows(&format!("units that change set `{slug}` has changed"), &expected, &found)
}
