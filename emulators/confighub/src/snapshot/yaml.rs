//! YAML as snapshots are written and read.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::error::SnapshotError;

/// Keys in order, so that two snapshots can be compared line by line.
pub(crate) fn write(value: &impl Serialize) -> String {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: true, empty_as_braces: true, folded_wrap_chars: usize::MAX, min_fold_chars: usize::MAX
    };
    // Through JSON, whose maps are sorted. Neither can fail on what the hub keeps.
    let sorted: Json = serde_json::to_value(value).unwrap_or_default();
    serde_saphyr::to_string_with_options(&sorted, options).unwrap_or_default()
}

/// Reads a file as JSON.
pub(super) fn read(file: &str, text: &str) -> Result<Json, SnapshotError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        let what = format!("not YAML: {}", error.without_snippet());
        SnapshotError::broken(file, line, what, "mend the YAML there, or restore the file from a copy")
    })
}

/// Gives JSON its type; what does not fit is named with its line in `text`. Fields that the type does not have are
/// refused by [`super::fields`].
pub(super) fn typed<T: DeserializeOwned>(file: &str, text: &str, json: Json) -> Result<T, SnapshotError> {
    let error = match serde_json::from_value(json.clone()) {
        Ok(typed) => return Ok(typed),
        Err(error) => error.to_string(),
    };
    let culprit = culprit::<T>(json, &error);
    // In a list there is no field at the top; what reads the text itself knows the line.
    let line = culprit.as_deref().map_or_else(|| line_of_error::<T>(text), |field| line_of(text, field));
    let what = culprit.map_or_else(|| error.clone(), |field| format!("{field}: {error}"));
    let help = if error.contains("unknown field") {
        "remove it, or mend its name"
    } else {
        "give the field the type that it has in other files of its kind"
    };
    Err(SnapshotError::broken(file, line, what, help))
}

fn line_of_error<T: DeserializeOwned>(text: &str) -> Option<usize> {
    let error = serde_saphyr::from_str::<T>(text).err()?;
    error.location().and_then(|location| usize::try_from(location.line()).ok())
}

/// The field without which there is another error, or none.
fn culprit<T: DeserializeOwned>(json: Json, error: &str) -> Option<String> {
    let Json::Object(fields) = json else { return None };
    let differs = |field: &String| {
        let mut without = fields.clone();
        without.remove(field);
        let outcome = serde_json::from_value::<T>(Json::Object(without));
        outcome.map_or_else(|other| other.to_string() != error, |_| true)
    };
    fields.keys().find(|field| differs(field)).cloned()
}

/// The line, from 1, on which a top-level field begins.
pub(super) fn line_of(text: &str, field: &str) -> Option<usize> {
    let begins = |line: &str| line.strip_prefix(field).is_some_and(|rest| rest.starts_with(':'));
    text.lines().position(begins).map(|index| index + 1)
}
