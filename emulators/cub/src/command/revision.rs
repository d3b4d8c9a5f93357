//! What happened to a unit: revisions, mutations, events.

use std::cmp::Reverse;

use serde_json::Value;

use super::collection_details;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{TRIGGER, UNIT};
use crate::failure::Failure;
use crate::model::{is_zero_time, number, pretty, text, time, typed};
use crate::table::Table;

const REVISION_FIELDS: &str =
    "RevisionNum,RevisionID,UnitID,SpaceID,OrganizationID,CreatedAt,UserID,User.Username,Source,Description,ApplyGates";
const MUTATION_FIELDS: &str = "MutationNum,MutationID,RevisionNum,RevisionID,UnitID,SpaceID,OrganizationID,LinkID,Link.Slug,\
                               ProvidedResource,ProvidedPath,TriggerID,Trigger.Slug,FunctionInvocation";

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (condition, contains) = (cub.flags.text("where").to_owned(), cub.flags.text("contains").to_owned());
    let select = if cub.flags.given("select") { cub.select_flag() } else { REVISION_FIELDS.to_owned() };
    let path = of_unit(cub, "revision").await?;
    let call = Call::get(path)
        .with("where", condition)
        .with("contains", contains)
        .with("include", "UserID")
        .with("select", select);
    let mut revisions = listed(cub, call, "ExtendedRevision").await?;
    revisions.sort_by_key(|extended| Reverse(number(&extended["Revision"], "RevisionNum")));
    let header = ["Num", "Time", "User", "Source", "Description", "Apply-Gates"];
    let mut table = Table::with_header(&header, cub.shows_header());
    for extended in &revisions {
        let revision = &extended["Revision"];
        table.row([
            number(revision, "RevisionNum").to_string(),
            time(revision, "CreatedAt"),
            text(&extended["User"], "Username").to_owned(),
            text(revision, "Source").to_owned(),
            text(revision, "Description").to_owned(),
            gates(revision),
        ]);
    }
    cub.print_list(&revisions, &table, |extended| number(&extended["Revision"], "RevisionNum").to_string())
}

/// The one gate there is, `None` or `Multiple`.
fn gates(revision: &Value) -> String {
    let gates: Vec<&String> = revision["ApplyGates"].as_object().into_iter().flatten().map(|(gate, _)| gate).collect();
    match gates.as_slice() {
        [] => "None".to_owned(),
        [gate] => (*gate).clone(),
        _ => "Multiple".to_owned(),
    }
}

pub(super) async fn get(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let path = of_unit(cub, "revision").await?;
    let wanted = parse_number(&cub.args[1])?;
    let unit = path.split('/').nth(4).unwrap_or_default().to_owned();
    let revision = revision_numbered(cub, &path, &unit, wanted).await?;
    let data_only = cub.flags.on("data-only");
    cub.print_one(&revision, |cub| print_details(cub, &revision, data_only))
}

/// The bare revision with this number.
pub(super) async fn revision_numbered(
    cub: &mut Cub<'_, '_>,
    path: &str,
    unit: &str,
    wanted: i64,
) -> Result<Value, Failure> {
    let call = Call::get(path).with("where", format!("RevisionNum = {wanted}")).with("include", "UserID");
    let found = listed(cub, call, "ExtendedRevision").await?;
    let revision = found.into_iter().map(|extended| extended["Revision"].clone());
    let slug = cub.space.slug.clone();
    revision
        .into_iter()
        .find(|revision| number(revision, "RevisionNum") == wanted)
        .ok_or_else(|| Failure::failed(format!("rev {wanted} of unit {unit} not found in space {slug}")))
}

