//! One row of the store as files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::error::SnapshotError;
use super::files::Files;
use super::{fields, yaml};
use crate::entity::{
    BridgeWorker, ChangeSet, Filter, Invocation, Link, Mutation, QueuedOperation, Revision, Set, Space, Tag, Target,
    Trigger, Unit, UnitEvent, View,
};
use crate::store::Stored;

/// Something that the store keeps in a table.
pub(super) trait Row: Stored + Serialize + DeserializeOwned {
    /// The entity type, or what it is called where it is none.
    const NAME: &'static str;
    /// The field that says its place in its table.
    const CURSOR: &'static str = "CursorID";
    /// The fields that are files of their own, with those files' names before the extension.
    const CONTENTS: &'static [(&'static str, &'static str)] = &[];

    /// Its place in its table.
    fn cursor(&self) -> i64;

    /// What the API's encoding does not show, by field.
    fn hidden(&self) -> Vec<(&'static str, Json)> {
        Vec::new()
    }

    /// Takes over what [`Row::hidden`] gave; gives the field that cannot be read.
    fn reveal(&mut self, _field: &mut dyn FnMut(&str) -> Json) -> Result<(), (&'static str, serde_json::Error)> {
        Ok(())
    }
}

macro_rules! slugged {
    ($($type:ident),*) => {
        $(impl Row for $type {
            const NAME: &'static str = stringify!($type);

            fn cursor(&self) -> i64 {
                self.metadata.cursor_id
            }
        })*
    };
}

slugged!(ChangeSet, Filter, Invocation, Link, Mutation, Set, Space, Tag, Target, Trigger, UnitEvent, View);

impl Row for BridgeWorker {
    const NAME: &'static str = "BridgeWorker";

    fn cursor(&self) -> i64 {
        self.metadata.cursor_id
    }

    /// Its secret is in a file of its own.
    fn hidden(&self) -> Vec<(&'static str, Json)> {
        vec![("Statuses", json!(self.statuses))]
    }

    fn reveal(&mut self, field: &mut dyn FnMut(&str) -> Json) -> Result<(), (&'static str, serde_json::Error)> {
        self.statuses = serde_json::from_value(field("Statuses")).map_err(|error| ("Statuses", error))?;
        Ok(())
    }
}

impl Row for Revision {
    const NAME: &'static str = "Revision";
    const CONTENTS: &'static [(&'static str, &'static str)] = &[("Data", "data")];

    fn cursor(&self) -> i64 {
        self.metadata.cursor_id
    }
}

impl Row for Unit {
    const NAME: &'static str = "Unit";
    const CONTENTS: &'static [(&'static str, &'static str)] =
        &[("Data", "data"), ("LiveState", "live-state"), ("Outputs", "outputs")];

    fn cursor(&self) -> i64 {
        self.metadata.cursor_id
    }

    fn hidden(&self) -> Vec<(&'static str, Json)> {
        vec![("Activity", json!(self.activity)), ("Origins", json!(self.mutation_sources.origins()))]
    }

    fn reveal(&mut self, field: &mut dyn FnMut(&str) -> Json) -> Result<(), (&'static str, serde_json::Error)> {
        self.activity = serde_json::from_value(field("Activity")).map_err(|error| ("Activity", error))?;
        let origins: Option<Vec<_>> = serde_json::from_value(field("Origins")).map_err(|error| ("Origins", error))?;
        self.mutation_sources.set_origins(origins.unwrap_or_default());
        Ok(())
    }
}

impl Row for QueuedOperation {
    const NAME: &'static str = "QueuedOperation";
    const CURSOR: &'static str = "Order";

    fn cursor(&self) -> i64 {
        self.order
    }

    fn hidden(&self) -> Vec<(&'static str, Json)> {
        vec![
            ("Order", json!(self.order)),
            ("Command", json!(self.command)),
            ("Resources", json!(self.resources)),
            ("StepDone", json!(self.step_done)),
            ("WaitsFor", json!(self.waits_for)),
            ("AwaitedBy", json!(self.awaited_by)),
        ]
    }

