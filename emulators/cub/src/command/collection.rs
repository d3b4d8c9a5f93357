//! What all kinds of entities in a space have in common: list, get, create, delete.

use serde_json::{Value, json};

use super::refuse;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{CHANGE_SET, FILTER, Kind, SET, TAG, TRIGGER, condition_of_names};
use crate::failure::Failure;
use crate::model::{text, typed};
use crate::output::slug_of;
use crate::slug;
use crate::table::Table;

/// Columns of a list: title, and the path of the value in the extended entity.
fn columns(kind: &Kind) -> &'static [(&'static str, &'static str)] {
    match kind.model {
        "Filter" => &[
            ("Name", "Filter.Slug"),
            ("Space", "Space.Slug"),
            ("From", "Filter.From"),
            ("Where", "Filter.Where"),
            ("Where-Data", "Filter.WhereData"),
            ("Resource-Type", "Filter.ResourceType"),
            ("From-Space", "FromSpace.Slug"),
        ],
        "ChangeSet" => &[
            ("Name", "ChangeSet.Slug"),
            ("Space", "Space.Slug"),
            ("Filter", "Filter.Slug"),
            ("Start-Tag", "StartTag.Slug"),
            ("End-Tag", "EndTag.Slug"),
            ("Description", "ChangeSet.Description"),
        ],
        _ => &[("Name", "Set.Slug"), ("Space", "Space.Slug")],
    }
}

/// The text at a dotted path.
pub(super) fn text_at<'a>(entity: &'a Value, path: &str) -> &'a str {
    path.split('.').fold(entity, |value, field| &value[field]).as_str().unwrap_or_default()
}

/// The entities `--where` and the space select, with the fields a list shows.
pub(super) async fn listed(cub: &mut Cub<'_, '_>, kind: &Kind) -> Result<Vec<Value>, Failure> {
    let select = match cub.flags.text("select") {
        "" => kind.select.to_owned(),
        _ => cub.select_flag(),
    };
    let (space, condition) = (cub.space.id.clone(), cub.flags.text("where").to_owned());
    cub.list(kind, &space, &condition, &select).await
}

pub(super) async fn list(cub: &mut Cub<'_, '_>, kind: &Kind) -> Result<(), Failure> {
    let entities = listed(cub, kind).await?;
    let columns = columns(kind);
    let titles: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
    let mut table = Table::with_header(&titles, cub.shows_header());
    for entity in &entities {
        table.row(columns.iter().map(|(_, path)| match text_at(entity, path) {
            // A set's space is not part of its answer: it is the one that was asked.
            "" if *path == "Space.Slug" && !cub.space.is_all() => cub.space.slug.clone(),
            found => found.to_owned(),
        }));
    }
    cub.print_list(&entities, &table, slug_of(kind))
}

/// JSON and jq only: the details of these kinds are not laid out yet.
pub(super) async fn get(cub: &mut Cub<'_, '_>, kind: &Kind) -> Result<(), Failure> {
    let (name, space, select) = (cub.args[0].clone(), cub.space.clone(), cub.select_flag());
    let found = cub.find_selected(kind, &name, &space, &select).await?;
    if !cub.has_other_output() && !cub.flags.on("quiet") {
        return Err(Failure::NotSupported(format!("{} get (without --json, --jq or --quiet)", kind.noun)));
    }
    cub.print_json_and_jq(&found)
}

pub(super) async fn create(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let own: &[&str] = match kind.model {
        _ if *kind.model == *CHANGE_SET.model => &["filter", "start-tag", "end-tag", "changeset"],
        _ if *kind.model == *TAG.model => &["tag"],
        _ if *kind.model == *FILTER.model || *kind.model == *SET.model => &[],
        _ => &[],
    };
    refuse(cub, &format!("{} create", kind.noun), own)?;
    refuse(cub, &format!("{} create", kind.noun), &["where", "where-space", "dest-space", "name-prefix", "verbose"])?;
    let Some(name) = cub.args.first().cloned() else {
        return Err(Failure::failed(format!("{} name is required for single {} creation", kind.noun, kind.noun)));
    };
    let mut entity = cub.entity_from_flags()?;
    entity["SpaceID"] = cub.space.id.clone().into();
    entity["Slug"] = slug::of(&name).into();
    if text(&entity, "DisplayName").is_empty() {
        entity["DisplayName"] = name.clone().into();
    }
    if cub.flags.given("description") {
        entity["Description"] = cub.flags.text("description").into();
    }
    send_new(cub, kind, &name, &entity).await
}

