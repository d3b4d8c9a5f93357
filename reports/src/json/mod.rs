//! The run as JSON, and the schema of that JSON.

use schemars::Schema;
use schemars::generate::SchemaSettings;

use crate::model::Run;

/// Renders the run, indented, with a newline at its end.
pub(crate) fn render(run: &Run) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(run)?;
    text.push('\n');
    Ok(text)
}

/// The JSON Schema (2020-12) of the JSON report. `reports/schema/run.schema.json` holds it.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Run>()
}
