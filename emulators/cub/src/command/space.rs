//! Spaces.

use serde_json::{Value, json};

use super::collection_update::merged_with_input;
use super::space_bulk;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::condition_of_names;
use crate::failure::Failure;
use crate::model::{compact, number, pairs, text, time, total, typed};
use crate::slug;
use crate::table::Table;

const LIST_FIELDS: &str = "Slug,Labels,SpaceID,OrganizationID";

pub(super) async fn new_prefix(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let spaces = cub.call(Call::get("/space")).await?;
    let taken: Vec<&str> =
        spaces.as_array().into_iter().flatten().map(|extended| text(&extended["Space"], "Slug")).collect();
    let number = |name: &str| cub.env.get(name).and_then(|number| number.parse::<u64>().ok());
    // Each call makes another prefix, as the real client does, and the same one in the same place of a run.
    let seed = number("STAGEGATE_SEED").map(|seed| seed.rotate_left(32) ^ number("STAGEGATE_CALL").unwrap_or(0));
    let prefix = crate::prefix::free(seed, &taken);
    cub.streams.line(&prefix)
}

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let select = match cub.flags.text("select") {
        "" => LIST_FIELDS.to_owned(),
        _ => cub.select_flag(),
    };
    let call = Call::get("/space")
        .with("summary", "true")
        .with("where", cub.flags.text("where"))
        .with("contains", cub.flags.text("contains"))
        .with("select", select);
    let listed = cub.call(call).await?;
    let spaces = typed("ExtendedSpace", &listed).as_array().cloned().unwrap_or_default();
    let header = ["Name", "Environment", "#Units", "#Gated", "#Upgradable", "#Workers", "#Targets", "#Triggers"];
    let mut table = Table::with_header(&header, cub.shows_header());
    for space in &spaces {
        table.row([
            text(&space["Space"], "Slug").to_owned(),
            space["Space"]["Labels"]["Environment"].as_str().unwrap_or_default().to_owned(),
            number(space, "TotalUnitCount").to_string(),
            number(space, "GatedUnitCount").to_string(),
            number(space, "UpgradableUnitCount").to_string(),
            number(space, "TotalBridgeWorkerCount").to_string(),
            total(space, "TargetCountByToolchainType").to_string(),
            total(space, "TriggerCountByEventType").to_string(),
        ]);
    }
    cub.print_list(&spaces, &table, |space| text(&space["Space"], "Slug").to_owned())
}

pub(super) async fn get(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let id = text(&cub.find_space(&name).await?, "SpaceID").to_owned();
    let select = cub.select_flag();
    let call = Call::get(format!("/space/{id}")).with("summary", "true").with("select", select);
    let space = typed("ExtendedSpace", &cub.call(call).await?);
    let details = details(&space);
    cub.print_one(&space, |cub| cub.streams.print(&details.render()))
}

fn details(extended: &Value) -> Table {
    let space = &extended["Space"];
    let mut table = Table::new();
    table.row(["ID", text(space, "SpaceID")]);
    table.row(["Name", text(space, "Slug")]);
    table.row(["Created At", &time(space, "CreatedAt")]);
    table.row(["Updated At", &time(space, "UpdatedAt")]);
    table.row(["Labels", &pairs(space, "Labels")]);
    table.row(["Annotations", &pairs(space, "Annotations")]);
    table.row(["Organization ID", text(space, "OrganizationID")]);
    let counts = [
        ("# Units", "TotalUnitCount"),
        ("# Unapplied Units", "UnappliedUnitCount"),
        ("# Unapproved Units", "UnapprovedUnitCount"),
        ("# Gated Units", "GatedUnitCount"),
        ("# Upgradable Units", "UpgradableUnitCount"),
        ("# Unlinked Units", "UnlinkedUnitCount"),
        ("# Recently Changed Units", "RecentChangeUnitCount"),
        ("# Incomplete Applies", "IncompleteApplyUnitCount"),
        ("# Workers", "TotalBridgeWorkerCount"),
    ];
    for (title, field) in counts {
        table.row([title, &number(extended, field).to_string()]);
    }
    table.row(["# Targets", &total(extended, "TargetCountByToolchainType").to_string()]);
    table.row(["# Triggers", &total(extended, "TriggerCountByEventType").to_string()]);
    table
}

