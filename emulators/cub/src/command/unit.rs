//! Units: list, get, create.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::unit_change::{await_triggers, print_bulk};
use super::unit_details;
use crate::api::Call;
use crate::contract::Era;
use crate::cub::Cub;
use crate::entity::{FILTER, Kind, Space, TARGET, UNIT, condition_of_names};
use crate::failure::Failure;
use crate::model::{NIL, number, text, typed};
use crate::output::slug_of;
use crate::slug;
use crate::table::Table;

const COLUMNS: &str = "Unit.Slug,Space.Slug,Target.Slug,UnitStatus.Status,UnitStatus.LastAction,UpgradeNeeded,\
                       UnappliedChanges,Unit.ApplyGates,Unit.LastChangeDescription";

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let units = listed(cub).await?;
    let table = table(cub, &units);
    cub.print_list(&units, &table, slug_of(&UNIT))
}

/// The table of extended units, with the columns of `--columns` or the usual ones.
pub(super) fn table(cub: &Cub<'_, '_>, units: &[Value]) -> Table {
    let own_columns = cub.flags.text("columns");
    let columns = columns(if own_columns.is_empty() { COLUMNS } else { own_columns });
    let titles: Vec<String> = columns.iter().map(|column| title(column)).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut table = Table::with_header(&titles, cub.shows_header());
    for unit in units {
        table.row(columns.iter().map(|column| cell(unit, column, cub.era)));
    }
    table
}

/// The columns of a list separated by commas.
pub(super) fn columns(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).collect()
}

/// The extended units that the flags of lists select.
pub(super) async fn listed(cub: &mut Cub<'_, '_>) -> Result<Vec<Value>, Failure> {
    let (data, kind) = (cub.flags.text("where-data").to_owned(), cub.flags.text("resource-type").to_owned());
    let (mut condition, mut space) = (cub.flags.text("where").to_owned(), cub.space.id.clone());
    if !data.is_empty() && space != "*" {
        // Conditions on data are for the whole organization; the space becomes a condition.
        let here = format!("SpaceID='{space}'");
        condition = if condition.is_empty() { here } else { format!("{condition} AND {here}") };
        "*".clone_into(&mut space);
    }
    let own_columns = cub.flags.text("columns").to_owned();
    let select = match (cub.flags.given("select"), own_columns.is_empty()) {
        (true, _) => cub.select_flag(),
        (false, true) => UNIT.select.to_owned(),
        // Columns may need any field: all are asked for.
        (false, false) => String::new(),
    };
    let filter = filter_id(cub).await?;
    let (data, kind) = if space == "*" { (data, kind) } else { (String::new(), String::new()) };
    let call = Call::get(UNIT.path(&space))
        .with("where", condition)
        .with("contains", cub.flags.text("contains"))
        .with("resource_type", kind)
        .with("where_data", data)
        .with("filter", filter)
        .with("include", UNIT.include)
        .with("select", select);
    let listed = typed("ExtendedUnit", &cub.call(call).await?);
    Ok(listed.as_array().cloned().unwrap_or_default())
}

/// The id of the filter `--filter` names, as SPACE/FILTER or FILTER; empty without one.
pub(super) async fn filter_id(cub: &mut Cub<'_, '_>) -> Result<String, Failure> {
    let name = cub.flags.text("filter").to_owned();
    if name.is_empty() { Ok(name) } else { filter_named(cub, &name).await }
}

/// The id of the filter with this name: an id, a slug in the command's space, or SPACE/FILTER.
pub(super) async fn filter_named(cub: &mut Cub<'_, '_>, name: &str) -> Result<String, Failure> {
    if uuid::Uuid::parse_str(name).is_ok() {
        return Ok(name.to_owned());
    }
    let (space, name) = match name.split_once('/') {
        Some((space, name)) => {
            let found = cub.find_space(space).await?;
            (Space { id: text(&found, "SpaceID").into(), slug: space.into() }, name)
        }
        None => (cub.space.clone(), name),
    };
    let filter = cub.find_in(&FILTER, name, &space).await?;
    Ok(text(&filter["Filter"], "FilterID").to_owned())
}

/// A column's title: `UnitStatus.LastAction` is `Last-Action`, `Space.Slug` is `Space`.
pub(super) fn title(column: &str) -> String {
    let column = column.strip_prefix("Unit.").unwrap_or(column);
    for (prefix, title) in [("Labels.", "Label"), ("Annotations.", "Annotation")] {
        if let Some(key) = column.strip_prefix(prefix) {
            return format!("{title}:{key}");
        }
    }
    match column {
        "Slug" => return "Name".to_owned(),
        "Name" | "ID" => return column.to_owned(),
        _ => {}
    }
    if let Some(entity) = column.strip_suffix(".Slug") {
        return entity.to_owned();
    }
    let mut title = String::new();
    for letter in column.rsplit('.').next().unwrap_or(column).chars() {
        if letter.is_ascii_uppercase() && title.ends_with(|last: char| !last.is_ascii_uppercase()) {
            title.push('-');
        }
        title.push(letter);
    }
    title
}

