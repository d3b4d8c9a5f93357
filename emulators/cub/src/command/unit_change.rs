//! Changing units: update, set-target, push-upgrade, and the wait for triggers behind each change.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::change_set::{change_set_id, membership, with_merge};
use super::refuse;
use super::revision::revision_numbered;
use super::space::merge;
use super::unit::{filter_id, read_config, selected};
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{TARGET, UNIT};
use crate::failure::Failure;
use crate::model::{NIL, number, text, typed};
use crate::table::Table;

/// Revisions that `--restore` takes by name.
const NAMED_REVISIONS: [&str; 3] = ["LiveRevisionNum", "LastAppliedRevisionNum", "PreviousLiveRevisionNum"];

pub(super) async fn update(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    refuse(cub, "unit update", &["allow-exists"], "no client whose source could be read has it")?;
    let bulk = cub.flags.on("patch") && cub.args.is_empty();
    check_update(cub, bulk)?;
    if bulk {
        return update_several(cub).await;
    }
    let Some(name) = cub.args.first().cloned() else {
        return Err(Failure::Crash("unit update without a unit".to_owned()));
    };
    let current = cub.find(&UNIT, &name).await?;
    let description = cub.flags.text("change-desc").to_owned();
    let set = change_set_id(cub).await?;
    let body = if cub.flags.on("patch") {
        Err(cub.patch_from_flags(&extra_fields(cub, &description, &set))?)
    } else {
        let mut unit = updated_unit(cub, &current, &description)?;
        if let Some((field, value)) = membership(cub, &set) {
            unit[field] = value;
        }
        Ok(unit)
    };
    let (revision, restore) = restored(cub, &current).await?;
    let path = format!("{}/{}", UNIT.path(&cub.space.id), text(&current, "UnitID"));
    let call = match body {
        Err(changes) => Call::patch(path, changes),
        Ok(mut unit) => {
            if let Some(source) = cub.args.get(1).cloned() {
                unit["Data"] = STANDARD.encode(read_config(cub, &source)?).into();
            }
            Call::put(path, &typed("Unit", &unit))
        }
    };
    let upgrade = if cub.flags.on("upgrade") { "true" } else { "" };
    let call = call.with("upgrade", upgrade).with("revision_id", revision).with("restore", restore);
    let call = with_merge(cub, call.with("change_set_id", set)).await?;
    let updated = typed("Unit", &cub.call(call).await?);
    if cub.flags.on("wait") {
        await_triggers(cub, updated.clone()).await?;
    }
    print_updated(cub, &name, &updated)
}

/// Says that a unit was updated.
pub(super) fn print_updated(cub: &mut Cub<'_, '_>, name: &str, unit: &Value) -> Result<(), Failure> {
    let id = text(unit, "UnitID").to_owned();
    cub.print_done_with("updated", UNIT.noun, name, &id, unit, |cub| super::unit_details::print(cub, unit))
}

/// Fields of a patch that flags give.
fn extra_fields(cub: &Cub<'_, '_>, description: &str, change_set: &str) -> Vec<(&'static str, Value)> {
    let description = (!description.is_empty()).then(|| ("LastChangeDescription", description.into()));
    description.into_iter().chain(membership(cub, change_set)).collect()
}

/// The client's own checks of which flags go together.
fn check_update(cub: &Cub<'_, '_>, bulk: bool) -> Result<(), Failure> {
    let (on, given) = (|flag: &str| cub.flags.on(flag), |flag: &str| !cub.flags.text(flag).is_empty());
    let removed = cub.flags.list("label").iter().find(|label| label.ends_with("=-"));
    if let Some(label) = removed.filter(|_| !on("patch")) {
        return Err(Failure::failed(format!("label removal (--label {label}) requires --patch flag")));
    }
    let by_name = !cub.flags.list("unit").is_empty();
    let input = on("from-stdin") || given("filename");
    let refusal = if !bulk && (given("where") || by_name) {
        "--where or --unit can only be specified with --patch and no unit positional argument"
    } else if by_name && given("where") {
        "--unit and --where flags are mutually exclusive"
    } else if given("restore") && on("upgrade") {
        "only one of --restore and --upgrade should be specified"
    } else if given("merge-source") && (given("restore") || on("upgrade") || cub.args.len() > 1) {
        "only one of --merge-source, --restore, --upgrade, or config-file should be specified"
    } else if !given("merge-source") && (given("merge-base") || given("merge-end")) {
        "--merge-base and --merge-end can only be specified with --merge-source"
    } else if (given("restore") || on("upgrade")) && cub.args.len() > 1 {
        "only one of --restore, --upgrade, or config-file should be specified"
    } else if on("patch") && on("replace") {
        "only one of --patch and --replace should be specified"
    } else if on("patch")
        && !bulk
        && !input
        && !given("restore")
        && !on("upgrade")
        && !given("merge-source")
        && !given("changeset")
        && cub.flags.list("label").is_empty()
    {
        "--patch requires one of: --from-stdin, --filename, --restore, --upgrade, or --label"
    } else if bulk && given("restore") && !NAMED_REVISIONS.contains(&cub.flags.text("restore")) {
        "bulk patch mode doesn't support revision UUID or number restore values, only unit revision fields like LiveRevisionNum"
    } else if !bulk && cub.space.is_all() {
        "--space must not be '*' when not performing bulk operations"
    } else if cub.args.get(1).is_some_and(|source| source == "-") && on("from-stdin") {
        "can't read both entity attributes and config data from stdin"
    } else {
        return Ok(());
    };
    Err(Failure::failed(refusal))
}

