//! Ephemeral containers, which are added to a Pod that runs (`kubectl debug`)
//! (`k8s.io/kubernetes/pkg/apis/core/validation.ValidatePodEphemeralContainersUpdate`).

use serde_json::Value;

use super::validation::validate_container;
use crate::api::status::FieldError;
use crate::store::object::{self, list, text};

/// The subresource by which alone they are changed.
pub(crate) const SUBRESOURCE: &str = "ephemeralcontainers";

const FIELD: &str = "spec.ephemeralContainers";

/// What such a container cannot have, in the order of the API's type.
const NOT_ALLOWED: [&str; 8] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// The stored Pod with the ephemeral containers of the submitted one, and nothing else of it.
pub(crate) fn take(old: &Value, new: &mut Value) {
    let containers = new["spec"]["ephemeralContainers"].take();
    new.clone_from(old);
    match containers {
        Value::Null => drop(object::remove(new, &["spec", "ephemeralContainers"])),
        containers => object::set(new, &["spec", "ephemeralContainers"], containers),
    }
}

/// No Pod begins with one.
pub(crate) fn validate_create(pod: &Value, errors: &mut Vec<FieldError>) {
    if !list(pod, "/spec/ephemeralContainers").is_empty() {
        errors.push(FieldError::forbidden(FIELD, "cannot be set on create"));
    }
}

/// What is wrong with the ephemeral containers of `new`, which are to replace those of `old`.
pub(crate) fn validate_update(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let names = |pointer: &str| list(new, pointer).iter().map(|one| text(one, "/name")).collect::<Vec<_>>();
    let others: Vec<&str> = [names("/spec/containers"), names("/spec/initContainers")].concat();
    let volumes = names("/spec/volumes");
    let mut seen = others.clone();
    for (index, container) in list(new, "/spec/ephemeralContainers").iter().enumerate() {
        let at = format!("{FIELD}[{index}]");
        let (name, target) = (text(container, "/name"), text(container, "/targetContainerName"));
        let mut allowed = container.clone();
        for field in NOT_ALLOWED {
            object::remove(&mut allowed, &[field]);
        }
        validate_container(&allowed, &at, &volumes, errors);
        if seen.contains(&name) {
            errors.push(FieldError::duplicate(format!("{at}.name"), name));
        }
        seen.push(name);
        let is_set = |value: &Value| match value {
            Value::Object(map) => !map.is_empty(),
            Value::Array(items) => !items.is_empty(),
            other => !other.is_null(),
        };
        for field in NOT_ALLOWED.into_iter().filter(|field| is_set(&container[field])) {
            errors.push(FieldError::forbidden(format!("{at}.{field}"), "cannot be set for an Ephemeral Container"));
        }
        if !target.is_empty() && !others.contains(&target) {
            errors.push(FieldError::not_found(format!("{at}.targetContainerName"), target));
        }
    }
    for before in list(old, "/spec/ephemeralContainers") {
        let name = text(before, "/name");
        let now = list(new, "/spec/ephemeralContainers").iter().find(|one| text(one, "/name") == name);
        let what = match now {
            None => "removed",
            Some(now) if now != before => "changed",
            Some(_) => continue,
        };
        let detail = format!("existing ephemeral containers {name:?} may not be {what}\n");
        errors.push(FieldError::forbidden(FIELD, &detail));
    }
}
