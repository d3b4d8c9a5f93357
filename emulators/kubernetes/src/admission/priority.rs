//! The number of a Pod's priority class (admission plug-in Priority).

use serde_json::{Value, json};

use super::name_at_admission;
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{set, text};

/// A Pod gets the number of its class, which must be there.
pub(super) fn admit(store: &Store, kind: &Kind, pod: &mut Value) -> Result<(), ApiError> {
    let class = text(pod, "/spec/priorityClassName").to_owned();
    // The two classes of Kubernetes' own are there even when nobody made them.
    let value = match class.as_str() {
        "" => return Ok(()),
        "system-cluster-critical" => json!(2_000_000_000),
        "system-node-critical" => json!(2_000_001_000),
        _ => {
            let found = store.get("priorityclasses.scheduling.k8s.io", "", &class).ok_or_else(|| {
                let detail = format!("no PriorityClass with name {class} was found");
                ApiError::forbidden(kind, name_at_admission(pod), &detail)
            })?;
            found.object["value"].clone()
        }
    };
    set(pod, &["spec", "priority"], value);
    Ok(())
}
