//! Owner references: dependents go with their last owner, or stay when orphaned.

use serde_json::{Value, json};

use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::object::{self, list, text};
use crate::store::{Event, Key, Stored};

const NAME: &str = "garbage-collector-controller";

/// After an object is gone: deletes the dependents that have no owner left.
pub(super) fn collect_dependents(context: &Context, event: &Event) {
    for (key, dependent) in context.store.owned_by(object::uid(&event.object)) {
        if object::is_terminating(&dependent.object) || has_living_owner(context, &key, &dependent.object) {
            continue;
        }
        if let Err(error) = context.delete(NAME, &key, &event.cause) {
            tracing::debug!(%error, ?key, "a dependent was not deleted");
        }
    }
}

/// Carries out foreground and orphaning deletion; deletes an object made for an owner that is gone.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(stored) = context.store.at(key) else { return Ok(Outcome::Done) };
    let object = &stored.object;
    if !object::is_terminating(object) {
        if !has_living_owner(context, key, object) {
            context.delete(NAME, key, &stored.cause)?;
        }
        return Ok(Outcome::Done);
    }
    let holds = |name: &str| list(object, "/metadata/finalizers").iter().any(|one| one == name);
    if holds("orphan") {
        for (dependent, found) in context.store.owned_by(object::uid(object)) {
            disown(context, &dependent, &found, object::uid(object))?;
        }
        release(context, key, &stored, "orphan")?;
    } else if holds("foregroundDeletion") {
        let blocking = blocking_dependents(context, object);
        for (dependent, found) in &blocking {
            if !object::is_terminating(&found.object) {
                context.delete(NAME, dependent, &stored.cause)?;
            }
        }
        if blocking_dependents(context, object).is_empty() {
            release(context, key, &stored, "foregroundDeletion")?;
        }
    }
    Ok(Outcome::Done)
}

fn blocking_dependents(context: &Context, owner: &Value) -> Vec<(Key, Stored)> {
    let uid = object::uid(owner);
    let mut all = context.store.owned_by(uid);
    all.retain(|(_, found)| {
        list(&found.object, "/metadata/ownerReferences")
            .iter()
            .any(|one| text(one, "/uid") == uid && one["blockOwnerDeletion"] == true)
    });
    all
}

fn has_living_owner(context: &Context, key: &Key, object: &Value) -> bool {
    let owners = list(object, "/metadata/ownerReferences");
    owners.is_empty()
        || owners.iter().any(|owner| {
            let Some(kind) = context.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind")) else {
                // An owner of a kind that is not served cannot be looked up: leave the object alone.
                return true;
            };
            let namespace = if kind.namespaced { key.namespace.as_str() } else { "" };
            let found = context.store.get(&kind.resource, namespace, text(owner, "/name"));
            found.is_some_and(|found| object::uid(&found.object) == text(owner, "/uid"))
        })
}

fn disown(context: &Context, key: &Key, found: &Stored, uid: &str) -> Result<(), ApiError> {
    context.update(NAME, key, &found.cause, |object| {
        let kept: Vec<_> = list(object, "/metadata/ownerReferences")
            .iter()
            .filter(|owner| text(owner, "/uid") != uid)
            .cloned()
            .collect();
        if kept.is_empty() {
            object::remove(object, &["metadata", "ownerReferences"]);
        } else {
            object::set(object, &["metadata", "ownerReferences"], json!(kept));
        }
    })?;
    Ok(())
}

fn release(context: &Context, key: &Key, stored: &Stored, finalizer: &str) -> Result<(), ApiError> {
    context.update(NAME, key, &stored.cause, |object| {
        let kept: Vec<_> =
            list(object, "/metadata/finalizers").iter().filter(|one| *one != finalizer).cloned().collect();
        object::set(object, &["metadata", "finalizers"], json!(kept));
    })?;
    Ok(())
}
