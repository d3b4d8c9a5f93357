//! Import: live objects as a unit's data.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Operation, Outcome};
use crate::hub::HubError;
use crate::live_state;

/// One object to import: `namespace/name` and `apps/v1/Deployment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceInfo {
    resource_name: String,
    resource_type: String,
}

impl ResourceInfo {
    fn object(&self) -> Value {
        let (version, kind) = self.resource_type.rsplit_once('/').unwrap_or(("", &self.resource_type));
        let metadata = match self.resource_name.split_once('/') {
            Some((namespace, name)) => json!({"namespace": namespace, "name": name}),
            None => json!({"name": self.resource_name}),
        };
        json!({"apiVersion": version, "kind": kind, "metadata": metadata})
    }
}

pub(super) async fn import(operation: &Operation) -> Result<(), HubError> {
    let outcome = match import_listed(operation).await? {
        Ok(outcome) => outcome,
        Err(message) => Outcome::failed("ImportFailed", message),
    };
    operation.report(outcome).await
}

async fn import_listed(operation: &Operation) -> Result<Result<Outcome, String>, HubError> {
    if let Err(message) = operation.target_params().and_then(|params| operation.check_context(&params)) {
        return Ok(Err(message));
    }
    if operation.payload.data.is_empty() {
        operation.progress("Fetching resources from Kubernetes cluster...").await?;
        return Ok(
            Err("Failed to get cluster resources: import by filters is not supported by this worker".to_owned()),
        );
    }
    operation.progress("Parsing provided resource information...").await?;
    let listed: Vec<ResourceInfo> = match serde_json::from_slice(&operation.payload.data) {
        Ok(listed) => listed,
        Err(error) => {
            return Ok(Err(format!("Failed to parse resource info list: {}", reason(&operation.payload.data, &error))));
        }
    };
    operation.progress(&format!("Found {} resources to import", listed.len())).await?;
    operation.progress("Converting resources to unstructured format...").await?;
    let objects = operation.with_default_namespace(listed.iter().map(ResourceInfo::object).collect()).await;
    operation.progress("Retrieving live state of resources...").await?;
    let live = match operation.live(&objects).await {
        Ok(live) => live,
        Err(error) => return Ok(Err(format!("Failed to retrieve live objects: {error}"))),
    };
    operation.progress("Converting resources to YAML format...").await?;
    Ok(imported(operation, &live).map_err(|error| format!("Failed to convert live state objects to YAML: {error}")))
}

/// What is wrong with the list, in the words of Go's decoder where a value was to begin.
fn reason(data: &[u8], error: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(data);
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    match line.chars().nth(error.column().saturating_sub(1)) {
        Some(letter) if error.to_string().starts_with("expected value") => {
            format!("invalid character '{letter}' looking for beginning of value")
        }
        _ => error.to_string(),
    }
}

fn imported(operation: &Operation, live: &[Value]) -> Result<Outcome, serde_saphyr::SerializeError> {
    let message = format!("Imported {} resources successfully at {}", live.len(), operation.now_in_words());
    let data: Vec<Value> = live.iter().cloned().map(without_internal_metadata).collect();
    Ok(Outcome {
        data: live_state::yaml(&data)?.into_bytes(),
        live_state: live_state::yaml(live)?.into_bytes(),
        ..Outcome::completed("ImportCompleted", message)
    })
}

/// Removes the annotations and labels that controllers and tools write for themselves. An emptied
/// map stays (recorded run 10a).
fn without_internal_metadata(mut object: Value) -> Value {
    for field in ["annotations", "labels"] {
        if let Some(entries) = object["metadata"].get_mut(field).and_then(Value::as_object_mut) {
            retain_own(entries);
        }
    }
    object
}

fn retain_own(entries: &mut Map<String, Value>) {
    const INTERNAL: [&str; 6] = [
        "kubectl.kubernetes.io/",
        "deployment.kubernetes.io/",
        "control-plane.alpha.kubernetes.io/",
        "pv.kubernetes.io/",
        "volume.kubernetes.io/",
        "autoscaling.alpha.kubernetes.io/",
    ];
    entries.retain(|key, _| !INTERNAL.iter().any(|prefix| key.starts_with(prefix)));
}
