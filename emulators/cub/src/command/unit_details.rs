//! One unit in full.

use base64::Engine as _;
use serde_json::Value;

use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::{NIL, number, pairs, pretty, text, time};
use crate::table::Table;

/// Prints a unit's details; only its data with `--data-only`, both with `--verbose`.
pub(super) fn print(cub: &mut Cub<'_, '_>, unit: &Value) -> Result<(), Failure> {
    let (data_only, verbose) = (cub.flags.on("data-only"), cub.flags.on("verbose"));
    if !data_only {
        let Some(resources) = resources(unit) else {
            return Err(Failure::Crash("the unit has no MutationSources".to_owned()));
        };
        cub.streams.print(&table(unit, resources).render())?;
        if verbose && resources > 0 {
            cub.streams.line("")?;
            cub.streams.line("Mutation Sources:\n-----------------")?;
            cub.streams.line(&pretty(&unit["MutationSources"]))?;
        }
        if verbose && !text(unit, "LiveState").is_empty() {
            cub.streams.line("")?;
            cub.streams.line("Live State:\n-----------")?;
            print_data(cub, text(unit, "LiveState"))?;
        }
    }
    if verbose {
        cub.streams.line("")?;
        cub.streams.line("Config Data:\n------------")?;
    }
    if data_only || verbose { print_data(cub, text(unit, "Data")) } else { Ok(()) }
}

/// Prints what base64 text holds.
pub(super) fn print_data(cub: &mut Cub<'_, '_>, data: &str) -> Result<(), Failure> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(data)
        .map_err(|error| Failure::failed(format!("illegal base64 data: {error}")))?;
    cub.streams.line(&String::from_utf8_lossy(&bytes))
}

/// How many resources the data holds, by its mutation sources; `None` without these.
fn resources(unit: &Value) -> Option<usize> {
    let sources = unit["MutationSources"].as_array()?;
    Some(sources.iter().filter(|source| source["ResourceMutationInfo"]["MutationType"] != "Delete").count())
}

/// The gates that are closed, separated by blanks.
pub(super) fn closed_gates(entity: &Value) -> String {
    let gates = entity["ApplyGates"].as_object().into_iter().flatten();
    gates.filter(|(_, closed)| **closed == true).map(|(gate, _)| gate.as_str()).collect::<Vec<_>>().join(" ")
}

fn table(unit: &Value, resources: usize) -> Table {
    let mut table = Table::new();
    let is_set = |field: &str| !matches!(text(unit, field), "" | NIL);
    table.row(["ID", text(unit, "UnitID")]);
    table.row(["Name", text(unit, "Slug")]);
    table.row(["Toolchain Type", text(unit, "ToolchainType")]);
    for (title, field) in [("Set", "SetID"), ("Target", "TargetID")] {
        if is_set(field) {
            table.row([title, text(unit, field)]);
        }
    }
    table.row(["Created At", &time(unit, "CreatedAt")]);
    table.row(["Updated At", &time(unit, "UpdatedAt")]);
    table.row(["Labels", &pairs(unit, "Labels")]);
    table.row(["Annotations", &pairs(unit, "Annotations")]);
    table.row(["Organization ID", text(unit, "OrganizationID")]);
    table.row(["Last Change Description", text(unit, "LastChangeDescription")]);
    table.row(["Head Revision Num", &number(unit, "HeadRevisionNum").to_string()]);
    table.row(["Last Applied Revision Num", &number(unit, "LastAppliedRevisionNum").to_string()]);
    table.row(["Live Revision Num", &number(unit, "LiveRevisionNum").to_string()]);
    table.row(["Previous Live Revision Num", &number(unit, "PreviousLiveRevisionNum").to_string()]);
    if is_set("UpstreamUnitID") {
        table.row(["Upstream Organization ID", text(unit, "UpstreamOrganizationID")]);
        table.row(["Upstream Space ID", text(unit, "UpstreamSpaceID")]);
        table.row(["Upstream Unit ID", text(unit, "UpstreamUnitID")]);
        table.row(["Upstream Revision Num", &number(unit, "UpstreamRevisionNum").to_string()]);
    }
    if unit["ApplyGates"].as_object().is_some_and(|gates| !gates.is_empty()) {
        table.row(["Apply Gates", &closed_gates(unit)]);
    }
    if let Some(approvers) = unit["ApprovedBy"].as_array().filter(|approvers| !approvers.is_empty()) {
        let ids: Vec<&str> = approvers.iter().filter_map(Value::as_str).collect();
        table.row(["Approved By", &ids.join(" ")]);
    }
    table.row(["Head Mutation Num", &number(unit, "HeadMutationNum").to_string()]);
    table.row(["Number of Resources", &resources.to_string()]);
    table
}
