//! Import: live objects as a unit's data.

use serde::Deserialize;
use serde_json::{Value, json};

use super::import_filters::ImportRequest;
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
        return import_selected(operation).await;
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
    converted(operation, &live).await
}

/// Takes what the filters of the extra parameters select. The live state is then what the cluster
/// holds, uncleaned (recorded runs 10f-10h).
async fn import_selected(operation: &Operation) -> Result<Result<Outcome, String>, HubError> {
    operation.progress("Fetching resources from Kubernetes cluster...").await?;
    let request = ImportRequest::read(&operation.payload.extra_params);
    match request.objects(&operation.kubernetes).await {
        Ok(selected) => converted(operation, &selected).await,
        Err(error) => Ok(Err(format!("Failed to get cluster resources: {error}"))),
    }
}

async fn converted(operation: &Operation, live: &[Value]) -> Result<Result<Outcome, String>, HubError> {
    operation.progress("Converting resources to YAML format...").await?;
    Ok(imported(operation, live).map_err(|error| format!("Failed to convert live state objects to YAML: {error}")))
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
    let data = live.iter().cloned().map(live_state::clean).map(without_internal_metadata);
    let data: Vec<Value> = data.collect();
    Ok(Outcome {
        data: live_state::yaml(&data)?.into_bytes(),
        live_state: live_state::yaml(live)?.into_bytes(),
        ..Outcome::completed("ImportCompleted", message)
    })
}

/// Removes the annotations and labels that controllers and tools write for themselves. An emptied
/// map stays (recorded run 10a); a label of endpoints stays too (recorded run 10f).
fn without_internal_metadata(mut object: Value) -> Value {
    for (field, internal) in [("annotations", &INTERNAL_ANNOTATIONS[..]), ("labels", &INTERNAL_LABELS[..])] {
        if let Some(entries) = object["metadata"].get_mut(field).and_then(Value::as_object_mut) {
            entries.retain(|key, _| !internal.iter().any(|prefix| key.starts_with(prefix)));
        }
    }
    object
}

const INTERNAL_ANNOTATIONS: [&str; 9] = [
    "kubectl.kubernetes.io/",
    "kubernetes.io/",
    "deployment.kubernetes.io/",
    "pv.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "endpoints.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/",
    "scheduler.alpha.kubernetes.io/",
    "batch.kubernetes.io/",
];

const INTERNAL_LABELS: [&str; 3] = ["controller-uid", "pod-template-hash", "statefulset.kubernetes.io/pod-name"];
