//! The details of one entity, for each kind that has the common fields.

use serde_json::Value;

use crate::entity::Kind;
use crate::model::{NIL, pairs, text, time};
use crate::table::Table;

/// Kinds whose details leave the display name out.
const WITHOUT_DISPLAY_NAME: [&str; 4] = ["Set", "Trigger", "Target", "Link"];

/// What `get` shows of a bare entity, and `create` and `update` with `--verbose`.
pub(super) fn table(kind: &Kind, entity: &Value) -> Table {
    let mut table = Table::new();
    table.row(["ID", text(entity, kind.id)]);
    table.row(["Name", text(entity, "Slug")]);
    if !WITHOUT_DISPLAY_NAME.contains(&kind.model) {
        table.row(["Display Name", text(entity, "DisplayName")]);
    }
    table.row(["Space ID", text(entity, "SpaceID")]);
    table.row(["Created At", &time(entity, "CreatedAt")]);
    table.row(["Updated At", &time(entity, "UpdatedAt")]);
    table.row(["Labels", &pairs(entity, "Labels")]);
    table.row(["Annotations", &pairs(entity, "Annotations")]);
    table.row(["Organization ID", text(entity, "OrganizationID")]);
    add_own_fields(&mut table, kind, entity);
    table
}

fn add_own_fields(table: &mut Table, kind: &Kind, entity: &Value) {
    match kind.model {
        "Filter" => {
            table.row(["From", text(entity, "From")]);
            add_set(
                table,
                entity,
                &[("From Space ID", "FromSpaceID"), ("Where", "Where"), ("Where Data", "WhereData")],
            );
            add_set(table, entity, &[("Resource Type", "ResourceType"), ("Hash", "Hash")]);
        }
        "View" => add_view(table, entity),
        "ChangeSet" => {
            let tags = [("Filter ID", "FilterID"), ("Start Tag ID", "StartTagID"), ("End Tag ID", "EndTagID")];
            add_set(table, entity, &tags);
            add_set(table, entity, &[("Description", "Description")]);
        }
        "Trigger" => {
            add_set(table, entity, &[("Worker ID", "BridgeWorkerID")]);
            table.row(["Event", text(entity, "Event")]);
            for field in ["Validating", "Disabled", "Enforced"] {
                table.row([field, if entity[field] == true { "true" } else { "false" }]);
            }
            add_function(table, entity);
        }
        "Invocation" => {
            add_set(table, entity, &[("Worker ID", "BridgeWorkerID")]);
            add_function(table, entity);
            add_set(table, entity, &[("Hash", "Hash")]);
        }
        "Link" => {
            table.row(["From Unit ID", text(entity, "FromUnitID")]);
            table.row(["To Unit ID", text(entity, "ToUnitID")]);
            table.row(["To Space ID", text(entity, "ToSpaceID")]);
        }
        _ => {}
    }
}

/// Rows for those fields that have a value.
fn add_set(table: &mut Table, entity: &Value, fields: &[(&str, &str)]) {
    for (title, field) in fields {
        let value = text(entity, field);
        if !matches!(value, "" | NIL) {
            table.row([title, value]);
        }
    }
}

fn add_view(table: &mut Table, view: &Value) {
    table.row(["Filter ID", text(view, "FilterID")]);
    let columns = column_names(view);
    if !columns.is_empty() {
        table.row(["Columns", &columns.join(", ")]);
        table.row(["Column Count", &columns.len().to_string()]);
    }
    add_set(table, view, &[("Group By", "GroupBy"), ("Order By", "OrderBy")]);
    if !text(view, "OrderBy").is_empty() && has_direction(view) {
        table.row(["Order By Direction", text(view, "OrderByDirection")]);
    }
}

/// The names of a view's columns.
pub(super) fn column_names(view: &Value) -> Vec<&str> {
    view["Columns"].as_array().into_iter().flatten().map(|column| text(column, "Name")).collect()
}

/// Whether a view says in which direction it sorts.
pub(super) fn has_direction(view: &Value) -> bool {
    !matches!(text(view, "OrderByDirection"), "" | "OrderByDirectionNone")
}

fn add_function(table: &mut Table, entity: &Value) {
    table.row(["Toolchain Type", text(entity, "ToolchainType")]);
    table.row(["Function Name", text(entity, "FunctionName")]);
    for (position, argument) in entity["Arguments"].as_array().into_iter().flatten().enumerate() {
        let title = match text(argument, "ParameterName") {
            "" => format!("Argument {position}"),
            name => format!("Argument {position} ({name})"),
        };
        let value = if argument["Value"].is_null() { "<nil>".to_owned() } else { argument["Value"].to_string() };
        table.row([title, value]);
    }
}
