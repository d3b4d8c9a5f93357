//! Refresh: compare what is live with what was live.

use super::{Operation, Outcome};
use crate::hub::HubError;
use crate::live_state;
use crate::manifest;

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
    let outcome = match compare(operation, &live) {
        Ok(outcome) => outcome,
        Err(error) => failed(format!("Failed to convert objects to YAML: {error}")),
    };
    operation.report(outcome).await
}

/// Drift is a difference between the live objects and the live state the hub remembers; the unit's
/// data is not compared (recorded runs 8b, 8c, 8l).
fn compare(operation: &Operation, live: &[serde_json::Value]) -> Result<Outcome, serde_saphyr::SerializeError> {
    let remembered = manifest::objects(&operation.payload.live_state).unwrap_or_default();
    if live == remembered || live.is_empty() {
        let message = "Live state matches - no drift detected".to_owned();
        return Ok(Outcome::completed("RefreshAndNoDrift", message));
    }
    let yaml = live_state::yaml(live)?.into_bytes();
    if !remembered.is_empty() {
        let message = "Failed to diff patch: the live state differs, and taking a difference into existing data is \
                       not supported by this worker";
        return Ok(Outcome::failed("RefreshFailed", message.to_owned()));
    }
    let message = format!("Retrieved {} resources successfully at {}", live.len(), operation.now_in_words());
    let mut data = yaml.clone();
    data.push(b'\n');
    Ok(Outcome { data, live_state: yaml, ..Outcome::completed("RefreshAndDrifted", message) })
}
