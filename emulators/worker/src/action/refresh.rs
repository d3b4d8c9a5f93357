//! Refresh: what is live compared with what was live, and the difference taken into the unit's data.

use stagegate_configuration::mutation::diff_patch;

use super::{Operation, Outcome};
use crate::hub::HubError;
use crate::live_state;

pub(super) async fn refresh(operation: &Operation) -> Result<(), HubError> {
    let failed = |message| Outcome::failed("RefreshFailed", message);
    let objects = match operation.objects().await {
        Ok(objects) => objects,
        Err(message) => return operation.report(failed(message)).await,
    };
    operation.progress("Starting to retrieve resources...").await?;
    let live = match operation.live(&objects).await {
        Ok(live) => live,
        Err(error) => return operation.report(failed(format!("Failed to retrieve live objects: {error}"))).await,
    };
    operation.progress("Retrieving resources...").await?;
    operation.report(compare(operation, &live).unwrap_or_else(failed)).await
}

/// Drift is a difference between the live objects and the live state the hub remembers; the unit's data is
/// not compared, but takes the difference over (recorded runs 8b-8l).
fn compare(operation: &Operation, live: &[serde_json::Value]) -> Result<Outcome, String> {
    let present = live_state::yaml(live).map_err(|error| format!("Failed to convert objects to YAML: {error}"))?;
    let [remembered, data] =
        [&operation.payload.live_state, &operation.payload.data].map(|bytes| String::from_utf8_lossy(bytes));
    let patched = diff_patch(&remembered, &present, &data).map_err(|error| format!("Failed to diff patch: {error}"))?;
    let Some(patched) = patched else {
        let message = "Live state matches - no drift detected".to_owned();
        return Ok(Outcome::completed("RefreshAndNoDrift", message));
    };
    let message = format!("Retrieved {} resources successfully at {}", live.len(), operation.now_in_words());
    let completed = Outcome::completed("RefreshAndDrifted", message);
    Ok(Outcome { data: patched.into_bytes(), live_state: present.into_bytes(), ..completed })
}
