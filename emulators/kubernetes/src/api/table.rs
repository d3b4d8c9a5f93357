//! Tables: the columns and cells that `kubectl get` prints.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::query::Query;
use super::read::metadata_only;
use crate::kinds::Kind;
use crate::store::Stored;

/// A `Table` of objects. `includeObject` says what rides along: `Metadata` unless asked otherwise.
pub(super) fn of(kind: &Kind, objects: &[Stored], metadata: &Value, query: &Query, now: Timestamp) -> Value {
    let include = query.get("includeObject").unwrap_or("Metadata");
    let rows: Vec<_> = objects
        .iter()
        .map(|stored| {
            let object = &*stored.object;
            let mut row = json!({"cells": (kind.rules.row)(object, now)});
            match include {
                "Object" => row["object"] = object.clone(),
                "None" => {}
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

fn columns(kind: &Kind) -> Vec<Value> {
    kind.rules
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.of,
                "format": if column.name == "Name" { "name" } else { "" },
                "description": "",
                "priority": column.priority,
            })
        })
        .collect()
}