const BULK: [&str; 3] = ["where", "space", "name-prefix"];

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let bulk = BULK.iter().any(|flag| cub.flags.given(flag));
    let Some(name) = cub.args.first().cloned() else {
        if bulk {
            return space_bulk::create(cub).await;
        }
        return Err(Failure::failed("space name is required for single space creation"));
    };
    if bulk {
        return Err(Failure::failed(
            "bulk create flags (--where, --space, --name-prefix) can only be used without positional arguments",
        ));
    }
    let mut space = cub.entity_from_flags()?;
    space["Slug"] = slug::of(&name).into();
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post("/space", &typed("Space", &space)).with("allow_exists", allow_exists);
    let created = typed("Space", &cub.call(call).await?);
    print_changed(cub, "created", &name, &created)
}

fn print_changed(cub: &mut Cub<'_, '_>, done: &str, name: &str, space: &Value) -> Result<(), Failure> {
    // The details have counts, which only the extended answer of `get` fills.
    let details = details(&json!({ "Space": space })).render();
    let id = text(space, "SpaceID").to_owned();
    cub.print_done_with(done, "space", name, &id, space, |cub| cub.streams.print(&details))
}

pub(super) async fn update(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let bulk = cub.flags.on("patch") && cub.args.is_empty();
    check_update(cub, bulk)?;
    if bulk {
        return space_bulk::patch(cub).await;
    }
    let Some(name) = cub.args.first().cloned() else {
        return Err(Failure::failed("space identifier is required for single space update"));
    };
    let current = cub.find_space(&name).await?;
    let changed = typed("Space", &merged_with_input(cub, &current, &["OrganizationID", "SpaceID"])?);
    let path = format!("/space/{}", text(&current, "SpaceID"));
    // A patch of one space is the whole space too, so it removes nothing.
    let call = if cub.flags.on("patch") { Call::patch(path, compact(&changed)) } else { Call::put(path, &changed) };
    let updated = typed("Space", &cub.call(call).await?);
    print_changed(cub, "updated", &name, &updated)
}

fn check_update(cub: &Cub<'_, '_>, bulk: bool) -> Result<(), Failure> {
    let (by_condition, by_name) = (!cub.flags.text("where").is_empty(), !cub.flags.list("space").is_empty());
    let removed = cub.flags.list("label").iter().find(|label| label.ends_with("=-"));
    if let Some(label) = removed.filter(|_| !cub.flags.on("patch")) {
        return Err(Failure::failed(format!("label removal (--label {label}) requires --patch flag")));
    }
    Err(Failure::failed(if !bulk && (by_condition || by_name) {
        "--where or --space can only be specified with --patch and no space positional argument"
    } else if by_condition && by_name {
        "--space and --where flags are mutually exclusive"
    } else if cub.flags.on("patch") && cub.flags.on("replace") {
        "only one of --patch and --replace should be specified"
    } else if bulk && !by_condition && !by_name {
        "bulk patch mode requires --where or --space flags"
    } else {
        return Ok(());
    }))
}

/// Takes over the given fields; maps are merged.
pub(super) fn merge(entity: &mut Value, given: &Value) {
    for (field, value) in given.as_object().into_iter().flatten() {
        if value.is_object() && entity[field].is_object() {
            merge(&mut entity[field], value);
        } else {
            entity[field] = value.clone();
        }
    }
}

pub(super) async fn delete(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (names, condition) = (cub.flags.list("space").to_vec(), cub.flags.text("where").to_owned());
    let bulk = !names.is_empty() || !condition.is_empty();
    if bulk && !cub.args.is_empty() {
        return Err(Failure::failed("--where or --space can only be specified with no positional arguments"));
    }
    let recursive = if cub.flags.on("recursive") { "true" } else { "" };
    if bulk {
        if !names.is_empty() && !condition.is_empty() {
            return Err(Failure::failed("--space and --where flags are mutually exclusive"));
        }
        let condition = if names.is_empty() { condition } else { condition_of_names(&names, "SpaceID")? };
        let call = Call::delete("/_space").with("where", &condition).with("include", "OrganizationID");
        return super::collection::delete_bulk(cub, call.with("recursive", recursive), "space", &condition).await;
    }
    let Some(name) = cub.args.first().cloned() else {
        return Err(Failure::failed("single space delete requires exactly one argument: <slug or id>"));
    };
    let id = text(&cub.find_space(&name).await?, "SpaceID").to_owned();
    cub.call(Call::delete(format!("/space/{id}")).with("recursive", recursive)).await?;
    if cub.flags.on("quiet") {
        return Ok(());
    }
    cub.streams.line(&format!("Successfully deleted space {name} ({id})"))
}
