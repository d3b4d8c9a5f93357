//! Owner references: dependents go with their last owner, or stay when orphaned.

use serde_json::{Value, json};

use super::work::{Controller, Work};
use super::{Context, Outcome, adoption};
use crate::api::delete::Options;
use crate::api::status::ApiError;
use crate::store::object::{self, list, text};
use crate::store::{Event, Key, Stored};

const NAME: &str = "garbage-collector-controller";

/// After an object is gone its dependents are looked at.
pub(super) fn note_dependents(context: &Context, event: &Event, work: &mut Work) {
    for (key, _) in context.store.owned_by(object::uid(&event.object)) {
        work.add(Controller::Garbage, key);
    }
}

/// Carries out foreground and orphaning deletion; judges an object by its owners.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(stored) = context.store.at(key) else { return Ok(Outcome::Done) };
    let object = &stored.object;
    if !object::is_terminating(object) {
        judge(context, key, &stored)?;
        return Ok(Outcome::Done);
    }
    if holds(object, "orphan") {
        for (dependent, found) in context.store.owned_by(object::uid(object)) {
            context
                .update(NAME, &dependent, &found.cause, |found| adoption::strike_owner(found, object::uid(object)))?;
        }
        release(context, key, &stored, "orphan")?;
    } else if holds(object, FOREGROUND) {
        for (dependent, found) in context.store.owned_by(object::uid(object)) {
            judge(context, &dependent, &found)?;
        }
        if !is_blocked(context, object) {
            release(context, key, &stored, FOREGROUND)?;
        }
    }
    Ok(Outcome::Done)
}

const FOREGROUND: &str = "foregroundDeletion";

fn holds(object: &Value, finalizer: &str) -> bool {
    list(object, "/metadata/finalizers").iter().any(|one| one == finalizer)
}

fn is_blocked(context: &Context, owner: &Value) -> bool {
    let uid = object::uid(owner);
    context.store.owned_by(uid).iter().any(|(_, found)| {
        list(&found.object, "/metadata/ownerReferences")
            .iter()
            .any(|one| text(one, "/uid") == uid && one["blockOwnerDeletion"] == true)
    })
}

/// How an owner stands.
#[derive(PartialEq)]
enum Standing {
    Solid,
    /// It is being deleted in the foreground and waits for its dependents.
    Waiting,
    Absent,
}

fn standing(context: &Context, key: &Key, owner: &Value) -> Standing {
    let Some(kind) = context.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind")) else {
        // An owner of a kind that is not served cannot be looked up: leave the object alone.
        return Standing::Solid;
    };
    let namespace = if kind.namespaced { key.namespace.as_str() } else { "" };
    match context.store.get(&kind.resource, namespace, text(owner, "/name")) {
        Some(found) if object::uid(&found.object) != text(owner, "/uid") => Standing::Absent,
        Some(found) if object::is_terminating(&found.object) && holds(&found.object, FOREGROUND) => Standing::Waiting,
        Some(_) => Standing::Solid,
        None => Standing::Absent,
    }
}

/// Deletes an object without an owner that stays, or strikes the owners off that do not
/// (`attemptToDeleteItem` in `pkg/controller/garbagecollector`).
fn judge(context: &Context, key: &Key, stored: &Stored) -> Result<(), ApiError> {
    let object = &stored.object;
    if object::is_terminating(object) {
        return Ok(());
    }
    let owners: Vec<_> = list(object, "/metadata/ownerReferences")
        .iter()
        .map(|owner| (object_uid(owner), standing(context, key, owner)))
        .collect();
    if owners.iter().any(|(_, standing)| *standing == Standing::Solid) {
        for (uid, _) in owners.iter().filter(|(_, standing)| *standing != Standing::Solid) {
            context.update(NAME, key, &stored.cause, |found| adoption::strike_owner(found, uid))?;
        }
        return Ok(());
    }
    if owners.is_empty() {
        return Ok(());
    }
    let waited_for = owners.iter().any(|(_, standing)| *standing == Standing::Waiting);
    if waited_for && !context.store.owned_by(object::uid(object)).is_empty() {
        return context.delete_as(NAME, key, &stored.cause, &Options::foreground());
    }
    context.delete(NAME, key, &stored.cause)
}

fn object_uid(owner: &Value) -> String {
    text(owner, "/uid").to_owned()
}

fn release(context: &Context, key: &Key, stored: &Stored, finalizer: &str) -> Result<(), ApiError> {
    context.update(NAME, key, &stored.cause, |object| {
        let kept: Vec<_> =
            list(object, "/metadata/finalizers").iter().filter(|one| *one != finalizer).cloned().collect();
        object::set(object, &["metadata", "finalizers"], json!(kept));
    })?;
    Ok(())
}
