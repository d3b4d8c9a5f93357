//! The runtime class of a Pod (admission plug-in `RuntimeClass` of `k8s.io/kubernetes/plugin/pkg/admission`).

use serde_json::{Map, Value};

use super::name_at_admission;
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::kinds::runtime_class::RUNTIME_CLASSES;
use crate::store::Store;
use crate::store::object::{list, set, text};

/// A new Pod gets what its class says of it; the class must be there.
pub(super) fn admit(store: &Store, kind: &Kind, pod: &mut Value) -> Result<(), ApiError> {
    let name = text(pod, "/spec/runtimeClassName").to_owned();
    if name.is_empty() {
        return Ok(());
    }
    let forbidden = |pod: &Value, detail: &str| {
        ApiError::forbidden(kind, name_at_admission(pod), &format!("pod rejected: {detail}"))
    };
    let Some(class) = store.get(RUNTIME_CLASSES, "", &name) else {
        return Err(forbidden(pod, &format!("RuntimeClass {name:?} not found")));
    };
    if let Some(overhead) = class.object.pointer("/overhead/podFixed") {
        let given = &pod["spec"]["overhead"];
        if given.as_object().is_some_and(|given| !given.is_empty()) && given != overhead {
            return Err(forbidden(pod, "Pod's Overhead doesn't match RuntimeClass's defined Overhead"));
        }
        set(pod, &["spec", "overhead"], overhead.clone());
    }
    let scheduling = &class.object["scheduling"];
    if let Some(wanted) = scheduling["nodeSelector"].as_object() {
        let selector = merged(&pod["spec"]["nodeSelector"], wanted)
            .map_err(|conflict| ApiError::forbidden(kind, name_at_admission(pod), &conflict))?;
        set(pod, &["spec", "nodeSelector"], selector);
    }
    let mut tolerations = list(pod, "/spec/tolerations").to_vec();
    for toleration in list(scheduling, "/tolerations") {
        if !tolerations.contains(toleration) {
            tolerations.push(toleration.clone());
        }
    }
    if !tolerations.is_empty() {
        set(pod, &["spec", "tolerations"], tolerations);
    }
    Ok(())
}

/// Both selectors as one, unless they want different values of one label.
fn merged(given: &Value, wanted: &Map<String, Value>) -> Result<Value, String> {
    let mut all = given.as_object().cloned().unwrap_or_default();
    for (label, value) in wanted {
        if let Some(before) = all.insert(label.clone(), value.clone()).filter(|before| before != value) {
            let (class, pod) = (value.as_str().unwrap_or_default(), before.as_str().unwrap_or_default());
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{label}] = {class}; pod.spec.nodeSelector[{label}] = {pod}"
            ));
        }
    }
    Ok(Value::Object(all))
}
