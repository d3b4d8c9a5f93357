//! Where the recorded exchanges and the OpenAPI description lie.

use std::path::PathBuf;

use serde_json::Value as Json;

/// Reads a file of the shared data; `None`, after saying so, where there is none.
pub(crate) fn data(case: &str, name: &str) -> Option<Json> {
    let found = quietly(name);
    if found.is_none() {
        eprintln!("skipped: {case}: no shared data at {}", path(name).display());
    }
    found
}

/// The same without saying so, for what only adds to a test.
pub(crate) fn quietly(name: &str) -> Option<Json> {
    let json = std::fs::read_to_string(path(name)).ok()?;
    Some(serde_json::from_str(&json).expect("the shared data is JSON"))
}

fn path(name: &str) -> PathBuf {
    let root = std::env::var_os("STAGEGATE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    root.join("data").join(name)
}
