//! `additionalPrinterColumns` (`k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json_path::JsonPath;
use crate::kinds::columns;
use crate::kinds::descriptions::description_of_age;
use crate::store::object::{list, text};

/// A column that a definition asks for.
#[derive(Debug)]
pub(crate) struct PrinterColumn {
    name: String,
    of: String,
    format: String,
    description: String,
    priority: i64,
    path: Option<JsonPath>,
}

/// The columns of a version: the age where it names none.
pub(super) fn of(version: &Value) -> Vec<PrinterColumn> {
    let asked = list(version, "/additionalPrinterColumns");
    if asked.is_empty() {
        return vec![PrinterColumn {
            name: "Age".to_owned(),
            of: "date".to_owned(),
            format: String::new(),
            description: description_of_age().to_owned(),
            priority: 0,
            path: JsonPath::read(".metadata.creationTimestamp"),
        }];
    }
    asked.iter().map(column).collect()
}

fn column(asked: &Value) -> PrinterColumn {
    let said = |pointer: &str| text(asked, pointer).to_owned();
    let description = match text(asked, "/description") {
        "" => format!("Custom resource definition column (in JSONPath format): {}", text(asked, "/jsonPath")),
        description => description.to_owned(),
    };
    PrinterColumn {
        name: said("/name"),
        of: said("/type"),
        format: said("/format"),
        description,
        priority: asked["priority"].as_i64().unwrap_or(0),
        path: JsonPath::read(text(asked, "/jsonPath")),
    }
}

impl PrinterColumn {
    /// Its entry in `columnDefinitions`.
    pub(crate) fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.of,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        })
    }

    /// Its cell of an object: null where the path leads to nothing of its type.
    pub(crate) fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let found = self.path.as_ref().and_then(|path| path.first(object)).unwrap_or(&Value::Null);
        match (self.of.as_str(), found) {
            (_, Value::Null) => Value::Null,
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => found.clone(),
            ("string", other) => json!(other.to_string()),
            ("integer", Value::Number(_)) => found.as_i64().map_or(Value::Null, Value::from),
            ("date", Value::String(at)) => json!(columns::since(at, now)),
            _ => Value::Null,
        }
    }
}
