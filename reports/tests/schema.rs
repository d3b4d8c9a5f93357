//! `schema/run.schema.json` is the schema of the JSON report. `STAGEGATE_UPDATE_SCHEMA=1` rewrites it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::fs;
use std::path::Path;

use stagegate_reports::json;

#[test]
fn the_schema_in_the_repository_is_the_schema_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/run.schema.json");
    let actual = serde_json::to_string_pretty(&json::schema()).unwrap() + "\n";
    if std::env::var_os("STAGEGATE_UPDATE_SCHEMA").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "the JSON report's shape has changed: decide whether RUN_FORMAT must grow, then run this test with STAGEGATE_UPDATE_SCHEMA=1"
    );
}
