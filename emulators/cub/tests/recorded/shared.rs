//! Where data lies that is not part of the project.

use std::path::PathBuf;

pub(crate) fn shared() -> PathBuf {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("STAGEGATE_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from)
}