/// The unit as it is sent back whole.
fn updated_unit(cub: &mut Cub<'_, '_>, current: &Value, description: &str) -> Result<Value, Failure> {
    let mut unit = current.clone();
    if let Some(input) = cub.entity_input()? {
        let input: Value = serde_json::from_slice(&input).map_err(|error| Failure::failed(error.to_string()))?;
        if cub.flags.on("replace") {
            unit = json!({"Version": current["Version"]});
        }
        merge(&mut unit, &input);
        for field in ["OrganizationID", "SpaceID", "UnitID"] {
            unit[field] = current[field].clone();
        }
    }
    cub.add_labels(&mut unit)?;
    if !description.is_empty() {
        unit["LastChangeDescription"] = description.into();
    }
    Ok(unit)
}

/// What `--restore` asks for: the id of a revision, or the name of one.
async fn restored(cub: &mut Cub<'_, '_>, current: &Value) -> Result<(String, String), Failure> {
    let asked = cub.flags.text("restore").to_owned();
    if asked.is_empty() || Uuid::parse_str(&asked).is_ok() {
        return Ok((asked, String::new()));
    }
    if NAMED_REVISIONS.contains(&asked.as_str()) {
        return Ok((String::new(), asked));
    }
    let Ok(wanted) = asked.parse::<i64>() else {
        return Err(Failure::failed(format!(
            "invalid restore value '{asked}': must be a UUID (revision ID), integer (revision number), or one of \
             LiveRevisionNum/LastAppliedRevisionNum/PreviousLiveRevisionNum"
        )));
    };
    let wanted = if wanted < 0 { number(current, "HeadRevisionNum") + wanted } else { wanted };
    let unit = text(current, "UnitID").to_owned();
    let path = format!("{}/{unit}/revision", UNIT.path(&cub.space.id));
    let revision = revision_numbered(cub, &path, &unit, wanted).await?;
    Ok((text(&revision, "RevisionID").to_owned(), String::new()))
}

async fn update_several(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let condition = selected(cub, &UNIT, "unit")?;
    let description = cub.flags.text("change-desc").to_owned();
    let set = change_set_id(cub).await?;
    let patch = cub.patch_from_flags(&extra_fields(cub, &description, &set))?;
    let filter = filter_id(cub).await?;
    let upgrade = if cub.flags.on("upgrade") { "true" } else { "" };
    let call = Call::patch("/unit", patch)
        .with("where", condition)
        .with("filter", filter)
        .with("include", UNIT.include)
        .with("restore", cub.flags.text("restore"))
        .with("upgrade", upgrade)
        .with("change_set_id", set);
    let call = with_merge(cub, call).await?;
    print_bulk(cub, call, "update", "").await
}

pub(super) async fn push_upgrade(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let id = text(&cub.find(&UNIT, &name).await?, "UnitID").to_owned();
    let condition = format!("Unit.UpstreamUnitID = '{id}' AND Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum");
    // Input and labels are taken and not sent.
    let call =
        Call::patch("/unit", "null").with("where", condition).with("include", "UpstreamUnitID").with("upgrade", "true");
    print_bulk(cub, call, "upgrade", &format!("{name} ({id})")).await
}

/// Sends a bulk change of units, waits for their triggers and sums up.
pub(super) async fn print_bulk(cub: &mut Cub<'_, '_>, call: Call, verb: &str, from: &str) -> Result<(), Failure> {
    let (status, answers) = cub.call_with_status(call).await?;
    let answers = typed("UnitCreateOrUpdateResponse", &answers);
    let all: &[Value] = answers.as_array().map_or(&[], Vec::as_slice);
    let failed: Vec<&Value> = all.iter().map(|answer| &answer["Error"]).filter(|error| error.is_object()).collect();
    let done: Vec<&Value> =
        all.iter().filter(|answer| !answer["Error"].is_object()).map(|answer| &answer["Unit"]).collect();
    let speaks = !cub.flags.on("quiet") && !cub.has_other_output();
    let mut extended: Vec<Value> = done.iter().map(|unit| json!({ "Unit": unit })).collect();
    if cub.flags.on("wait") && !done.is_empty() {
        if speaks {
            cub.streams.line("Awaiting triggers...")?;
        }
        for extended in &mut extended {
            let unit = &extended["Unit"];
            let read = cub.by_id(&UNIT, text(unit, "SpaceID"), text(unit, "UnitID"), "").await?;
            await_triggers(cub, read["Unit"].clone()).await?;
            *extended = read;
        }
    }
    if speaks {
        if cub.flags.on("verbose") && !done.is_empty() {
            let table = super::unit::table(cub, &extended).render();
            cub.streams.print(&table)?;
        }
        if !failed.is_empty() {
            cub.streams.line(&format!("Failed to {verb} units:"))?;
            let table = error_table(&failed);
            cub.streams.print(&table.render())?;
        }
        let (good, bad) = (done.len(), failed.len());
        let origin = if from.is_empty() { String::new() } else { format!(" from {from}") };
        cub.streams.line(&match status {
            207 => format!(
                "Bulk {verb} completed with mixed results: {good} succeeded, {bad} failed out of {} total units",
                all.len()
            ),
            _ => format!("Bulk {verb} completed successfully: {good} units {verb}{origin}"),
        })?;
    }
    cub.print_json_and_jq(&answers)?;
    if !failed.is_empty() && done.is_empty() {
        return Err(Failure::failed(format!("all bulk {verb} operations failed")));
    }
    Ok(())
}

