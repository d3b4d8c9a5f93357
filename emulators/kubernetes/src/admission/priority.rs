//! Priority classes and the priority of Pods (admission plug-in `Priority`).

use serde_json::{Value, json};

use super::name_at_admission;
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{self, integer, set, set_default, text};

const CLASSES: &str = "priorityclasses.scheduling.k8s.io";

/// A new Pod gets what its class says, or what the default class says.
pub(super) fn admit(store: &Store, kind: &Kind, pod: &mut Value) -> Result<(), ApiError> {
    let name = text(pod, "/spec/priorityClassName").to_owned();
    let forbidden = |pod: &Value, detail: &str| Err(ApiError::forbidden(kind, name_at_admission(pod), detail));
    let class = if name.is_empty() {
        default_class(store)
    } else {
        let Some(found) = store.get(CLASSES, "", &name) else {
            return forbidden(pod, &format!("no PriorityClass with name {name} was found"));
        };
        Some(found.object)
    };
    if let Some(class) = &class {
        set(pod, &["spec", "priorityClassName"], object::name(class));
    }
    let value = class.as_deref().and_then(|class| integer(class, "/value")).unwrap_or(0);
    let policy = class.as_deref().map_or("PreemptLowerPriority", |class| text(class, "/preemptionPolicy"));
    let given = integer(pod, "/spec/priority");
    if let Some(given) = given.filter(|given| *given != value) {
        return forbidden(
            pod,
            &format!(
                "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
            ),
        );
    }
    let given = text(pod, "/spec/preemptionPolicy");
    if !given.is_empty() && given != policy {
        return forbidden(
            pod,
            &format!(
                "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
            ),
        );
    }
    set(pod, &["spec", "priority"], json!(value));
    set(pod, &["spec", "preemptionPolicy"], policy);
    Ok(())
}

/// The class that Pods without one get: the lowest of those that say so.
fn default_class(store: &Store) -> Option<std::sync::Arc<Value>> {
    let classes = store.list(CLASSES, None).0.into_iter().map(|class| class.object);
    let of = classes.filter(|class| class["globalDefault"] == true);
    of.min_by_key(|class| integer(class, "/value").unwrap_or(0))
}

/// A Pod that is written again keeps what it was given.
pub(crate) fn keep(kind: &Kind, old: &Value, new: &mut Value) {
    if &*kind.resource != "pods" {
        return;
    }
    for field in ["priority", "preemptionPolicy"] {
        if let Some(value) = old["spec"].get(field) {
            set_default(new, &["spec", field], value.clone());
        }
    }
}

/// The class that is the default already, when it is another one than the class of this name.
pub(crate) fn other_default(store: &Store, kind: &Kind, name: &str) -> Option<String> {
    let default = (&*kind.resource == CLASSES).then(|| default_class(store)).flatten()?;
    (object::name(&default) != name).then(|| object::name(&default).to_owned())
}

/// Only one class can be the default.
pub(crate) fn check_default(kind: &Kind, class: &Value, other: Option<&str>) -> Result<(), ApiError> {
    match other.filter(|_| class["globalDefault"] == true) {
        None => Ok(()),
        Some(other) => {
            let detail = format!("PriorityClass {other} is already marked as default. Only one default can exist");
            Err(ApiError::forbidden(kind, object::name(class), &detail))
        }
    }
}
