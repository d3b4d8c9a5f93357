//! Where the recorded exchanges and the OpenAPI description lie.

use std::path::PathBuf;

use serde_json::Value as Json;

/// Reads a file of the shared data; `None`, after saying so, where there is none.
pub(crate) fn data(case: &str, name: &str) -> Option<Json> {
    let root = std::env::var_os("STAGEGATE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data").join(name);
    let Ok(json) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {case}: no shared data at {}", path.display());
        return None;
    };
    Some(serde_json::from_str(&json).expect("the shared data is JSON"))
}
