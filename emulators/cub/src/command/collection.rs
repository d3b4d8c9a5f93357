//! What all kinds of entities in a space have in common: list, get, delete.

use serde_json::Value;

use super::collection_bulk::{Bulk, sum_up};
use super::collection_details;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{Kind, UNIT};
use crate::failure::Failure;
use crate::model::{text, time};
use crate::output::slug_of;
use crate::table::Table;

/// The titles of a list's columns.
fn titles(kind: &Kind) -> &'static [&'static str] {
    match kind.model {
        "Filter" => &["Name", "Space", "From", "Where", "Where-Data", "Resource-Type", "From-Space"],
        "ChangeSet" => &["Name", "Space", "Filter", "Start-Tag", "End-Tag", "Description"],
        "View" => &["Name", "Space", "Filter", "Columns", "Group-By", "Order-By"],
        "Tag" => &["Name", "Space", "Display-Name", "Created-At"],
        "Trigger" => &[
            "Name",
            "Space",
            "Worker",
            "Event",
            "Validating",
            "Disabled",
            "Enforced",
            "Toolchain-Type",
            "Function-Name",
            "Num-Args",
        ],
        "Invocation" => &["Name", "Space", "Worker", "Toolchain-Type", "Function-Name", "Num-Args"],
        _ => &["Name", "Space"],
    }
}

/// The cells of a list's row behind name and space.
fn cells(kind: &Kind, extended: &Value) -> Vec<String> {
    let entity = &extended[kind.model];
    let own = |field: &str| text(entity, field).to_owned();
    let slug = |related: &str| text(&extended[related], "Slug").to_owned();
    let flag = |field: &str| (entity[field] == true).to_string();
    let arguments = || entity["Arguments"].as_array().map_or(0, Vec::len).to_string();
    match kind.model {
        "Filter" => {
            let (condition, data) = (shortened(&own("Where"), 50), shortened(&own("WhereData"), 30));
            vec![own("From"), condition, data, own("ResourceType"), slug("FromSpace")]
        }
        "ChangeSet" => {
            vec![slug("Filter"), slug("StartTag"), slug("EndTag"), shortened(&own("Description"), 50)]
        }
        "View" => {
            let columns = shortened(&collection_details::column_names(entity).join(", "), 40);
            let direction =
                if collection_details::has_direction(entity) { own("OrderByDirection") } else { String::new() };
            let order = [own("OrderBy"), direction].join(" ").trim_end().to_owned();
            vec![slug("Filter"), columns, own("GroupBy"), order]
        }
        "Tag" => vec![own("DisplayName"), time(entity, "CreatedAt").chars().take(19).collect()],
        "Trigger" => {
            let flags = [flag("Validating"), flag("Disabled"), flag("Enforced")];
            let function = [own("ToolchainType"), own("FunctionName"), arguments()];
            [slug("BridgeWorker"), own("Event")].into_iter().chain(flags).chain(function).collect()
        }
        "Invocation" => vec![slug("BridgeWorker"), own("ToolchainType"), own("FunctionName"), arguments()],
        _ => Vec::new(),
    }
}

/// Text longer than `width` ends in dots.
fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 3).chain("...".chars()).collect()
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
    let mut table = Table::with_header(titles(kind), cub.shows_header());
    for extended in &entities {
        let space = match text(&extended["Space"], "Slug") {
            // A set's space is not part of its answer: it is the one that was asked.
            "" if !cub.space.is_all() => cub.space.slug.clone(),
            slug => slug.to_owned(),
        };
        let name = text(&extended[kind.model], "Slug").to_owned();
        table.row([name, space].into_iter().chain(cells(kind, extended)));
    }
    cub.print_list(&entities, &table, slug_of(kind))
}

pub(super) async fn get(cub: &mut Cub<'_, '_>, kind: &Kind) -> Result<(), Failure> {
    let (name, space, select) = (cub.args[0].clone(), cub.space.clone(), cub.select_flag());
    let extended = cub.find_selected(kind, &name, &space, &select).await?;
    let details = collection_details::table(kind, &extended[kind.model]).render();
    // Of targets the client keeps the related entities, of the others only the entity.
    let shown = if kind.model == "Target" { &extended } else { &extended[kind.model] };
    cub.print_one(shown, |cub| cub.streams.print(&details))
}

/// Deletes one entity, or those that `--where` or the flag `names` select.
pub(super) async fn delete(cub: &mut Cub<'_, '_>, kind: &Kind, names_flag: &str) -> Result<(), Failure> {
    if kind.model == "Unit" && cub.flags.given("filter") {
        return delete_filtered(cub).await;
    }
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
        let condition = super::unit::selected(cub, kind, names_flag)?;
        let call = Call::delete(kind.path("*")).with("where", &condition).with("include", kind.include);
        return delete_bulk(cub, call, noun, &condition).await;
    }
    let Some(name) = cub.args.first().cloned() else {
        return Err(Failure::failed(format!("single {noun} delete requires exactly one argument: <slug or id>")));
    };
    cub.refuse_all_spaces()?;
    let id = text(&cub.find(kind, &name).await?, kind.id).to_owned();
    let path = format!("{}/{id}", kind.path(&cub.space.id));
    cub.call(Call::delete(path)).await?;
    cub.print_deleted(kind, &name, &id)
}

/// Deletes the units that `--filter` selects, with `--where` or `--unit` (October 2025 contract).
async fn delete_filtered(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    if !cub.args.is_empty() {
        return Err(Failure::failed("--where, --filter or --unit can only be specified with no positional arguments"));
    }
    let condition = super::unit::selected(cub, &UNIT, "unit")?;
    let filter = super::unit::filter_id(cub).await?;
    let call = Call::delete(UNIT.path("*")).with("where", &condition).with("filter", filter);
    delete_bulk(cub, call.with("include", UNIT.include), UNIT.noun, &condition).await
}

/// Sends a bulk deletion and sums its answers up.
pub(super) async fn delete_bulk(cub: &mut Cub<'_, '_>, call: Call, noun: &str, context: &str) -> Result<(), Failure> {
    let (status, answers) = cub.call_with_status(call).await?;
    sum_up(cub, &Bulk { verb: "delete", noun, model: "", context }, status, &answers)
}
