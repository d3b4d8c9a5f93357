//! ControllerRevisions: the templates that a StatefulSet or DaemonSet has had.
//!
//! Their form is that of `pkg/controller/history` of Kubernetes 1.34.

use serde_json::{Value, json};

use super::deployment_sets::template_hash;
use super::pod_control::controller_reference;
use super::{Context, adoption};
use crate::api::status::ApiError;
use crate::store::object::{self, integer};
use crate::store::{Key, Stored};

/// The resource.
pub(super) const RESOURCE: &str = "controllerrevisions.apps";

/// How a kind of workload labels its revisions and what it keeps in them.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) who: &'static str,
    /// The label that holds the hash.
    pub(super) hash_label: &'static str,
}

/// A workload's revisions, the oldest first, and the one of its present template, which is made or
/// made the newest when need be.
pub(super) fn of(context: &Context, style: Style, workload: &Stored) -> Result<(Vec<Stored>, Stored), ApiError> {
    let mut all: Vec<_> = adoption::claim(context, style.who, workload, RESOURCE)?;
    all.sort_by_key(|(key, one)| (number(&one.object), key.name.clone()));
    let data = data(&workload.object);
    let newest = all.last().map_or(0, |(_, one)| number(&one.object));
    let same = all.iter().rposition(|(_, one)| one.object["data"] == data);
    let current = match same {
        Some(index) if index + 1 == all.len() => all[index].1.clone(),
        Some(index) => {
            let (key, _) = all.remove(index);
            context.update(style.who, &key, &workload.cause, |one| one["revision"] = json!(newest + 1))?;
            let updated = context.store.at(&key).ok_or_else(ApiError::no_such_path)?;
            all.push((key, updated.clone()));
            updated
        }
        None => {
            let made = create(context, style, workload, &data, newest + 1)?;
            let key = Key::new(RESOURCE, object::namespace(&made.object), object::name(&made.object));
            all.push((key, made.clone()));
            made
        }
    };
    Ok((all.into_iter().map(|(_, one)| one).collect(), current))
}

fn data(workload: &Value) -> Value {
    let mut template = workload["spec"]["template"].clone();
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

/// The hash in a revision's name.
pub(super) fn hash_of(style: Style, revision: &Value) -> &str {
    revision["metadata"]["labels"].get(style.hash_label).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn number(revision: &Value) -> i64 {
    integer(revision, "/revision").unwrap_or(0)
}

fn create(context: &Context, style: Style, workload: &Stored, data: &Value, number: i64) -> Result<Stored, ApiError> {
    let object = &workload.object;
    let hash = template_hash(data, integer(object, "/status/collisionCount").filter(|count| *count > 0));
    let mut labels = object["spec"]["template"]["metadata"]["labels"].clone();
    object::set(&mut labels, &[style.hash_label], hash.clone());
    let mut revision = json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": format!("{}-{hash}", object::name(object)),
            "namespace": object::namespace(object),
            "labels": labels,
            "ownerReferences": [controller_reference(object)],
        },
        "data": data,
        "revision": number,
    });
    if let Some(annotations) = object["metadata"].get("annotations") {
        object::set(&mut revision, &["metadata", "annotations"], annotations.clone());
    }
    let name = object::name(&revision).to_owned();
    context.create(style.who, RESOURCE, revision, &workload.cause)?;
    let key = Key::new(RESOURCE, object::namespace(object), &name);
    context.store.at(&key).ok_or_else(ApiError::no_such_path)
}

/// The workload as it was at a revision.
pub(super) fn template_at(revision: &Value) -> Value {
    let mut template = revision["data"]["spec"]["template"].clone();
    object::remove(&mut template, &["$patch"]);
    template
}

/// Deletes the oldest revisions beyond `revisionHistoryLimit` that nothing uses.
pub(super) fn truncate(
    context: &Context,
    style: Style,
    workload: &Stored,
    all: &[Stored],
    used: impl Fn(&Value) -> bool,
) -> Result<(), ApiError> {
    let limit = integer(&workload.object, "/spec/revisionHistoryLimit").and_then(|n| usize::try_from(n).ok());
    let idle: Vec<_> = all.iter().filter(|one| !used(&one.object)).collect();
    let surplus = idle.len().saturating_sub(limit.unwrap_or(10));
    for one in idle.into_iter().take(surplus) {
        let key = Key::new(RESOURCE, object::namespace(&one.object), object::name(&one.object));
        context.delete(style.who, &key, &workload.cause)?;
    }
    Ok(())
}
