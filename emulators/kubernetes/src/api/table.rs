//! Tables: the columns and cells that `kubectl get` prints.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::query::Query;
use super::read::metadata_only;
use super::status::ApiError;
use crate::kinds::custom::PrinterColumn;
use crate::kinds::{Kind, description};
use crate::store::Stored;
use crate::store::object::integer;

/// A `Table` of objects. `includeObject` says what rides along: `Metadata` unless asked otherwise.
pub(super) fn of(kind: &Kind, objects: &[Stored], metadata: &Value, query: &Query, now: Timestamp) -> Value {
    let include = query.get("includeObject").unwrap_or("Metadata");
    let mut objects: Vec<&Stored> = objects.iter().collect();
    if kind.kind == "FlowSchema" && !kind.is_custom() {
        // In the order in which they are asked (`printFlowSchemaList`).
        objects.sort_by_key(|stored| integer(&stored.object, "/spec/matchingPrecedence"));
    }
    let rows: Vec<_> = objects
        .into_iter()
        .map(|stored| {
            let object = &*stored.object;
            let mut row = json!({"cells": cells(kind, object, now)});
            match include {
                "Object" => row["object"] = object.clone(),
                "None" => row["object"] = Value::Null,
                _ => row["object"] = metadata_only(object),
            }
            row
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns(kind),
        "rows": rows,
    })
}

/// `includeObject` has only three values.
pub(super) fn check(query: &Query) -> Result<(), ApiError> {
    match query.get("includeObject") {
        None | Some("Metadata" | "Object" | "None") => Ok(()),
        Some(other) => Err(ApiError::bad_request(format!(
            "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty"
        ))),
    }
}

fn cells(kind: &Kind, object: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = (kind.rules.row)(object, now);
    if let Some(custom) = &kind.custom {
        cells.extend(custom.columns().iter().map(|column| column.cell(object, now)));
    }
    cells
}

fn columns(kind: &Kind) -> Vec<Value> {
    let asked = kind.custom.iter().flat_map(|custom| custom.columns()).map(PrinterColumn::definition);
    kind.rules
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.of,
                // So does Kubernetes call the attacher of a VolumeAttachment.
                "format": if ["Name", "Attacher"].contains(&column.name) { "name" } else { "" },
                "description": description(kind, column.name),
                "priority": column.priority,
            })
        })
        .chain(asked)
        .collect()
}
