//! Namespaces: a terminating one is emptied, then goes.

use serde_json::json;

use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::Key;
use crate::store::object::{self, list};

const NAME: &str = "namespace-controller";

/// Empties a terminating namespace.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(namespace) = context.store.at(key) else { return Ok(Outcome::Done) };
    if !object::is_terminating(&namespace.object) {
        return Ok(Outcome::Done);
    }
    let inside = context.store.keys_in(&key.name);
    for key in &inside {
        if context.store.at(key).is_some_and(|found| !object::is_terminating(&found.object)) {
            context.delete(NAME, key, &namespace.cause)?;
        }
    }
    if context.store.keys_in(&key.name).is_empty() {
        context.update(NAME, key, &namespace.cause, |namespace| {
            object::set(namespace, &["spec", "finalizers"], json!([]));
            if list(namespace, "/spec/finalizers").is_empty() {
                object::remove(namespace, &["spec", "finalizers"]);
            }
        })?;
    }
    Ok(Outcome::Done)
}