fn print_details(cub: &mut Cub<'_, '_>, revision: &Value, data_only: bool) -> Result<(), Failure> {
    if !data_only {
        let mut table = Table::new();
        table.row(["ID", text(revision, "RevisionID")]);
        table.row(["Unit ID", text(revision, "UnitID")]);
        table.row(["Revision Num", &number(revision, "RevisionNum").to_string()]);
        table.row(["Source", text(revision, "Source")]);
        table.row(["Description", text(revision, "Description")]);
        table.row(["Created At", &time(revision, "CreatedAt")]);
        table.row(["Live At", &time(revision, "LiveAt")]);
        table.row(["User ID", text(revision, "UserID")]);
        table.row(["Space ID", text(revision, "SpaceID")]);
        table.row(["Organization ID", text(revision, "OrganizationID")]);
        let gates = super::unit_details::closed_gates(revision);
        if !gates.is_empty() {
            table.row(["Apply Gates", &gates]);
        }
        cub.streams.print(&table.render())?;
        cub.streams.line("---")?;
        let Some(sources) = revision["MutationSources"].as_array() else {
            return Err(Failure::Crash("the revision has no MutationSources".to_owned()));
        };
        if !sources.is_empty() {
            cub.streams.line("Mutation Sources:")?;
            cub.streams.line(&pretty(&revision["MutationSources"]))?;
            cub.streams.line("---")?;
        }
    }
    super::unit_details::print_data(cub, text(revision, "Data"))
}

pub(super) async fn list_mutations(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let condition = cub.flags.text("where").to_owned();
    let path = if cub.flags.on("by-unit-id") {
        format!("{}/{}/mutation", UNIT.path(&cub.space.id), cub.args[0])
    } else {
        of_unit(cub, "mutation").await?
    };
    let select = if cub.flags.given("select") { cub.select_flag() } else { MUTATION_FIELDS.to_owned() };
    let include = "RevisionID,LinkID,TriggerID";
    let call = Call::get(path).with("where", condition).with("include", include).with("select", select);
    let mut mutations = listed(cub, call, "ExtendedMutation").await?;
    mutations.sort_by_key(|extended| Reverse(number(&extended["Mutation"], "MutationNum")));
    let header = ["Num", "RevisionNum", "Link", "ProvidedResource", "ProvidedPath", "Trigger", "FunctionName"];
    let mut table = Table::with_header(&header, cub.shows_header());
    for extended in &mutations {
        let mutation = &extended["Mutation"];
        table.row([
            number(mutation, "MutationNum").to_string(),
            number(mutation, "RevisionNum").to_string(),
            text(&extended["Link"], "Slug").to_owned(),
            text(&mutation["ProvidedResource"], "ResourceName").to_owned(),
            text(mutation, "ProvidedPath").to_owned(),
            text(&extended["Trigger"], "Slug").to_owned(),
            text(&mutation["FunctionInvocation"], "FunctionName").to_owned(),
        ]);
    }
    cub.print_list(&mutations, &table, |extended| number(&extended["Mutation"], "MutationNum").to_string())
}

pub(super) async fn get_mutation(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let path = of_unit(cub, "mutation").await?;
    let wanted = parse_number(&cub.args[1])?;
    let select = cub.select_flag();
    let call = Call::get(&path)
        .with("where", format!("MutationNum = {wanted}"))
        .with("include", "RevisionID,LinkID,TriggerID")
        .with("select", select);
    let found = listed(cub, call, "ExtendedMutation").await?;
    let numbered = found.into_iter().find(|extended| number(&extended["Mutation"], "MutationNum") == wanted);
    let unit = path.split('/').nth(4).unwrap_or_default();
    let slug = cub.space.slug.clone();
    let absent = || Failure::failed(format!("mutation {wanted} of unit {unit} not found in space {slug}"));
    let extended = numbered.ok_or_else(absent)?;
    let details = mutation_details(&extended);
    cub.print_one(&extended, |cub| cub.streams.print(&details))
}

