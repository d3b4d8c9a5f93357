//! The fields of an entity that its kind's own arguments and flags give.

use serde_json::{Value, json};

use super::unit::filter_id;
use crate::contract::Era;
use crate::cub::Cub;
use crate::entity::{Kind, TAG, WORKER};
use crate::failure::Failure;
use crate::model::text;

type Fields = Vec<(&'static str, Value)>;

/// What the arguments behind the slug and the flags give; `several` are many at once, which have no arguments.
pub(super) async fn given(cub: &mut Cub<'_, '_>, kind: &Kind, several: bool) -> Result<Fields, Failure> {
    let arguments = cub.args.get(1..).unwrap_or_default().to_vec();
    match kind.model {
        "Filter" => filter(cub, &arguments, several).await,
        "View" => view(cub, &arguments).await,
        "ChangeSet" => change_set(cub).await,
        "Trigger" => trigger(cub, &arguments).await,
        "Invocation" => {
            let mut fields = worker(cub).await?;
            fields.extend(function(&arguments)?);
            Ok(fields)
        }
        _ => Ok(Fields::new()),
    }
}

/// Text flags that give a field each.
fn texts(cub: &Cub<'_, '_>, flags: &[(&str, &'static str)]) -> Fields {
    let given = |(flag, field): &(&str, &'static str)| match cub.flags.text(flag) {
        "" => None,
        value => Some((*field, value.into())),
    };
    flags.iter().filter_map(given).collect()
}

async fn filter(cub: &mut Cub<'_, '_>, arguments: &[String], several: bool) -> Result<Fields, Failure> {
    let mut fields: Fields = arguments.first().map(|from| ("From", from.clone().into())).into_iter().collect();
    // In August 2025 one flag was both the filter's own condition and what selects several filters.
    let condition = if cub.era == Era::August2025 { "where" } else { "where-field" };
    if !(several && condition == "where") {
        fields.extend(texts(cub, &[(condition, "Where")]));
    }
    fields.extend(texts(cub, &[("where-data", "WhereData"), ("resource-type", "ResourceType")]));
    let space = cub.flags.text("from-space").to_owned();
    if !space.is_empty() {
        fields.push(("FromSpaceID", cub.find_space(&space).await?["SpaceID"].clone()));
    }
    Ok(fields)
}

async fn view(cub: &mut Cub<'_, '_>, arguments: &[String]) -> Result<Fields, Failure> {
    let (order_by, direction) = (cub.flags.text("order-by"), cub.flags.text("order-by-direction"));
    if !direction.is_empty() && order_by.is_empty() {
        return Err(Failure::failed("--order-by-direction can only be specified with --order-by"));
    }
    if !["", "ASC", "DESC"].contains(&direction) {
        return Err(Failure::failed("--order-by-direction must be ASC or DESC"));
    }
    let order = [("group-by", "GroupBy"), ("order-by", "OrderBy"), ("order-by-direction", "OrderByDirection")];
    let mut fields = texts(cub, &order);
    let columns: Vec<Value> = cub.flags.list("column").iter().map(|name| json!({ "Name": name })).collect();
    if !columns.is_empty() {
        fields.push(("Columns", columns.into()));
    }
    if let Some(filter) = arguments.first().filter(|_| !cub.flags.given("filter")) {
        fields.push(("FilterID", super::unit::filter_named(cub, filter).await?.into()));
    } else if cub.flags.given("filter") {
        fields.push(("FilterID", filter_id(cub).await?.into()));
    }
    Ok(fields)
}

async fn change_set(cub: &mut Cub<'_, '_>) -> Result<Fields, Failure> {
    let mut fields = Fields::new();
    if !cub.flags.text("filter").is_empty() {
        fields.push(("FilterID", filter_id(cub).await?.into()));
    }
    for (flag, field) in [("start-tag", "StartTagID"), ("end-tag", "EndTagID")] {
        let name = cub.flags.text(flag).to_owned();
        if !name.is_empty() {
            fields.push((field, cub.find(&TAG, &name).await?["TagID"].clone()));
        }
    }
    fields.extend(texts(cub, &[("description", "Description")]));
    Ok(fields)
}

async fn trigger(cub: &mut Cub<'_, '_>, arguments: &[String]) -> Result<Fields, Failure> {
    let opposites = [("disable", "enable", "Disabled"), ("enforce", "unenforce", "Enforced")];
    if let Some((on, off, _)) = opposites.iter().find(|(on, off, _)| cub.flags.on(on) && cub.flags.on(off)) {
        return Err(Failure::failed(format!("--{on} and --{off} flags are mutually exclusive")));
    }
    let mut fields = worker(cub).await?;
    for (on, off, field) in opposites {
        if cub.flags.on(on) || cub.flags.on(off) {
            fields.push((field, cub.flags.on(on).into()));
        }
    }
    if let Some((event, function_and_more)) = arguments.split_first() {
        fields.push(("Event", event.clone().into()));
        fields.extend(function(function_and_more)?);
    }
    Ok(fields)
}

async fn worker(cub: &mut Cub<'_, '_>) -> Result<Fields, Failure> {
    let name = cub.flags.text("worker").to_owned();
    if name.is_empty() {
        return Ok(Fields::new());
    }
    let found = cub.find(&WORKER, &name).await?;
    Ok(vec![("BridgeWorkerID", text(&found, "BridgeWorkerID").into())])
}

/// Toolchain, function and its arguments.
fn function(words: &[String]) -> Result<Fields, Failure> {
    let [toolchain, function, arguments @ ..] = words else { return Ok(Fields::new()) };
    let mut fields = vec![("ToolchainType", toolchain.clone().into()), ("FunctionName", function.clone().into())];
    let arguments = super::function::arguments(arguments)?;
    if !arguments.is_empty() {
        fields.push(("Arguments", arguments.into()));
    }
    Ok(fields)
}