    fn reveal(&mut self, field: &mut dyn FnMut(&str) -> Json) -> Result<(), (&'static str, serde_json::Error)> {
        self.order = serde_json::from_value(field("Order")).map_err(|error| ("Order", error))?;
        self.command = serde_json::from_value(field("Command")).map_err(|error| ("Command", error))?;
        self.resources = serde_json::from_value(field("Resources")).map_err(|error| ("Resources", error))?;
        self.step_done = serde_json::from_value(field("StepDone")).map_err(|error| ("StepDone", error))?;
        self.waits_for = serde_json::from_value(field("WaitsFor")).map_err(|error| ("WaitsFor", error))?;
        self.awaited_by = serde_json::from_value(field("AwaitedBy")).map_err(|error| ("AwaitedBy", error))?;
        Ok(())
    }
}

/// Writes `row` to `<folder><name>.yaml`, and its contents beside it as `<beside><stem>.<extension>`.
pub(super) fn write<T: Row>(files: &mut Files, row: &T, path: &str, beside: &str) {
    let mut json = whole(row);
    let toolchain = json["ToolchainType"].as_str().unwrap_or("Kubernetes/YAML").to_owned();
    if let Json::Object(fields) = &mut json {
        for (field, stem) in T::CONTENTS {
            let bytes = fields.remove(*field).and_then(|value| STANDARD.decode(value.as_str()?).ok());
            if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                files.add(format!("{beside}{stem}.{}", extension(&bytes, &toolchain)), bytes);
            }
        }
    }
    files.add(path, yaml::write(&json));
}

/// All of a row: what the API's encoding shows, and what it does not.
fn whole<T: Row>(row: &T) -> Json {
    let mut json = serde_json::to_value(row).unwrap_or_default();
    for (field, value) in row.hidden() {
        json[field] = value;
    }
    json
}

fn extension(bytes: &[u8], toolchain: &str) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(_) if toolchain.ends_with("/YAML") => "yaml",
        Ok(_) => "txt",
        Err(_) => "bin",
    }
}

const EXTENSIONS: [&str; 3] = ["yaml", "txt", "bin"];

/// The paths of a row's contents that are there.
pub(super) fn contents<T: Row>(files: &Files, beside: &str) -> Vec<String> {
    let path = |stem: &str| {
        let mut paths = EXTENSIONS.iter().map(|extension| format!("{beside}{stem}.{extension}"));
        paths.find(|path| files.0.contains_key(path))
    };
    T::CONTENTS.iter().filter_map(|(_, stem)| path(stem)).collect()
}

/// Reads what [`write`] wrote.
pub(super) fn read<T: Row>(files: &Files, path: &str, beside: &str) -> Result<T, SnapshotError> {
    let text = files.text(path)?.unwrap_or_default();
    let mut json = yaml::read(path, text)?;
    let Some(fields) = json.as_object_mut() else {
        let help = "restore the file from a copy";
        return Err(SnapshotError::broken(path, Some(1), "expected the fields of an entity", help));
    };
    if let Some(field) = T::CONTENTS.iter().map(|(field, _)| *field).find(|field| fields.contains_key(*field)) {
        let line = yaml::line_of(text, field);
        return Err(SnapshotError::broken(path, line, format!("{field}: it is a file of its own"), "remove it here"));
    }
    for (field, stem) in T::CONTENTS {
        let content = EXTENSIONS.iter().find_map(|extension| files.0.get(&format!("{beside}{stem}.{extension}")));
        let encoded = content.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default();
        fields.insert((*field).to_owned(), Json::String(encoded));
    }
    let mut row: T = yaml::typed(path, text, json.clone())?;
    reveal(&mut row, &json).map_err(|(field, error)| {
        let what = format!("{field}: {error}");
        SnapshotError::broken(path, yaml::line_of(text, field), what, "restore the file from a copy")
    })?;
    fields::refuse_unknown(path, text, &json, &whole(&row), |json| {
        let mut row: T = serde_json::from_value(json.clone()).ok()?;
        reveal(&mut row, &json).ok()?;
        Some(whole(&row))
    })?;
    Ok(row)
}

fn reveal<T: Row>(row: &mut T, json: &Json) -> Result<(), (&'static str, serde_json::Error)> {
    row.reveal(&mut |field| json.get(field).cloned().unwrap_or_default())
}