/// A mutation, and the trigger that made it.
fn mutation_details(extended: &Value) -> String {
    let mutation = &extended["Mutation"];
    let mut table = Table::new();
    table.row(["ID", text(mutation, "MutationID")]);
    table.row(["Unit ID", text(mutation, "UnitID")]);
    table.row(["Revision ID", text(mutation, "RevisionID")]);
    table.row(["Mutation Num", &number(mutation, "MutationNum").to_string()]);
    if !mutation["LinkID"].is_null() {
        table.row(["Link ID", text(mutation, "LinkID")]);
    }
    table.row(["Provided Path", text(mutation, "ProvidedPath")]);
    if !mutation["TriggerID"].is_null() {
        table.row(["Trigger ID", text(mutation, "TriggerID")]);
    }
    let invocation = &mutation["FunctionInvocation"];
    if !text(invocation, "FunctionName").is_empty() {
        table.row(["Function Name", text(invocation, "FunctionName")]);
        for (position, argument) in invocation["Arguments"].as_array().into_iter().flatten().enumerate() {
            table.row([format!("Argument {position}"), argument["Value"].to_string()]);
        }
    }
    table.row(["Space ID", text(mutation, "SpaceID")]);
    table.row(["Organization ID", text(mutation, "OrganizationID")]);
    let trigger = &extended["Trigger"];
    let trigger =
        if trigger.is_object() { collection_details::table(&TRIGGER, trigger).render() } else { String::new() };
    table.render() + &trigger
}

pub(super) async fn get_event(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let path = of_unit(cub, "unit_event").await?;
    let wanted = cub.args[1].clone();
    if uuid::Uuid::parse_str(&wanted).is_err() {
        return Err(Failure::failed(format!("invalid UUID length: {}", wanted.len())));
    }
    let event = typed("UnitEvent", &cub.call(Call::get(format!("{path}/{wanted}"))).await?);
    let mut table = Table::new();
    table.row(["Action", text(&event, "Action")]);
    table.row(["Result", text(&event, "Result")]);
    table.row(["Status", if event["Status"].is_null() { "None" } else { text(&event, "Status") }]);
    table.row(["Created At", &time(&event, "CreatedAt")]);
    table.row(["Terminated At", &time(&event, "TerminatedAt")]);
    table.row(["Message", text(&event, "Message")]);
    if !event["BridgeWorkerID"].is_null() {
        table.row(["Bridge Worker ID", text(&event, "BridgeWorkerID")]);
    }
    let details = table.render();
    cub.print_one(&event, |cub| cub.streams.print(&details))
}

fn parse_number(written: &str) -> Result<i64, Failure> {
    written.parse().map_err(|_| Failure::failed(format!("strconv.ParseInt: parsing {written:?}: invalid syntax")))
}

pub(super) async fn list_events(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (condition, contains) = (cub.flags.text("where").to_owned(), cub.flags.text("contains").to_owned());
    let path = of_unit(cub, "unit_event").await?;
    let call = Call::get(path).with("where", condition).with("contains", contains);
    let events = listed(cub, call, "UnitEvent").await?;
    let header = ["Action", "Result", "Status", "Created-At", "Terminated-At", "Message"];
    let mut table = Table::with_header(&header, cub.shows_header());
    for event in &events {
        let status = if event["Status"].is_null() { "None" } else { text(event, "Status") };
        let ended = if is_zero_time(event, "TerminatedAt") { String::new() } else { time(event, "TerminatedAt") };
        table.row([
            text(event, "Action"),
            text(event, "Result"),
            status,
            &time(event, "CreatedAt"),
            &ended,
            text(event, "Message"),
        ]);
    }
    cub.print_list(&events, &table, |_| "-".to_owned())
}

/// The path of a unit's revisions, mutations or events; the unit is the first argument.
async fn of_unit(cub: &mut Cub<'_, '_>, segment: &str) -> Result<String, Failure> {
    let name = cub.args[0].clone();
    let space = cub.space.clone();
    let unit = cub.find_in(&UNIT, &name, &space).await?;
    Ok(format!("{}/{}/{segment}", UNIT.path(&space.id), text(&unit["Unit"], "UnitID")))
}

async fn listed(cub: &mut Cub<'_, '_>, call: Call, model: &str) -> Result<Vec<Value>, Failure> {
    let listed = cub.call(call).await?;
    Ok(typed(model, &listed).as_array().cloned().unwrap_or_default())
}