/// A column's value in a row, as the client lays out each type of field.
pub(super) fn cell(unit: &Value, column: &str, era: Era) -> String {
    let own = &unit["Unit"];
    let path = match column {
        "UpgradeNeeded" => return upgrade_needed(unit).to_owned(),
        "UnappliedChanges" if number(own, "HeadRevisionNum") > number(own, "LiveRevisionNum") => {
            return "Yes".to_owned();
        }
        "UnappliedChanges" => return String::new(),
        "DataBytes" => return text(own, "Data").len().to_string(),
        "Name" => "Unit.Slug",
        "ID" => "Unit.UnitID",
        path => path,
    };
    let first = path.split('.').next().unwrap_or_default();
    let is_whole = ["Unit", "Space", "Target", "UnitStatus", "UpstreamUnit", "LatestUnitEvent"].contains(&first);
    let path = if is_whole { path.to_owned() } else { format!("Unit.{path}") };
    if path == "UnitStatus.LastAction" {
        // The client of August 2025 asks for a field its model does not have, and says so.
        if era == Era::August2025 {
            return if unit["UnitStatus"].is_null() { String::new() } else { "?".to_owned() };
        }
        return text(&unit["UnitStatus"], "Action").to_owned();
    }
    let value = path.split('.').fold(unit, |value, field| &value[field]);
    match value {
        Value::Null if path.ends_with("Gates") || path.ends_with("Labels") || path.ends_with("Annotations") => {
            "None".to_owned()
        }
        Value::Null if path.ends_with("Num") => "0".to_owned(),
        Value::Null => String::new(),
        Value::String(id) if id == NIL => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Array(items) => format!("{} items", items.len()),
        Value::Object(map) => match map.keys().collect::<Vec<_>>().as_slice() {
            [] => "None".to_owned(),
            [only] => (*only).clone(),
            _ => "Multiple".to_owned(),
        },
        scalar => scalar.to_string(),
    }
}

fn upgrade_needed(unit: &Value) -> &'static str {
    let upstream = &unit["UpstreamUnit"];
    let taken = number(&unit["Unit"], "UpstreamRevisionNum");
    match () {
        () if upstream.is_null() => "",
        () if taken < number(upstream, "HeadRevisionNum") => "Yes",
        () if taken > 0 => "No",
        () => "",
    }
}

pub(super) async fn get(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (name, space, select) = (cub.args[0].clone(), cub.space.clone(), cub.select_flag());
    let unit = cub.find_selected(&UNIT, &name, &space, &select).await?["Unit"].clone();
    cub.print_one(&unit, |cub| unit_details::print(cub, &unit))
}

const BULK: [&str; 5] = ["where", "unit", "dest-space", "where-space", "name-prefix"];

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let bulk = BULK.iter().any(|flag| cub.flags.given(flag)) || cub.flags.given("filter");
    match (cub.args.is_empty(), bulk) {
        (true, true) => create_several(cub).await,
        (true, false) => Err(Failure::failed("unit name is required for single unit creation")),
        (false, true) => Err(Failure::failed(
            "bulk create flags (--where, --unit, --dest-space, --where-space, --name-prefix) can only be used without \
             positional arguments",
        )),
        (false, false) => create_one(cub).await,
    }
}

async fn create_one(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    cub.refuse_all_spaces()?;
    if cub.args.get(1).is_some_and(|source| source == "-") && cub.flags.on("from-stdin") {
        return Err(Failure::failed("can't read both entity attributes and config data from stdin"));
    }
    let name = cub.args[0].clone();
    let mut unit = match cub.entity_input()? {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Failure::failed(error.to_string()))?,
        None => json!({}),
    };
    if let Some(source) = cub.args.get(1).cloned() {
        if cub.flags.given("upstream-unit") {
            return Err(Failure::failed("shouldn't specify both an upstream to clone and config data"));
        }
        unit["Data"] = STANDARD.encode(read_config(cub, &source)?).into();
    }
    cub.add_labels(&mut unit)?;
    let (upstream_space, upstream_unit) = upstream(cub).await?;
    let target = cub.flags.text("target").to_owned();
    if !target.is_empty() {
        unit["TargetID"] = cub.find(&TARGET, &target).await?["TargetID"].clone();
    }
    unit["SpaceID"] = cub.space.id.clone().into();
    unit["Slug"] = slug::of(&name).into();
    unit["ToolchainType"] = cub.flags.text("toolchain").into();
    if !cub.flags.text("change-desc").is_empty() {
        unit["LastChangeDescription"] = cub.flags.text("change-desc").into();
    }
    let set = super::change_set::change_set_id(cub).await?;
    if !set.is_empty() {
        unit["ChangeSetID"] = set.into();
    }
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post(UNIT.path(&cub.space.id), &typed("Unit", &unit))
        .with("upstream_space_id", upstream_space)
        .with("upstream_unit_id", upstream_unit)
        .with("allow_exists", allow_exists);
    let created = typed("Unit", &cub.call(call).await?);
    if cub.flags.on("wait") {
        await_triggers(cub, created.clone()).await?;
    }
    let id = text(&created, "UnitID").to_owned();
    cub.print_done_with("created", UNIT.noun, &name, &id, &created, |cub| unit_details::print(cub, &created))
}