fn error_table(errors: &[&Value]) -> Table {
    let mut table = Table::with_header(&["Entity Type", "Entity ID", "Status", "Message"], true);
    let known = |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
    for error in errors {
        let about = &error["ErrorMetadata"];
        table.row([
            known(text(about, "EntityType")),
            known(text(about, "EntityID")),
            number(error, "Status").to_string(),
            text(error, "Message").to_owned(),
        ]);
    }
    table
}

pub(super) async fn set_target(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    if cub.args.len() == 2 {
        return set_target_of_one(cub).await;
    }
    if !cub.flags.list("unit").is_empty() && cub.flags.given("where") {
        return Err(Failure::failed("--unit and --where flags are mutually exclusive"));
    }
    let condition = selected(cub, &UNIT, "unit")?;
    let patch = target_patch(cub, 0).await?;
    let filter = filter_id(cub).await?;
    let call =
        Call::patch("/unit", patch).with("where", condition).with("filter", filter).with("include", UNIT.include);
    let (status, answers) = cub.call_with_status(call).await?;
    let answers = typed("UnitCreateOrUpdateResponse", &answers);
    let (mut good, mut bad) = (0, 0);
    for answer in answers.as_array().into_iter().flatten() {
        let (unit, error) = (&answer["Unit"], &answer["Error"]);
        let named = format!("{} ({})", text(unit, "Slug"), text(unit, "UnitID"));
        let line = if error.is_object() {
            bad += 1;
            let whose = if unit.is_null() { String::new() } else { format!("Failed to set target for unit {named}: ") };
            format!("ERROR: {whose}{}", text(error, "Message"))
        } else {
            good += 1;
            format!("Successfully set target of unit {named}")
        };
        cub.streams.line(&line)?;
    }
    cub.streams.line(&match status {
        207 => format!(
            "Bulk operation completed with mixed results: {good} succeeded, {bad} failed out of {} total",
            good + bad
        ),
        _ => format!("Bulk operation completed successfully: {good} units updated"),
    })?;
    cub.print_json_and_jq(&answers)?;
    if bad > 0 && good == 0 { Err(Failure::failed("all bulk operations failed")) } else { Ok(()) }
}

async fn set_target_of_one(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let unit = cub.find(&UNIT, &name).await?;
    let body = target_patch(cub, 1).await?;
    let path = format!("{}/{}", UNIT.path(&cub.space.id), text(&unit, "UnitID"));
    let updated = typed("Unit", &cub.call(Call::patch(path, body)).await?);
    cub.streams.line(&format!("Successfully set target of unit {name} ({})", text(&updated, "UnitID")))?;
    if cub.flags.on("verbose") {
        super::unit_details::print(cub, &updated)?;
    }
    cub.print_json_and_jq(&updated)
}

/// The patch that sets the target which an argument names; a dash takes the target away.
async fn target_patch(cub: &mut Cub<'_, '_>, argument: usize) -> Result<String, Failure> {
    let name = cub.args[argument].clone();
    let id = match name.as_str() {
        "-" => NIL.into(),
        name => cub.find(&TARGET, name).await?["TargetID"].clone(),
    };
    Ok(crate::model::compact(&json!({"TargetID": id})))
}

/// Waits until the hub has run the unit's triggers: the gate `awaiting/triggers` is gone.
pub(super) async fn await_triggers(cub: &mut Cub<'_, '_>, mut unit: Value) -> Result<(), Failure> {
    let mut pause = Duration::from_millis(25);
    for _ in 0..100 {
        if unit["ApplyGates"]["awaiting/triggers"].is_null() {
            return Ok(());
        }
        cub.pace.sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(250));
        unit = cub.by_id(&UNIT, text(&unit, "SpaceID"), text(&unit, "UnitID"), "").await?["Unit"].clone();
    }
    Err(Failure::failed(format!("triggers didn't execute on unit {}", text(&unit, "Slug"))))
}
