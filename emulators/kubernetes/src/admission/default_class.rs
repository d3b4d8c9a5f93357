//! The class that is taken where none is named.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::Value;

use crate::store::Store;
use crate::store::object::{name, text};

/// Whether an annotation marks a class as a default one.
pub(super) fn is_marked(class: &Value, mark: &str) -> bool {
    class["metadata"]["annotations"][mark] == "true"
}

/// Of the classes that `mark` makes default ones the newest; of the same age, the first by name.
pub(super) fn newest(store: &Store, resource: &str, mark: &str) -> Option<Arc<Value>> {
    let classes = store.list(resource, None).0.into_iter().map(|class| class.object);
    let made = |class: &Value| text(class, "/metadata/creationTimestamp").to_owned();
    classes.filter(|class| is_marked(class, mark)).min_by_key(|class| (Reverse(made(class)), name(class).to_owned()))
}