pub(super) async fn create_trigger(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    refuse(
        cub,
        "trigger create",
        &["where", "where-space", "dest-space", "name-prefix", "trigger", "worker", "verbose"],
    )?;
    let [name, event, toolchain, function, arguments @ ..] = cub.args.as_slice() else {
        return Err(Failure::failed(
            "single trigger creation requires: <slug> <event> <config type> <function> [arguments...]",
        ));
    };
    let (name, event, toolchain, function) = (name.clone(), event.clone(), toolchain.clone(), function.clone());
    let arguments: Vec<Value> = arguments.iter().map(|argument| json!({"Value": argument})).collect();
    let mut trigger = cub.entity_from_flags()?;
    trigger["SpaceID"] = cub.space.id.clone().into();
    trigger["Slug"] = slug::of(&name).into();
    trigger["DisplayName"] = name.clone().into();
    trigger["Event"] = event.into();
    trigger["ToolchainType"] = toolchain.into();
    trigger["FunctionName"] = function.into();
    if !arguments.is_empty() {
        trigger["Arguments"] = arguments.into();
    }
    for (flag, field) in [("disable", "Disabled"), ("enforce", "Enforced")] {
        if cub.flags.on(flag) {
            trigger[field] = true.into();
        }
    }
    send_new(cub, &TRIGGER, &name, &trigger).await
}

/// Creates the entity and says so.
pub(super) async fn send_new(cub: &mut Cub<'_, '_>, kind: &Kind, name: &str, entity: &Value) -> Result<(), Failure> {
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post(kind.path(&cub.space.id), &typed(kind.model, entity)).with("allow_exists", allow_exists);
    let created = typed(kind.model, &cub.call(call).await?);
    cub.print_done("created", kind.noun, name, text(&created, kind.id), &created)
}

/// Deletes one entity, or those that `--where` or the flag `names` select.
pub(super) async fn delete(cub: &mut Cub<'_, '_>, kind: &Kind, names_flag: &str) -> Result<(), Failure> {
    refuse(
        cub,
        &format!("{} delete", kind.noun),
        &["filter"].map(|flag| if names_flag == "filter" { "" } else { flag }),
    )?;
    let (names, condition) = (cub.flags.list(names_flag).to_vec(), cub.flags.text("where").to_owned());
    let noun = if names_flag.is_empty() { kind.noun } else { names_flag };
    let bulk = !names.is_empty() || !condition.is_empty();
    if bulk && !cub.args.is_empty() {
        return Err(Failure::failed(format!("--where or --{noun} can only be specified with no positional arguments")));
    }
    if bulk {
        if !names.is_empty() && !condition.is_empty() {
            return Err(Failure::failed(format!("--{noun} and --where flags are mutually exclusive")));
        }
        let condition = if names.is_empty() { condition } else { condition_of_names(&names, kind.id)? };
        let condition = cub.in_space(&condition);
        let call = Call::delete(kind.path("*")).with("where", &condition).with("include", kind.include);
        return delete_bulk(cub, call, noun, &condition).await;
    }
    let Some(name) = cub.args.first().cloned() else {
        return Err(Failure::failed(format!("single {noun} delete requires exactly one argument: <slug or id>")));
    };
    if cub.space.is_all() {
        return Err(Failure::failed("--space must not be '*' when not performing bulk operations"));
    }
    let id = text(&cub.find(kind, &name).await?, kind.id).to_owned();
    let path = format!("{}/{id}", kind.path(&cub.space.id));
    cub.call(Call::delete(path)).await?;
    cub.print_deleted(kind, &name, &id)
}

/// Sends a bulk deletion and sums its answers up.
pub(super) async fn delete_bulk(cub: &mut Cub<'_, '_>, call: Call, noun: &str, context: &str) -> Result<(), Failure> {
    let (status, answers) = cub.call_with_status(call).await?;
    let answers = answers.as_array().cloned().unwrap_or_default();
    let failed = answers.iter().filter(|answer| answer["Error"].is_object()).count();
    let deleted = answers.len() - failed;
    let failures = if failed > 0 { format!("  Failed: {failed} {noun}(s)\n") } else { String::new() };
    let success = format!("\nBulk delete operation completed:\n  Success: {deleted} {noun}(s)\n");
    cub.streams.print(&format!("{success}{failures}  Context: {context}\n"))?;
    if status == 207 || failed > 0 {
        return Err(Failure::failed(format!("bulk delete partially failed: {deleted} succeeded, {failed} failed")));
    }
    Ok(())
}
