//! JSON patch (RFC 6902).

use json_patch::Patch;
use serde_json::Value;

use super::status::ApiError;

/// Applies `patch` to `target`; a failing operation leaves it as it was.
pub(super) fn apply(target: &mut Value, patch: &Value) -> Result<(), ApiError> {
    let patch: Patch = serde_json::from_value(patch.clone())
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    json_patch::patch(target, &patch).map_err(|error| {
        tracing::debug!(%error, "a patch does not apply");
        ApiError::rejected()
    })
}