/// The ids of the space and unit to clone; empty without `--upstream-unit`.
async fn upstream(cub: &mut Cub<'_, '_>) -> Result<(String, String), Failure> {
    let (space, unit) = (cub.flags.text("upstream-space").to_owned(), cub.flags.text("upstream-unit").to_owned());
    let mut there = cub.space.clone();
    if !space.is_empty() {
        let found = cub.find_space(&space).await?;
        there = Space { id: text(&found, "SpaceID").into(), slug: space };
    }
    if unit.is_empty() {
        return Ok(Default::default());
    }
    let found = cub.find_in(&UNIT, &unit, &there).await?;
    Ok((there.id, text(&found["Unit"], "UnitID").to_owned()))
}

/// The configuration a file or standard input holds.
pub(super) fn read_config(cub: &mut Cub<'_, '_>, source: &str) -> Result<Vec<u8>, Failure> {
    cub.content(source).map_err(|error| Failure::failed(format!("failed to read config: {error}")))
}

async fn create_several(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let has = |flag: &str| cub.flags.given(flag);
    let refusal = if !has("where") && !has("unit") && !has("filter") {
        "bulk create mode requires --where or --unit flags"
    } else if has("unit") && has("where") {
        "--unit and --where flags are mutually exclusive"
    } else if has("dest-space") && has("where-space") {
        "--dest-space and --where-space flags are mutually exclusive"
    } else if !has("dest-space") && !has("where-space") && !has("name-prefix") {
        "bulk create mode requires at least one of --dest-space, --where-space, or --name-prefix"
    } else if ["upstream-unit", "upstream-space", "import", "toolchain"].into_iter().any(has) {
        "--upstream-unit, --upstream-space, --import, and --toolchain flags cannot be used in bulk create mode"
    } else {
        ""
    };
    if !refusal.is_empty() {
        return Err(Failure::failed(refusal));
    }
    let condition = selected(cub, &UNIT, "unit")?;
    let target = cub.flags.text("target").to_owned();
    let extra = match target.as_str() {
        "" => Vec::new(),
        "-" => vec![("TargetID", NIL.into())],
        name => vec![("TargetID", cub.find(&TARGET, name).await?["TargetID"].clone())],
    };
    let patch = match cub.patch_from_flags(&extra)?.as_str() {
        // Creation always sends an object.
        "null" => "{}".to_owned(),
        patch => patch.to_owned(),
    };
    let destinations = cub.flags.list("dest-space");
    let spaces = if destinations.is_empty() {
        cub.flags.text("where-space").to_owned()
    } else {
        condition_of_names(destinations, "SpaceID")?
    };
    let filter = filter_id(cub).await?;
    let call = Call::post_patch("/unit", patch)
        .with("where", condition)
        .with("filter", filter)
        .with("include", UNIT.include)
        .with("name_prefixes", cub.flags.list("name-prefix").join(","))
        .with("where_space", spaces);
    print_bulk(cub, call, "create", "").await
}

/// The condition of `--where` or of the names in `flag`, within the space.
pub(super) fn selected(cub: &Cub<'_, '_>, kind: &Kind, flag: &str) -> Result<String, Failure> {
    let names = cub.flags.list(flag);
    if names.is_empty() {
        return Ok(cub.in_space(cub.flags.text("where")));
    }
    let condition = condition_of_names(names, kind.id)?;
    // In August 2025 the client asked for workers by a field they do not have.
    let condition = match condition.strip_prefix("Slug IN ") {
        Some(slugs) if kind.model == "BridgeWorker" && cub.era == Era::August2025 => format!("Name IN {slugs}"),
        _ => condition,
    };
    Ok(cub.in_space(&condition))
}
